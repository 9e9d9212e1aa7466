import type { EnrichEvent } from './enrich-answer.ts';

/** A row of `QualysEdrEvents_CL` by its columns, however it was read; what the record does not tell is absent or null. */
export type EventRow = Readonly<Record<string, unknown>>;

/** A text; undefined when missing or blank. */
export function textIn(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** A whole number; undefined when missing or another thing. */
export function wholeIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

/** A time as ISO 8601 UTC; undefined when missing or unreadable. */
export function timeIn(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** Distinct texts of a list, or of lists in it. */
export function textsIn(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? (value.flat(3) as unknown[]) : [value];
  return [...new Set(list.map(textIn).filter((text) => text !== undefined))];
}

/** Longest text in an answer: command lines may be 64 KB long. */
const MAX_TEXT = 2000;

type Member = readonly [read: (value: unknown) => unknown, ...columns: string[]];

/** How each member of an event is read, and the columns that may tell it; the first that does counts. */
const MEMBERS: Readonly<Record<Exclude<keyof EnrichEvent, 'eventId'>, Member>> = {
  time: [timeIn, 'EventTime'],
  processedTime: [timeIn, 'ProcessedTime'],
  type: [textIn, 'EventType'],
  action: [textIn, 'EventAction'],
  score: [wholeIn, 'Score'],
  severity: [textIn, 'Severity'],
  verdicts: [textsIn, 'Verdicts'],
  families: [textsIn, 'FamilyNames'],
  threats: [textsIn, 'ThreatNames'],
  hostName: [textIn, 'HostName'],
  netBiosName: [textIn, 'NetBiosName'],
  agentId: [textIn, 'AgentId'],
  user: [textIn, 'UserName', 'TargetProcessUserName'],
  processName: [textIn, 'TargetProcessName', 'ActorProcessName'],
  processPath: [textIn, 'TargetProcessPath', 'ActorProcessPath'],
  processArguments: [textIn, 'TargetProcessArguments', 'ActorProcessArguments'],
  filePath: [textIn, 'FilePath'],
  sha256: [textIn, 'FileSha256', 'TargetProcessSha256'],
  md5: [textIn, 'FileMd5', 'TargetProcessMd5'],
  localIp: [textIn, 'LocalIP'],
  remoteIp: [textIn, 'RemoteIP'],
  remotePort: [wholeIn, 'RemotePort'],
  remoteDomain: [textIn, 'RemoteDns'],
  registryPath: [textIn, 'RegistryPath'],
  mutexName: [textIn, 'MutexName'],
};

/** Columns that `toEvent` reads: what a query has to give. */
export const EVENT_ROW_COLUMNS: readonly string[] = [
  'EventId',
  ...Object.values(MEMBERS).flatMap(([, ...columns]) => columns),
];

/** The event of a row; undefined for one that is none, such as a further part of a long record. */
export function toEvent(row: EventRow): EnrichEvent | undefined {
  const eventId = textIn(row.EventId);
  if (eventId === undefined) return undefined;
  const told = Object.entries(MEMBERS).map(([name, [read, ...columns]]) => {
    const value = columns.map((column) => read(row[column])).find((each) => each !== undefined);
    return [name, cut(value)] as const;
  });
  return { eventId, ...Object.fromEntries(told.filter(([, value]) => value !== undefined && !isEmpty(value))) };
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function cut(value: unknown): unknown {
  return typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT - 1)}…` : value;
}
