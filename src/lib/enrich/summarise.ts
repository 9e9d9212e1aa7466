import type { EnrichSummary } from './enrich-answer.ts';
import { MAX_NAMES } from './limits.ts';
import { textIn, textsIn, timeIn, wholeIn, type EventRow } from './event-row.ts';

/** What some events of one type and action have in common. */
export interface EventGroup {
  readonly type: string;
  readonly action: string;
  readonly count: number;
  readonly highestScore?: number | undefined;
  /** ISO 8601 UTC. */
  readonly firstSeen?: string | undefined;
  readonly lastSeen?: string | undefined;
  readonly verdicts: readonly string[];
  readonly families: readonly string[];
  readonly threats: readonly string[];
  readonly hosts: readonly string[];
  readonly users: readonly string[];
  /** `qualys` for events of the table that Qualys' own search finds, too. */
  readonly foundBy?: string | undefined;
}

/** Worst first. */
const VERDICTS = ['MALICIOUS', 'SUSPICIOUS', 'REMEDIATED', 'UNKNOWN', 'KNOWN'];

/** One event as a group of its own. */
export function groupOfRow(row: EventRow): EventGroup {
  const time = timeIn(row.EventTime) ?? timeIn(row.ProcessedTime);
  return {
    type: textIn(row.EventType) ?? '',
    action: textIn(row.EventAction) ?? '',
    count: 1,
    highestScore: wholeIn(row.Score),
    firstSeen: time,
    lastSeen: time,
    verdicts: textsIn(row.Verdicts),
    families: textsIn(row.FamilyNames),
    threats: textsIn(row.ThreatNames),
    hosts: textsIn(textIn(row.HostName) ?? row.NetBiosName),
    users: textsIn(textIn(row.UserName) ?? row.TargetProcessUserName),
  };
}

/** A group as the query for stored events gives it. */
export function groupOfAggregate(row: EventRow): EventGroup {
  return {
    type: textIn(row.EventType) ?? '',
    action: textIn(row.EventAction) ?? '',
    count: wholeIn(row.Events) ?? 0,
    highestScore: wholeIn(row.HighestScore),
    firstSeen: timeIn(row.FirstSeen),
    lastSeen: timeIn(row.LastSeen),
    verdicts: textsIn(row.Verdicts),
    families: textsIn(row.Families),
    threats: textsIn(row.Threats),
    hosts: textsIn(row.Hosts),
    users: textsIn(row.Users),
    foundBy: textIn(row.FoundBy),
  };
}

/** What a summary is made with. */
export interface SummaryOptions {
  readonly source: EnrichSummary['source'];
  /** Whether more events match than the groups count. */
  readonly truncated: boolean;
  /** The severity of a score. */
  readonly severityOf: (score: number | undefined) => string | undefined;
}

/** Joins groups to the summary of all. */
export function summarise(groups: readonly EventGroup[], options: SummaryOptions): EnrichSummary {
  const byKind = Map.groupBy(groups, ({ type, action }) => JSON.stringify([type, action]));
  const byTypeAndAction = [...byKind.values()]
    .map((same) => ({ type: same[0]?.type ?? '', action: same[0]?.action ?? '', count: sumOf(same) }))
    .sort((left, right) => right.count - left.count);
  const scores = groups.flatMap(({ highestScore }) => highestScore ?? []);
  const highestScore = scores.length === 0 ? undefined : Math.max(...scores);
  const lists = {
    families: namesOf(groups, 'families'),
    threats: namesOf(groups, 'threats'),
    hosts: namesOf(groups, 'hosts'),
    users: namesOf(groups, 'users'),
  };
  const timesOf = (which: 'firstSeen' | 'lastSeen') => groups.flatMap((group) => group[which] ?? []).sort();
  const isCut = Object.values(lists).some((list) => list.length > MAX_NAMES);
  return {
    source: options.source,
    events: sumOf(groups),
    truncated: options.truncated || isCut,
    byTypeAndAction,
    highestScore: highestScore ?? null,
    severity: options.severityOf(highestScore) ?? null,
    verdict: worstOf(namesOf(groups, 'verdicts')),
    families: lists.families.slice(0, MAX_NAMES),
    threats: lists.threats.slice(0, MAX_NAMES),
    firstSeen: timesOf('firstSeen')[0] ?? null,
    lastSeen: timesOf('lastSeen').at(-1) ?? null,
    hosts: lists.hosts.slice(0, MAX_NAMES),
    users: lists.users.slice(0, MAX_NAMES),
  };
}

/** Events of all groups. */
export function sumOf(groups: readonly EventGroup[]): number {
  return groups.reduce((total, { count }) => total + count, 0);
}

type NameList = 'verdicts' | 'families' | 'threats' | 'hosts' | 'users';

/** Names of all groups, each once whatever its case, in the order of the alphabet. */
function namesOf(groups: readonly EventGroup[], list: NameList): string[] {
  const byKey = new Map<string, string>();
  for (const name of groups.flatMap((group) => group[list])) {
    if (!byKey.has(name.toLowerCase())) byKey.set(name.toLowerCase(), name);
  }
  return [...byKey.values()].sort((left, right) => left.localeCompare(right));
}

function worstOf(verdicts: readonly string[]): string | null {
  return VERDICTS.find((verdict) => verdicts.some((given) => given.toUpperCase() === verdict)) ?? verdicts[0] ?? null;
}
