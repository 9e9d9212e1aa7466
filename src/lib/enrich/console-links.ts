import { consoleHostFor } from '../qualys/platforms.ts';
import { lookupCondition } from '../qualys/edr/lookup-filter.ts';
import { liveLookup, type EnrichSubject } from './subject.ts';

/*
 * Addresses in the Qualys console. Sources: Cisco's relay for Qualys IOC (hunting by a query) and JupiterOne's graph-qualys (a QID). Both are
 * of 2020 to 2022; the vendor may have moved them.
 */

/** Hunting for a subject; nothing where the console does not follow from the API server. */
export function huntingLinks(
  apiUrl: string,
  subject: EnrichSubject,
): { readonly title: string; readonly url: string }[] {
  const host = hostOf(apiUrl);
  if (host === undefined) return [];
  const lookup = liveLookup(subject);
  const search = lookup === undefined ? '' : `?search=${encodeURIComponent(lookupCondition(lookup))}`;
  return [{ title: 'Qualys EDR hunting', url: `https://${host}/ioc/#/hunting${search}` }];
}

/** A vulnerability by its QID; null likewise. */
export function vulnerabilityLink(apiUrl: string, qid: string): string | null {
  const host = hostOf(apiUrl);
  return host !== undefined && /^\d{1,10}$/.test(qid) ? `https://${host}/fo/common/vuln_info.php?id=${qid}` : null;
}

function hostOf(apiUrl: string): string | undefined {
  return consoleHostFor(new URL(apiUrl).hostname.toLowerCase());
}
