import type { Settings } from '../config.ts';
import { quotePath, quoteValue, timeRange } from './qql.ts';

/** What events can be looked up by in Qualys itself: query tokens that the vendor or a working peer shows. */
export type LookupKind = 'sha256' | 'md5' | 'ip' | 'domain' | 'file';

/** Everything that events may be looked up by here; those of a host, agent or user have no documented token. */
export interface Lookup {
  readonly kind: LookupKind;
  readonly value: string;
}

/**
 * The condition for a lookup. Sources: the tokens of Cisco's relay for Qualys IOC, whose recorded answers show them at work.
 * @throws FatalError for a value that no literal of the query language can hold.
 */
export function lookupCondition({ kind, value }: Lookup): string {
  switch (kind) {
    case 'sha256':
      return `file.hash.sha256: ${quoteValue(value)}`;
    case 'md5':
      return `file.hash.md5: ${quoteValue(value)}`;
    case 'ip':
      return `network.local.address.ip: ${quoteValue(value)} OR network.remote.address.ip: ${quoteValue(value)}`;
    case 'domain':
      return `network.remote.address.fqdn: ${quoteValue(value)}`;
    case 'file':
      return /[\\/]/.test(value) ? `file.fullPath: ${quotePath(value)}` : `file.name: ${quoteValue(value)}`;
  }
}

/** The filter of a lookup within whole seconds. @throws FatalError as `lookupCondition`. */
export function lookupFilter(
  settings: Pick<Settings, 'EDR_TIME_TOKEN'>,
  lookup: Lookup,
  window: { readonly from: string; readonly to: string },
): string {
  return `${timeRange(settings.EDR_TIME_TOKEN, window)} AND (${lookupCondition(lookup)})`;
}
