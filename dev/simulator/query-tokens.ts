import type { EventFacts } from './event-facts.ts';
import type { JsonObject } from './event-record.ts';

/** An event under a filter: facts at once, the record only when a token needs it. */
export interface Candidate {
  readonly facts: EventFacts;
  readonly record: () => unknown;
}

/** How a token compares and where its value stands. */
export type QueryToken =
  | { readonly kind: 'time'; readonly read: (candidate: Candidate) => number | undefined }
  | { readonly kind: 'number'; readonly read: (candidate: Candidate) => number | undefined }
  /** A whole value, letter case aside. */
  | { readonly kind: 'keyword'; readonly read: (candidate: Candidate) => string | undefined }
  /** Words. */
  | { readonly kind: 'text'; readonly read: (candidate: Candidate) => string | undefined };

function fieldOf(candidate: Candidate, path: readonly string[]): string | undefined {
  let value = candidate.record();
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as JsonObject)[name];
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function keyword(...path: string[]): QueryToken {
  return { kind: 'keyword', read: (candidate) => fieldOf(candidate, path) };
}

function timeOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}

function words(...path: string[]): QueryToken {
  return { kind: 'text', read: (candidate) => fieldOf(candidate, path) };
}

/** The full path, with the file's name also where the record gives the folder only. */
const FULL_PATH: QueryToken = {
  kind: 'text',
  read: (candidate) => {
    const full = fieldOf(candidate, ['file', 'fullPath']);
    const name = fieldOf(candidate, ['file', 'fileName']);
    return full === undefined || name === undefined || full.endsWith(name) ? full : `${full}\\${name}`;
  },
};

const DATE_TIME: QueryToken = { kind: 'time', read: ({ facts }) => facts.dateTime };
const PROCESSED_TIME: QueryToken = { kind: 'time', read: ({ facts }) => facts.processedTime };

/**
 * Tokens of the filter, in lower case: those seen in the vendor's text or in a working peer, and four of the asset.
 * Both spellings of the processed time are known.
 */
const TOKENS: Readonly<Record<string, QueryToken>> = {
  type: { kind: 'keyword', read: ({ facts }) => facts.type },
  action: { kind: 'keyword', read: ({ facts }) => facts.action },
  'event.datetime': DATE_TIME,
  'event.eventprocessedtime': PROCESSED_TIME,
  'event.eventprocesstime': PROCESSED_TIME,
  'indicator.score': { kind: 'number', read: ({ facts }) => facts.score },
  'file.name': words('file', 'fileName'),
  'file.fullpath': FULL_PATH,
  'file.hash.md5': keyword('file', 'md5'),
  'file.hash.sha256': keyword('file', 'sha256'),
  'network.local.address.ip': keyword('network', 'localIP'),
  'network.remote.address.ip': keyword('network', 'remoteIP'),
  'network.remote.address.fqdn': keyword('network', 'remoteDns'),
  'handle.name': words('handle', 'name'),
  'asset.hostname': keyword('asset', 'hostName'),
  'asset.netbiosname': keyword('asset', 'netBiosName'),
  'asset.agentid': { kind: 'keyword', read: ({ facts }) => facts.agentId },
  'asset.platform': keyword('asset', 'platform'),
  'incident.updatedon': { kind: 'time', read: (candidate) => timeOf(fieldOf(candidate, ['updatedOn'])) },
  'incident.detectedon': { kind: 'time', read: (candidate) => timeOf(fieldOf(candidate, ['detectedOn'])) },
  'incident.source': keyword('source'),
};

/** What `sort` and `groupBy` take beside the tokens of the filter. */
const FIELD_NAMES: Readonly<Record<string, QueryToken>> = {
  id: { kind: 'keyword', read: ({ facts }) => facts.id },
  eventid: { kind: 'keyword', read: ({ facts }) => facts.id },
  agentid: { kind: 'keyword', read: ({ facts }) => facts.agentId },
  datetime: DATE_TIME,
  eventprocessedtime: PROCESSED_TIME,
};

/** Names of the filter's tokens, for messages. */
export const TOKEN_NAMES: readonly string[] = Object.keys(TOKENS);

/** Finds a token of the filter whatever its case. */
export function findToken(name: string): QueryToken | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(TOKENS, key) ? TOKENS[key] : undefined;
}

/** Finds a token or field that results can be sorted or grouped by. */
export function findSortToken(name: string): QueryToken | undefined {
  const key = name.toLowerCase();
  return findToken(name) ?? (Object.hasOwn(FIELD_NAMES, key) ? FIELD_NAMES[key] : undefined);
}

/** Whether the token is the time that the events are kept in order of. */
export function isProcessedTime(token: QueryToken | undefined): boolean {
  return token === PROCESSED_TIME;
}
