import { vmHosts } from '../streams/vm-hosts/index.ts';
import type { Asked } from './asked.ts';
import { vulnerabilityLink } from './console-links.ts';
import type {
  EnrichKnowledge,
  EnrichVulnerableHosts,
  HostState,
  KnownVulnerability,
  VulnerableHost,
} from './enrich-answer.ts';
import { MAX_QIDS } from './limits.ts';
import { textIn, textsIn, timeIn, wholeIn, type EventRow } from './event-row.ts';
import { daysUntil, readStored, TITLE_DAYS } from './stored-rows.ts';
import type { VulnerabilitySubject } from './subject.ts';
import { knowledgeQuery, vulnerableHostsQuery } from './vulnerability-queries.ts';

/** What the table of the KnowledgeBase says; null where it holds nothing at all, or could not be read. */
export function readKnowledge(subject: VulnerabilitySubject, asked: Asked): Promise<EnrichKnowledge | null> {
  const { QUALYS_API_URL } = asked.deps.settings;
  return readStored(asked, 'knowledgeBase', async ({ ask, subscription }) => {
    const rows = await ask(knowledgeQuery(subject, subscription), daysUntil(asked.to, TITLE_DAYS));
    if (rows.some(({ Rows }) => wholeIn(Rows) === 0)) return null;
    const qids = rows.flatMap((row) => toKnown(row, QUALYS_API_URL) ?? []);
    return {
      source: 'log-analytics',
      known: qids.length > 0,
      truncated: qids.length > MAX_QIDS,
      qids: qids.slice(0, MAX_QIDS),
    };
  });
}

function toKnown(row: EventRow, apiUrl: string): KnownVulnerability | undefined {
  const qid = textIn(row.QID);
  if (qid === undefined) return undefined;
  return {
    qid,
    title: textIn(row.VulnTitle) ?? null,
    type: textIn(row.VulnType) ?? null,
    cves: textsIn(row.CveIds),
    severity: wholeIn(row.SeverityLevel) ?? null,
    link: vulnerabilityLink(apiUrl, qid),
  };
}

/** Hosts of the table, and when its newest row was made; undefined when it holds none of the time asked for. */
export interface StoredHosts {
  readonly hosts: EnrichVulnerableHosts;
  readonly until: string | undefined;
}

/** The hosts that the table names with one of the QIDs; null where it could not be read. */
export function readVulnerableHosts(qids: readonly string[], asked: Asked): Promise<StoredHosts | null> {
  const leavesOutGone = asked.deps.settings.QUALYS_STREAMS.includes(vmHosts.name);
  return readStored(asked, 'vulnerableHosts', async ({ ask, subscription }) => {
    const rows = await ask(vulnerableHostsQuery(qids, { subscription, leavesOutGone }), asked);
    const counts = rows.find(({ Hosts }) => wholeIn(Hosts) !== undefined);
    const total = wholeIn(counts?.Hosts) ?? 0;
    const [open, fixed] = [wholeIn(counts?.Open) ?? 0, wholeIn(counts?.Fixed) ?? 0];
    const list = rows.flatMap((row) => toVulnerableHost(row) ?? []);
    const counted = { total, open, fixed, other: total - open - fixed, truncated: total > list.length };
    return {
      hosts: { source: 'log-analytics', ...counted, list },
      until: rows.map(({ Until }) => timeIn(Until)).find((time) => time),
    };
  });
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
