import { messageOf, RetryableError } from '../errors.ts';
import { ambientLog } from '../log.ts';
import { logUnexpected } from '../log-unexpected.ts';
import { vmKnowledgeBase } from '../streams/vm-knowledge-base/index.ts';
import type { Asked } from './asked.ts';
import { vulnerabilityLink } from './console-links.ts';
import type { EnrichVulnerabilities, OpenVulnerability } from './enrich-answer.ts';
import { attempt, type Failure } from './failures.ts';
import { MAX_WORST } from './limits.ts';
import { textIn, textsIn, timeIn, wholeIn, type EventRow } from './event-row.ts';
import type { Bounds } from './ports.ts';
import { eventGroupsQuery, newestEventsQuery, openCountsQuery, titlesQuery, worstOpenQuery } from './stored-queries.ts';
import type { NamedSubject } from './subject.ts';
import { groupOfAggregate, type EventGroup } from './summarise.ts';

const DAY_MS = 86_400_000;
/**
 * `TimeGenerated` is the event's time, unless that is more than two days before ingestion or a day ahead of it; so rows that Qualys
 * processed within the bounds are within these.
 */
const DAYS_BEFORE = 3;
const DAYS_AHEAD = 2;
/** A host that no report named for so long counts as gone. */
export const REPORT_DAYS = 30;
/** The KnowledgeBase is ingested by what changes, so a title may be old; that is as long as a table keeps rows at hand. */
export const TITLE_DAYS = 730;

/** The tables of the workspace, as far as they are the connector's own. */
export interface OwnTables {
  /** Of which Qualys subscription they are. */
  readonly subscription: string;
  /** Rows of a query. @throws as `LogsReader`. */
  readonly ask: (kql: string, span: Bounds) => Promise<readonly EventRow[]>;
  /** Notes why some of it may be missing. */
  readonly note: (partialError: string | undefined) => void;
}

/**
 * Reads a part from the tables; null where no workspace is set. What goes wrong is noted and leaves null; a partial result is noted, too.
 */
export async function readStored<T>(
  { deps: { logs, settings }, failures, signal }: Asked,
  part: Failure['part'],
  read: (tables: OwnTables) => Promise<T>,
): Promise<T | null> {
  if (settings.LOGS_QUERY_WORKSPACE_ID === undefined) return null;
  const place = { part, source: 'log-analytics' } as const;
  let partialError: string | undefined;
  const note: OwnTables['note'] = (error) => void (partialError ??= error);
  const ask: OwnTables['ask'] = async (kql, span) => {
    const answer = await logs.query(kql, span, signal);
    note(answer.partialError);
    return answer.rows;
  };
  return attempt(failures, place, async () => {
    const found = await read({ subscription: settings.QUALYS_SUBSCRIPTION, ask, note });
    if (partialError !== undefined) failures.push({ ...place, error: new RetryableError(partialError) });
    return found;
  });
}

/** The newest matching events of the ingested table. */
export function readStoredEvents(subject: NamedSubject, asked: Asked): Promise<readonly EventRow[] | null> {
  return readStored(asked, 'events', ({ ask, subscription }) =>
    ask(newestEventsQuery(subject, asked, subscription), spanOf(asked)),
  );
}

/** What all matching events of the ingested table have in common. */
export interface EventGroups {
  readonly groups: readonly EventGroup[];
  /** When Qualys processed the newest event of the whole table; undefined when it holds none. */
  readonly until: string | undefined;
}

/** What all matching events of the ingested table have in common. */
export function readEventGroups(subject: NamedSubject, asked: Asked): Promise<EventGroups | null> {
  return readStored(asked, 'summary', async ({ ask, subscription }) => {
    const rows = await ask(eventGroupsQuery(subject, asked, subscription), spanOf(asked));
    const groups = rows.filter(({ Events }) => wholeIn(Events) !== undefined).map(groupOfAggregate);
    return { groups, until: rows.map(({ Until }) => timeIn(Until)).find((time) => time) };
  });
}

/** Open vulnerabilities of the hosts that the subject names, as their reports of the last 30 days tell; null for other subjects. */
export async function readVulnerabilities(subject: NamedSubject, asked: Asked): Promise<EnrichVulnerabilities | null> {
  if (subject.kind !== 'host' && subject.kind !== 'agentId') return null;
  const { QUALYS_API_URL, QUALYS_STREAMS } = asked.deps.settings;
  const span = daysUntil(asked.to, REPORT_DAYS);
  return readStored(asked, 'vulnerabilities', async (tables) => {
    const { ask, subscription } = tables;
    const [counts, worst] = await Promise.all([
      ask(openCountsQuery(subject, subscription), span),
      ask(worstOpenQuery(subject, subscription), span),
    ]);
    const bySeverity = counts
      .filter((row) => wholeIn(row.Count) !== undefined)
      .map((row) => ({ severity: wholeIn(row.VendorSeverity) ?? 0, count: wholeIn(row.Count) ?? 0 }))
      .sort((left, right) => right.severity - left.severity);
    const open = bySeverity.reduce((sum, { count }) => sum + count, 0);
    const [first] = counts;
    const qids = worst.map(({ QID }) => textIn(QID)).filter((qid) => qid !== undefined);
    const hasTitles = QUALYS_STREAMS.includes(vmKnowledgeBase.name) && qids.length > 0;
    const titles = hasTitles ? await readTitles(qids, asked.to, tables) : new Map<string, EventRow>();
    return {
      source: 'log-analytics',
      open,
      hosts: wholeIn(first?.Hosts) ?? 0,
      lastReport: timeIn(first?.LastReport) ?? null,
      bySeverity,
      truncated: open > MAX_WORST,
      worst: worst.map((row) => toVulnerability(row, titles, QUALYS_API_URL)),
    };
  });
}

type Titles = ReadonlyMap<string, EventRow>;

/** Titles by QID; without them the vulnerabilities are told all the same. */
async function readTitles(qids: readonly string[], now: Date, tables: OwnTables): Promise<Titles> {
  const { ask, note, subscription } = tables;
  try {
    const rows = await ask(titlesQuery([...new Set(qids)], subscription), daysUntil(now, TITLE_DAYS));
    return new Map(rows.map((row) => [textIn(row.QID) ?? '', row]));
  } catch (error) {
    logUnexpected(ambientLog, error);
    note(`titles could not be read: ${messageOf(error)}`);
    return new Map();
  }
}

/** So many days up to a time. */
export function daysUntil(to: Date, days: number): Bounds {
  return { from: new Date(to.getTime() - days * DAY_MS), to };
}

function spanOf({ from, to }: Bounds): Bounds {
  return { from: new Date(from.getTime() - DAYS_BEFORE * DAY_MS), to: new Date(to.getTime() + DAYS_AHEAD * DAY_MS) };
}

function toVulnerability(row: EventRow, titles: Titles, apiUrl: string): OpenVulnerability {
  const qid = textIn(row.QID) ?? '';
  return {
    qid,
    title: textIn(titles.get(qid)?.VulnTitle) ?? null,
    cves: textsIn(titles.get(qid)?.CveIds),
    severity: wholeIn(row.VendorSeverity) ?? null,
    qds: wholeIn(row.Qds) ?? null,
    type: textIn(row.DetectionType) ?? null,
    status: textIn(row.Status) ?? null,
    host: textIn(row.Host) ?? null,
    port: wholeIn(row.Port) ?? null,
    protocol: textIn(row.Protocol) ?? null,
    firstFound: timeIn(row.FirstFound) ?? null,
    lastFound: timeIn(row.LastFound) ?? null,
    link: vulnerabilityLink(apiUrl, qid),
  };
}
