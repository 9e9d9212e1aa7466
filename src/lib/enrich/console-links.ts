import { consoleHostFor } from '../qualys/platforms.ts';
import { lookupCondition } from '../qualys/edr/lookup-filter.ts';
import { liveLookup, type EnrichSubject } from './subject.ts';

/** Addresses in the Qualys console; none where the console does not follow from the API server. */
export interface ConsoleLinks {
  readonly forSubject: (subject: EnrichSubject) => { readonly title: string; readonly url: string }[];
  /** A vulnerability by its QID. */
  readonly forQid: (qid: string) => string | null;
}

/**
 * The console's addresses for the API server of a platform. Sources: Cisco's relay for Qualys IOC (hunting by a query) and JupiterOne's
 * graph-qualys (a QID). Both are of 2020 to 2022; the vendor may have moved them.
 */
export function consoleLinks(apiUrl: string): ConsoleLinks {
  const host = consoleHostFor(new URL(apiUrl).hostname.toLowerCase());
  if (host === undefined) return { forSubject: () => [], forQid: () => null };
  const hunting = `https://${host}/ioc/#/hunting`;
  return {
    forSubject: (subject) => {
      const lookup = liveLookup(subject);
      const search = lookup === undefined ? '' : `?search=${encodeURIComponent(lookupCondition(lookup))}`;
      return [{ title: 'Qualys EDR hunting', url: `${hunting}${search}` }];
    },
    forQid: (qid) => (/^\d{1,10}$/.test(qid) ? `https://${host}/fo/common/vuln_info.php?id=${qid}` : null),
  };
}
