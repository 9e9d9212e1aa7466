import type { Lookup } from '../qualys/edr/lookup-filter.ts';

/** What events are looked up by. */
export const EVENT_SUBJECTS = [
  'host',
  'user',
  'agentId',
  'sha256',
  'md5',
  'ip',
  'mac',
  'domain',
  'file',
  'threat',
] as const;
/** What a vulnerability is called by. */
export const VULNERABILITY_SUBJECTS = ['cve', 'qid'] as const;
/** What a case may be about. */
export const SUBJECTS = [...EVENT_SUBJECTS, ...VULNERABILITY_SUBJECTS] as const;

/** What an enrichment with events is asked for. */
export interface EnrichSubject {
  readonly kind: (typeof EVENT_SUBJECTS)[number];
  readonly value: string;
  /** Events that Qualys processed within so many hours count. */
  readonly hours: number;
}

/** A vulnerability whose hosts are asked for. */
export interface VulnerabilitySubject {
  readonly kind: (typeof VULNERABILITY_SUBJECTS)[number];
  /** A CVE id in capital letters, or a QID in digits. */
  readonly value: string;
  /** Reports of hosts of the last so many hours count. */
  readonly hours: number;
}

/** Whether a subject is a vulnerability. */
export function isVulnerability(subject: EnrichSubject | VulnerabilitySubject): subject is VulnerabilitySubject {
  return subject.kind === 'cve' || subject.kind === 'qid';
}

/** A subject by its name alone. */
export type NamedSubject = Pick<EnrichSubject, 'kind' | 'value'>;

/** What Qualys itself is asked for; undefined where no query token is documented. */
export function liveLookup({ kind, value }: NamedSubject | VulnerabilitySubject): Lookup | undefined {
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
