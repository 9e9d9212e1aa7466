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

/** The event of a row; undefined for one that is none, such as a further part of a long record. */
export function toEvent(row: EventRow): EnrichEvent | undefined {
  const eventId = textIn(row.EventId);
  if (eventId === undefined) return undefined;
  const told = {
    time: timeIn(row.EventTime),
    processedTime: timeIn(row.ProcessedTime),
    type: textIn(row.EventType),
    action: textIn(row.EventAction),
    score: wholeIn(row.Score),
    severity: textIn(row.Severity),
    verdicts: textsIn(row.Verdicts),
    families: textsIn(row.FamilyNames),
    threats: textsIn(row.ThreatNames),
    hostName: textIn(row.HostName),
    netBiosName: textIn(row.NetBiosName),
    agentId: textIn(row.AgentId),
    user: textIn(row.UserName) ?? textIn(row.TargetProcessUserName),
    processName: textIn(row.TargetProcessName) ?? textIn(row.ActorProcessName),
    processPath: textIn(row.TargetProcessPath) ?? textIn(row.ActorProcessPath),
    processArguments: textIn(row.TargetProcessArguments) ?? textIn(row.ActorProcessArguments),
    filePath: textIn(row.FilePath),
    sha256: textIn(row.FileSha256) ?? textIn(row.TargetProcessSha256),
    md5: textIn(row.FileMd5) ?? textIn(row.TargetProcessMd5),
    localIp: textIn(row.LocalIP),
    remoteIp: textIn(row.RemoteIP),
    remotePort: wholeIn(row.RemotePort),
    remoteDomain: textIn(row.RemoteDns),
    registryPath: textIn(row.RegistryPath),
    mutexName: textIn(row.MutexName),
  };
  const present = Object.entries(told).filter(([, value]) => value !== undefined && !isEmpty(value));
  return { eventId, ...Object.fromEntries(present.map(([name, value]) => [name, cut(value)])) };
}

/** Longest text in an answer: command lines may be 64 KB long. */
const MAX_TEXT = 2000;

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function cut<T>(value: T): T | string {
  return typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT - 1)}…` : value;
}

/** Columns that `toEvent` reads: what a query has to give. */
export const EVENT_ROW_COLUMNS = [
  'EventId',
  'EventTime',
  'ProcessedTime',
  'EventType',
  'EventAction',
  'Score',
  'Severity',
  'Verdicts',
  'FamilyNames',
  'ThreatNames',
  'HostName',
  'NetBiosName',
  'AgentId',
  'UserName',
  'TargetProcessUserName',
  'TargetProcessName',
  'TargetProcessPath',
  'TargetProcessArguments',
  'TargetProcessSha256',
  'TargetProcessMd5',
  'ActorProcessName',
  'ActorProcessPath',
  'ActorProcessArguments',
  'FilePath',
  'FileSha256',
  'FileMd5',
  'LocalIP',
  'RemoteIP',
  'RemotePort',
  'RemoteDns',
  'RegistryPath',
  'MutexName',
] as const;
