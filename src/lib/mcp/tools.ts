import * as z from 'zod';
import { enrichSubject } from '../actions/enrich-subject.ts';
import { listDeadLetters } from '../actions/list-dead-letters.ts';
import { listFailedWindows } from '../actions/list-failed-windows.ts';
import { lookUpEvents } from '../actions/look-up-events.ts';
import { pingEdr } from '../actions/ping-edr.ts';
import { requestBackfill } from '../actions/start-backfill.ts';
import { viewBackfills, viewOneBackfill } from '../actions/view-backfills.ts';
import { viewConnector } from '../actions/view-connector.ts';
import { enrichVulnerability } from '../enrich/enrich-vulnerability.ts';
import { findHostVulnerabilities } from '../enrich/host-vulnerabilities.ts';
import {
  enrichQuery,
  hostArguments,
  hostOf,
  subjectOf,
  vulnerabilityArguments,
  vulnerabilityOf,
} from '../http/enrich-query.ts';
import { RetryableError } from '../errors.ts';
import { detailQuery, eventParams, eventsQuery } from '../http/edr-query.ts';
import { ProblemError } from '../http/problem.ts';
import { backfillId } from '../answer-values.ts';
import { backfillBody, edrPingBody, wholeNumber } from '../http/requests.ts';
import type { EdrQuery, EdrTarget } from '../qualys/edr/edr-api.ts';
import { getServices } from '../services.ts';
import { defineTool, type McpTool } from './tool.ts';

/** Longest answer of the vendor that an agent gets, in bytes. */
const MAX_AGENT_BYTES = 500_000;

/** The tools for agents. What they do is what the routes do, but behind the live windows in the vendor's limits. */
export const TOOLS: readonly McpTool[] = [
  defineTool({
    name: 'qualys_edr_ping',
    description:
      'Tests connectivity to the Qualys EDR API with the connector’s credentials: logs in and reads one event. The answer has the status COMPLETED or FAILED with the reason.',
    isReadOnly: true,
    schema: edrPingBody,
    run: pingEdr,
  }),
  defineTool({
    name: 'qualys_edr_search_events',
    description:
      'Searches EDR events live in Qualys with a filter in the Qualys query language (QQL), such as type:file AND indicator.score>=8. For what is known of one host, user, file or address use qualys_enrich instead.',
    isReadOnly: true,
    schema: eventsQuery,
    run: async (query) => ({ events: listIn(await readJson({ call: 'events' }, query as EdrQuery)) }),
  }),
  defineTool({
    name: 'qualys_edr_event_details',
    description:
      'Reads all details of one EDR event from Qualys: command line, parent process, certificates and more. Both ids stand in the events of the other tools.',
    isReadOnly: true,
    schema: eventParams.extend(detailQuery.shape),
    run: async ({ agentId, eventId, ...query }) => {
      const [event] = listIn(await readJson({ call: 'event', agentId, eventId }, query as EdrQuery));
      if (event === undefined) throw new ProblemError(404, `Qualys has no event ${JSON.stringify(eventId)}`);
      return { event };
    },
  }),
  defineTool({
    name: 'qualys_enrich',
    description:
      'Tells what Qualys knows of exactly one host, user, agentId, sha256, md5, ip, mac, domain, file or threat: newest events, counts, highest score and verdict, malware families, first and last seen, affected hosts and users; for a host or agent also its open vulnerabilities. searched and notSearched say where was looked: a total of 0 says nothing of what stands in notSearched. What failed stands in errors. For a cve or qid it answers as qualys_find_vulnerable_hosts.',
    isReadOnly: true,
    schema: enrichQuery,
    run: (query) => enrichSubject(subjectOf(query)),
  }),
  defineTool({
    name: 'qualys_find_vulnerable_hosts',
    description:
      'Tells which hosts have, or had, the vulnerability of exactly one cve or qid: each host with its names and address, open or fixed, first and last found and worst score, open ones first, and how many there are. knowledgeBase.known is false when Qualys names no such CVE or QID: that says nothing of hosts. Read notSearched and errors before a total of 0.',
    isReadOnly: true,
    schema: vulnerabilityArguments,
    run: (given) => enrichVulnerability(vulnerabilityOf(given), getServices()),
  }),
  defineTool({
    name: 'qualys_host_vulnerabilities',
    description:
      'Tells what is open on exactly one host or agentId, without its EDR events: counts by severity and the worst ten vulnerabilities with titles, CVEs, scores and dates. hosts is 0 when no report names the host. Read notSearched and errors before a count of 0.',
    isReadOnly: true,
    schema: hostArguments,
    run: (given) => findHostVulnerabilities(hostOf(given), getServices()),
  }),
  defineTool({
    name: 'qualys_connector_status',
    description:
      'Tells whether the ingestion from Qualys into Microsoft Sentinel is complete: verdict (ok, catching-up, waiting, attention or down), headline, and problems, worst first, each with what is so (text) and what a person does (act). Read these before the figures below them: watermark, lag, failed windows, limits, dead letters.',
    isReadOnly: true,
    schema: z.strictObject({}),
    run: () => viewConnector(),
  }),
  defineTool({
    name: 'qualys_failed_windows',
    description:
      'Lists the windows of time that could not be read, or not wholly, live and in backfills, newest first, with stream, bounds and error. Use it when qualys_connector_status names failed or incomplete windows.',
    isReadOnly: true,
    schema: z.strictObject({ limit: limitOf('Windows') }),
    run: ({ limit }) => listFailedWindows(Number(limit)),
  }),
  defineTool({
    name: 'qualys_dead_letters',
    description:
      'Lists rows that Azure refused, with stream, window, table and reason; not the rows themselves. total counts them all, to 5,000.',
    isReadOnly: true,
    schema: z.strictObject({ limit: limitOf('Dead letters') }),
    run: async ({ limit }) => {
      const [deadLetters, total] = await Promise.all([
        listDeadLetters(Number(limit)),
        getServices().deadLetters.count(),
      ]);
      return { total, truncated: total > deadLetters.length, deadLetters };
    },
  }),
  defineTool({
    name: 'qualys_backfill_progress',
    description:
      'Tells how far a backfill is: status, windows, rows, percent and estimated seconds left. With id that one, as qualys_start_backfill gave it; without, those that run and the newest 20.',
    isReadOnly: true,
    schema: z.strictObject({ id: backfillId.optional() }),
    run: async ({ id }) => ({ backfills: id === undefined ? await viewBackfills(20) : [await viewOneBackfill(id)] }),
  }),
  defineTool({
    name: 'qualys_start_backfill',
    description:
      'Reads a past time range of a stream again and ingests it; repeated rows can be recognised by their RowKey. It costs calls of the Qualys subscription: only use it when asked to. Asking again for the same range while it runs starts nothing new.',
    isReadOnly: false,
    schema: backfillBody,
    run: requestBackfill,
  }),
];

/** How many an agent wants. */
function limitOf(what: string) {
  return wholeNumber(1, 200).default('50').describe(`${what} at most.`);
}

async function readJson(target: EdrTarget, query: EdrQuery): Promise<unknown> {
  const bytes = await lookUpEvents(target, query, { priority: 'enrichment', maxBytes: MAX_AGENT_BYTES });
  if (bytes.byteLength === 0) return [];
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new RetryableError('Qualys EDR answered no JSON', { cause: error });
  }
}

/** The guide shows an array of events and one event as an object; newer pages show an array for both. */
function listIn(answer: unknown): unknown[] {
  return Array.isArray(answer) ? answer : [answer];
}
