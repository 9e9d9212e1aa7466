import type { ConsoleLinks } from './console-links.ts';
import type {
  EnrichKnowledge,
  EnrichSource,
  EnrichVulnerableHosts,
  HostState,
  KnownVulnerability,
  VulnerableHost,
} from './enrich-answer.ts';
import { MAX_QIDS } from './limits.ts';
import { textIn, textsIn, timeIn, wholeIn, type EventRow } from './event-row.ts';
import type { OwnLogs, Stored } from './stored-rows.ts';
import type { VulnerabilitySubject } from './subject.ts';
import { knowledgeQuery, vulnerableHostsQuery } from './vulnerability-queries.ts';

/** Bounds of `TimeGenerated`. */
interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** What the table of the KnowledgeBase says; null where it holds nothing at all. @throws as `LogsReader`. */
export async function readKnowledge(
  subject: VulnerabilitySubject,
  span: Span,
  { reader, subscription }: OwnLogs,
  signal: AbortSignal,
  { forQid }: Pick<ConsoleLinks, 'forQid'>,
): Promise<Stored<EnrichKnowledge | null>> {
  const { rows, partialError } = await reader.query(knowledgeQuery(subject, subscription), span, signal);
  const isEmpty = rows.some(({ Rows }) => wholeIn(Rows) === 0);
  const qids = rows.flatMap((row) => toKnown(row, forQid) ?? []);
  if (isEmpty) return { found: null, partialError };
  return {
    found: {
      source: 'log-analytics',
      known: qids.length > 0,
      truncated: qids.length > MAX_QIDS,
      qids: qids.slice(0, MAX_QIDS),
    },
    partialError,
  };
}

function toKnown(row: EventRow, forQid: ConsoleLinks['forQid']): KnownVulnerability | undefined {
  const qid = textIn(row.QID);
  if (qid === undefined) return undefined;
  return {
    qid,
    title: textIn(row.VulnTitle) ?? null,
    type: textIn(row.VulnType) ?? null,
    cves: textsIn(row.CveIds),
    severity: wholeIn(row.SeverityLevel) ?? null,
    link: forQid(qid),
  };
}

/** Hosts of the table, and when its newest row was made; undefined when it holds none of the time asked for. */
export interface StoredHosts {
  readonly hosts: EnrichVulnerableHosts;
  readonly until: string | undefined;
}

/** The hosts that the table names with one of the QIDs. @throws as `LogsReader`. */
export async function readVulnerableHosts(
  qids: readonly string[],
  span: Span,
  { reader, subscription, leavesOutGone }: OwnLogs & { readonly leavesOutGone: boolean },
  signal: AbortSignal,
): Promise<Stored<StoredHosts>> {
  const kql = vulnerableHostsQuery(qids, { subscription, leavesOutGone });
  const { rows, partialError } = await reader.query(kql, span, signal);
  const counts = rows.find(({ Hosts }) => wholeIn(Hosts) !== undefined);
  const total = wholeIn(counts?.Hosts) ?? 0;
  const [open, fixed] = [wholeIn(counts?.Open) ?? 0, wholeIn(counts?.Fixed) ?? 0];
  const list = rows.flatMap((row) => toVulnerableHost(row) ?? []);
  const source: EnrichSource = 'log-analytics';
  const hosts = { source, total, open, fixed, other: total - open - fixed, truncated: total > list.length, list };
  return { found: { hosts, until: rows.map(({ Until }) => timeIn(Until)).find((time) => time) }, partialError };
}

const STATES: ReadonlySet<unknown> = new Set<HostState>(['open', 'fixed', 'other']);

/** A host of a row as `vulnerableHostsQuery` gives it; undefined for a row that is none. */
export function toVulnerableHost(row: EventRow): VulnerableHost | undefined {
  const hostId = textIn(row.HostId);
  if (hostId === undefined || !STATES.has(row.State)) return undefined;
  return {
    hostId,
    state: row.State as HostState,
    hostName: textIn(row.DnsName) ?? null,
    netBiosName: textIn(row.NetBios) ?? null,
    ip: textIn(row.IPAddress) ?? null,
    agentId: textIn(row.QGHostId) ?? null,
    qids: textsIn(row.Qids).sort((left, right) => Number(left) - Number(right)),
    worstQds: wholeIn(row.Qds) ?? null,
    worstSeverity: wholeIn(row.VendorSeverity) ?? null,
    firstFound: timeIn(row.FirstFound) ?? null,
    lastFound: timeIn(row.LastFound) ?? null,
    lastFixed: timeIn(row.LastFixed) ?? null,
    lastScan: timeIn(row.LastVMScannedDateTime) ?? null,
  };
}
