import type { Settings } from '../config.ts';
import { messageOf } from '../errors.ts';
import { ambientLog } from '../log.ts';
import { logUnexpected } from '../log-unexpected.ts';
import type { Clock } from '../pipeline/ports.ts';
import { ceilSecond } from '../pipeline/window.ts';
import type { LogsReader } from './ports.ts';
import type { EnrichVulnerabilities } from './enrich-answer.ts';
import { MAX_WORST } from './limits.ts';
import { textIn, textsIn, timeIn, wholeIn, type EventRow } from './event-row.ts';
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
const HOUR_MS = 3_600_000;

/** The last hours, to the second that has begun. */
export function hoursUntilNow(clock: Clock, hours: number): { readonly from: Date; readonly to: Date } {
  const to = new Date(ceilSecond(clock.now().getTime()));
  return { from: new Date(to.getTime() - hours * HOUR_MS), to };
}

/** What was ingested, as far as it is of one Qualys subscription; an empty name is that of rows without one. */
export interface OwnLogs {
  readonly reader: LogsReader;
  readonly subscription: string;
}

/** The tables as far as they are the connector's own. */
export function ownLogs({
  logs,
  settings,
}: {
  readonly logs: LogsReader;
  readonly settings: Pick<Settings, 'QUALYS_SUBSCRIPTION'>;
}): OwnLogs {
  return { reader: logs, subscription: settings.QUALYS_SUBSCRIPTION };
}

/** What was read, and why some of it may be missing. */
export interface Stored<T> {
  readonly found: T;
  readonly partialError?: string | undefined;
}

/** Bounds of the processed time. */
interface Bounds {
  readonly from: Date;
  readonly to: Date;
}

/** The newest matching events of the ingested table. @throws as `LogsReader`. */
export async function readStoredEvents(
  subject: NamedSubject,
  bounds: Bounds,
  { reader, subscription }: OwnLogs,
  signal: AbortSignal,
): Promise<Stored<readonly EventRow[]>> {
  const { rows, partialError } = await reader.query(
    newestEventsQuery(subject, bounds, subscription),
    spanOf(bounds),
    signal,
  );
  return { found: rows, partialError };
}

/** What all matching events of the ingested table have in common. */
export interface EventGroups {
  readonly groups: readonly EventGroup[];
  /** When Qualys processed the newest event of the whole table; undefined when it holds none. */
  readonly until: string | undefined;
}

/** What all matching events of the ingested table have in common. @throws as `LogsReader`. */
export async function readEventGroups(
  subject: NamedSubject,
  bounds: Bounds,
  { reader, subscription }: OwnLogs,
  signal: AbortSignal,
): Promise<Stored<EventGroups>> {
  const { rows, partialError } = await reader.query(
    eventGroupsQuery(subject, bounds, subscription),
    spanOf(bounds),
    signal,
  );
  const groups = rows.filter(({ Events }) => wholeIn(Events) !== undefined).map(groupOfAggregate);
  return { found: { groups, until: rows.map(({ Until }) => timeIn(Until)).find((time) => time) }, partialError };
}

/** What describes a vulnerability beside its detection. */
export interface VulnerabilityTexts {
  /** Whether the KnowledgeBase is ingested. */
  readonly hasTitles: boolean;
  /** Address in the Qualys console; null where there is none. */
  readonly linkTo: (qid: string) => string | null;
}

/** Open vulnerabilities of the hosts that the subject names, as their reports of the last 30 days tell. @throws as `LogsReader`. */
export async function readVulnerabilities(
  subject: NamedSubject,
  now: Date,
  { reader, subscription }: OwnLogs,
  signal: AbortSignal,
  { hasTitles, linkTo }: VulnerabilityTexts,
): Promise<Stored<EnrichVulnerabilities>> {
  const span = { from: new Date(now.getTime() - REPORT_DAYS * DAY_MS), to: now };
  const [counts, worst] = await Promise.all([
    reader.query(openCountsQuery(subject, subscription), span, signal),
    reader.query(worstOpenQuery(subject, subscription), span, signal),
  ]);
  const bySeverity = counts.rows
    .filter((row) => wholeIn(row.Count) !== undefined)
    .map((row) => ({ severity: wholeIn(row.VendorSeverity) ?? 0, count: wholeIn(row.Count) ?? 0 }))
    .sort((left, right) => right.severity - left.severity);
  const open = bySeverity.reduce((sum, { count }) => sum + count, 0);
  const [first] = counts.rows;
  const qids = worst.rows.map(({ QID }) => textIn(QID)).filter((qid) => qid !== undefined);
  const titles =
    hasTitles && qids.length > 0
      ? await readTitles(qids, now, { reader, subscription }, signal)
      : { found: new Map<string, EventRow>() };
  return {
    found: {
      source: 'log-analytics',
      open,
      hosts: wholeIn(first?.Hosts) ?? 0,
      lastReport: timeIn(first?.LastReport) ?? null,
      bySeverity,
      truncated: open > MAX_WORST,
      worst: worst.rows.map((row) => toVulnerability(row, titles.found, linkTo)),
    },
    partialError: partialErrorOf(counts, worst, titles),
  };
}

type Titles = ReadonlyMap<string, EventRow>;

/** Titles by QID; without them the vulnerabilities are told all the same. */
async function readTitles(
  qids: readonly string[],
  now: Date,
  { reader, subscription }: OwnLogs,
  signal: AbortSignal,
): Promise<Stored<Titles>> {
  const span = { from: new Date(now.getTime() - TITLE_DAYS * DAY_MS), to: now };
  try {
    const { rows, partialError } = await reader.query(titlesQuery([...new Set(qids)], subscription), span, signal);
    return { found: new Map(rows.map((row) => [textIn(row.QID) ?? '', row])), partialError };
  } catch (error) {
    logUnexpected(ambientLog, error);
    return { found: new Map(), partialError: `titles could not be read: ${messageOf(error)}` };
  }
}

function spanOf({ from, to }: Bounds): Bounds {
  return { from: new Date(from.getTime() - DAYS_BEFORE * DAY_MS), to: new Date(to.getTime() + DAYS_AHEAD * DAY_MS) };
}

function partialErrorOf(...answers: readonly Pick<Stored<unknown>, 'partialError'>[]): string | undefined {
  return answers.find(({ partialError }) => partialError !== undefined)?.partialError;
}

function toVulnerability(
  row: EventRow,
  titles: Titles,
  linkTo: (qid: string) => string | null,
): EnrichVulnerabilities['worst'][number] {
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
    link: linkTo(qid),
  };
}
