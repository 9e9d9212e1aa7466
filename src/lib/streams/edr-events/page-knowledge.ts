import type { EdrApi } from '../../qualys/edr/edr-api.ts';

/** What the pages of the vendor have shown so far. Kept by the process only: without it a read costs a call more, and no record. */
export interface PageKnowledge {
  /** Records of the longest page that came: a shorter one, for which more were asked, is the last one of its read. */
  longest: number;
  /** Whether a live window lately filled a page, so that the next one is worth counting before it is read. */
  isBusy: boolean;
}

const KNOWN = new WeakMap<EdrApi, PageKnowledge>();

/** What is known of an API's pages. */
export function pageKnowledge(api: EdrApi): PageKnowledge {
  const known = KNOWN.get(api) ?? { longest: 0, isBusy: false };
  KNOWN.set(api, known);
  return known;
}
