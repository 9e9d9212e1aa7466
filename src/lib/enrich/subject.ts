import type { Lookup } from '../qualys/edr/lookup-filter.ts';

/** What a case may be about. */
export const SUBJECTS = ['host', 'user', 'agentId', 'sha256', 'md5', 'ip', 'mac', 'domain', 'file', 'threat'] as const;

/** What an enrichment is asked for. */
export interface EnrichSubject {
  readonly kind: (typeof SUBJECTS)[number];
  readonly value: string;
  /** Events that Qualys processed within so many hours count. */
  readonly hours: number;
}

/** A subject by its name alone. */
export type NamedSubject = Pick<EnrichSubject, 'kind' | 'value'>;

/** What Qualys itself is asked for; undefined where no query token is documented. */
export function liveLookup({ kind, value }: NamedSubject): Lookup | undefined {
  switch (kind) {
    case 'sha256':
    case 'md5':
    case 'ip':
    case 'domain':
    case 'file':
      return { kind, value };
    default:
      return undefined;
  }
}
