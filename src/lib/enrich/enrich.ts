import type { Settings } from '../config.ts';
import { ConfigError, messageOf, RetryableError, WaitError } from '../errors.ts';
import { redact } from '../log.ts';
import type { Clock, LogsReader } from '../pipeline/ports.ts';
import { ceilSecond, isoSeconds } from '../pipeline/window.ts';
import type { EdrApi } from '../qualys/edr-api.ts';
import type { Lookup } from '../qualys/lookup-filter.ts';
import { vmKnowledgeBase } from '../streams/vm-knowledge-base/index.ts';
import { severityOf } from '../streams/edr-events/severity.ts';
import { consoleLinks } from './console-links.ts';
import { MAX_EVENTS, type EnrichAnswer, type EnrichError, type EnrichEvent } from './enrich-answer.ts';
import { placeOf, type EnrichSubject } from './subject.ts';
import { toEvent, type EventRow } from './event-row.ts';
import { findLiveEvents } from './live-events.ts';
import type { StoredSubject } from './stored-queries.ts';
import { readEventGroups, readStoredEvents, readVulnerabilities, type Stored } from './stored-rows.ts';
import { groupOfRow, summarise, type SummaryOptions } from './summarise.ts';

/** What an enrichment needs. */
export interface EnrichDependencies {
  readonly edr: EdrApi;
  readonly logs: LogsReader;
  readonly settings: Settings;
  readonly clock: Clock;
}

type Part = EnrichError['part'];
type Found = Pick<EnrichAnswer, 'events' | 'summary' | 'vulnerabilities'>;

/** A part that could not be read, or not wholly. */
interface Failure {
  readonly part: Part;
  readonly source: EnrichError['source'];
  readonly error: unknown;
}

interface Asked {
  readonly from: Date;
  readonly to: Date;
  readonly signal: AbortSignal;
  readonly deps: EnrichDependencies;
  /** Collects what went wrong. */
  readonly failures: Failure[];
}

const HOUR_MS = 3_600_000;
/** A playbook's step waits for the answer. */
const DEADLINE_MS = 20_000;

/**
 * Finds what is known of a subject: live from Qualys where a query token is documented, from the ingested tables where none is.
 * A part that cannot be read is null and stands in `errors`.
 * @throws WaitError, ConfigError or RetryableError when nothing could be read at all.
 */
export async function enrich(
  subject: EnrichSubject,
  deps: EnrichDependencies,
  deadlineMs = DEADLINE_MS,
): Promise<EnrichAnswer> {
  const to = new Date(ceilSecond(deps.clock.now().getTime()));
  const from = new Date(to.getTime() - subject.hours * HOUR_MS);
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(new RetryableError(`there was no answer within ${deadlineMs / 1000} s`));
  }, deadlineMs);
  const asked: Asked = { from, to, deps, failures: [], signal: stop.signal };
  const place = placeOf(subject);
  try {
    const found = await ('qualys' in place ? askQualys(place.qualys, asked) : lookIntoTables(place.tables, asked));
    if (Object.values(found).every((part) => part === null)) throw nothingRead(asked.failures);
    return {
      ok: asked.failures.length === 0,
      subject: { kind: subject.kind, value: subject.value },
      from: from.toISOString(),
      to: to.toISOString(),
      ...found,
      links: consoleLinks(deps.settings.QUALYS_API_URL).forSubject(subject),
      errors: asked.failures.map(toError),
    };
  } finally {
    clearTimeout(timer);
  }
}

async function askQualys(lookup: Lookup, asked: Asked): Promise<Found> {
  const { from, to, deps, signal } = asked;
  const window = { from: isoSeconds(from), to: isoSeconds(to) };
  const found = await attempt(asked, 'events', 'qualys', () =>
    findLiveEvents(lookup, window, deps, { priority: 'enrichment', signal }),
  );
  if (found === null) return { events: null, summary: null, vulnerabilities: null };
  const { rows, total, unreadable, countError } = found;
  if (countError !== undefined) asked.failures.push({ part: 'summary', source: 'qualys', error: countError });
  if (unreadable > 0) {
    const error = new RetryableError(`${unreadable} records could not be read and are left out`);
    asked.failures.push({ part: 'events', source: 'qualys', error });
  }
  const isPart = total === null || total > rows.length;
  return {
    events: listed(rows, total, 'qualys'),
    summary: summarise(rows.map(groupOfRow), summaryOptions(asked, 'qualys', isPart)),
    vulnerabilities: null,
  };
}

async function lookIntoTables(subject: StoredSubject, asked: Asked): Promise<Found> {
  const { deps, signal } = asked;
  const isHost = subject.kind !== 'user';
  const { QUALYS_API_URL, QUALYS_STREAMS } = deps.settings;
  const texts = {
    hasTitles: QUALYS_STREAMS.includes(vmKnowledgeBase.name),
    linkTo: consoleLinks(QUALYS_API_URL).forQid,
  };
  const [rows, groups, vulnerabilities] = await Promise.all([
    attemptStored(asked, 'events', () => readStoredEvents(subject, asked, deps.logs, signal)),
    attemptStored(asked, 'summary', () => readEventGroups(subject, asked, deps.logs, signal)),
    isHost
      ? attemptStored(asked, 'vulnerabilities', () => readVulnerabilities(subject, asked.to, deps.logs, signal, texts))
      : null,
  ]);
  const summary = groups === null ? null : summarise(groups, summaryOptions(asked, 'log-analytics', false));
  return {
    events: rows === null ? null : listed(rows, summary?.events ?? null, 'log-analytics'),
    summary,
    vulnerabilities,
  };
}

function listed(
  rows: readonly EventRow[],
  total: number | null,
  source: EnrichError['source'],
): NonNullable<EnrichAnswer['events']> {
  const list = rows
    .map(toEvent)
    .filter((event): event is EnrichEvent => event !== undefined)
    .slice(0, MAX_EVENTS);
  const truncated = total === null ? rows.length >= MAX_EVENTS : total > list.length;
  return { source, total, truncated, list };
}

function summaryOptions({ deps }: Asked, source: EnrichError['source'], truncated: boolean): SummaryOptions {
  const { EDR_SEVERITY_TABLE: table } = deps.settings;
  return { source, truncated, severityOf: (score) => severityOf(score, table) };
}

/** Runs a part; what goes wrong is noted and leaves null. */
async function attempt<T>(
  asked: Asked,
  part: Part,
  source: EnrichError['source'],
  run: () => Promise<T>,
): Promise<T | null> {
  try {
    return await run();
  } catch (error) {
    asked.failures.push({ part, source, error });
    return null;
  }
}

async function attemptStored<T>(asked: Asked, part: Part, run: () => Promise<Stored<T>>): Promise<T | null> {
  const answer = await attempt(asked, part, 'log-analytics', run);
  if (answer?.partialError !== undefined) {
    asked.failures.push({ part, source: 'log-analytics', error: new RetryableError(answer.partialError) });
  }
  return answer === null ? null : answer.found;
}

function toError({ part, source, error }: Failure): EnrichError {
  const message = redact(error instanceof ConfigError ? error.publicMessage : messageOf(error));
  const wait =
    error instanceof WaitError ? { retryAfterSeconds: Math.max(1, Math.ceil(error.retryAfterMs / 1000)) } : {};
  return { source, part, message, ...wait };
}

/** One error for all: to wait, when that is all that is asked for. */
function nothingRead(failures: readonly Failure[]): Error {
  const errors = failures.map(({ error }) => error);
  const waits = errors.filter((error) => error instanceof WaitError);
  const longest = waits.sort((left, right) => right.retryAfterMs - left.retryAfterMs)[0];
  if (longest !== undefined && waits.length === errors.length) return longest;
  const config = errors.find((error) => error instanceof ConfigError);
  if (config !== undefined) return config;
  const reasons = failures.map((failure) => toError(failure).message);
  return new RetryableError(`nothing could be read: ${[...new Set(reasons)].join('; ')}`);
}
