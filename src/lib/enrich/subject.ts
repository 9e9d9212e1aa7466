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

interface Subject<Kind> {
  readonly kind: Kind;
  readonly value: string;
  /** Events that Qualys processed, or reports of hosts that were made, within so many hours count. */
  readonly hours: number;
}

/** What an enrichment with events is asked for. */
export type EnrichSubject = Subject<(typeof EVENT_SUBJECTS)[number]>;

/** A vulnerability whose hosts are asked for: a CVE id in capital letters, or a QID in digits. */
export type VulnerabilitySubject = Subject<(typeof VULNERABILITY_SUBJECTS)[number]>;

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
