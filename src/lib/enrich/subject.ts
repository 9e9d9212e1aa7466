import type { Lookup } from '../qualys/lookup-filter.ts';
import type { StoredSubject } from './stored-queries.ts';

/** What a case may be about. */
export const SUBJECTS = ['host', 'user', 'agentId', 'sha256', 'md5', 'ip', 'domain', 'file'] as const;

/** What an enrichment is asked for. */
export interface EnrichSubject {
  readonly kind: (typeof SUBJECTS)[number];
  readonly value: string;
  /** Events that Qualys processed within so many hours count. */
  readonly hours: number;
}

/** Where a subject is looked up: in Qualys, where a documented query token names it, else in the ingested tables. */
export function placeOf({ kind, value }: EnrichSubject): { qualys: Lookup } | { tables: StoredSubject } {
  if (kind === 'host' || kind === 'user' || kind === 'agentId') return { tables: { kind, value } };
  return { qualys: { kind, value } };
}
