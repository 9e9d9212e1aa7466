import type { Settings } from '../../config.ts';
import { quotePath, quoteValue, timeRange } from './qql.ts';

/** What events can be looked up by in Qualys itself: query tokens that the vendor or a working peer shows. */
export type LookupKind = 'sha256' | 'md5' | 'ip' | 'domain' | 'file';

/** Everything that events may be looked up by here; what else a case may be about has no documented token. */
export interface Lookup {
  readonly kind: LookupKind;
  readonly value: string;
}

/** Whether a file is given with its folder. */
export function isPath(file: string): boolean {
  return /[\\/]/.test(file);
}

/** Query tokens of a lookup. Sources: those of Cisco's relay for Qualys IOC, whose recorded answers show them at work. */
export function lookupTokens({ kind, value }: Lookup): readonly string[] {
  switch (kind) {
    case 'sha256':
      return ['file.hash.sha256'];
    case 'md5':
      return ['file.hash.md5'];
    case 'ip':
      return ['network.local.address.ip', 'network.remote.address.ip'];
    case 'domain':
      return ['network.remote.address.fqdn'];
    case 'file':
      return [isPath(value) ? 'file.fullPath' : 'file.name'];
  }
}

/**
 * The condition for a lookup.
 * @throws FatalError for a value that no literal of the query language can hold.
 */
export function lookupCondition(lookup: Lookup): string {
  const { kind, value } = lookup;
  const literal = kind === 'file' && isPath(value) ? quotePath(value) : quoteValue(value);
  return lookupTokens(lookup)
    .map((token) => `${token}: ${literal}`)
    .join(' OR ');
}

/** The filter of a lookup within whole seconds. @throws FatalError as `lookupCondition`. */
export function lookupFilter(
  settings: Pick<Settings, 'EDR_TIME_TOKEN'>,
  lookup: Lookup,
  window: { readonly from: string; readonly to: string },
): string {
  return `${timeRange(settings.EDR_TIME_TOKEN, window)} AND (${lookupCondition(lookup)})`;
}
