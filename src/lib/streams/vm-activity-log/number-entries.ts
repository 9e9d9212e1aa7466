import { hash } from 'node:crypto';

/** How often entries came on the pages before: a part of the cursor, which is stored as one text of at most 32,768 characters. */
export interface EqualEntries {
  /** Second and count of an entry, by a digest of its text: at most {@link MOST_COUNTS} of some 30 characters. */
  readonly counts: Readonly<Record<string, readonly [second: number, count: number]>>;
  /** Set once counts were forgotten: those of entries of this second and later ones, none of which came more often than `most` says. */
  readonly forgotten?: { readonly from: number; readonly most: number };
}

const MOST_COUNTS = 400;
/** Two texts of one digest are numbered as equal ones: their keys, which hold the whole text, stay apart. */
const DIGEST_DIGITS = 8;

/**
 * Numbers equal entries over all pages of a window, however their order mixes seconds: an entry that is numbered 1 again has the key of the
 * first one, and is lost. Kept are the counts of the oldest entries, because pages go on towards older ones. An entry of a later second whose
 * count may be forgotten is numbered above all that were, so that it is never taken for another one; read with pages of another size it may
 * then come with another number, as a repeated row.
 */
export function numberEntries({ counts, forgotten }: EqualEntries) {
  const { from, most } = forgotten ?? { from: Infinity, most: 0 };
  const known = new Map(Object.entries(counts));
  return {
    /** Number of an entry among equal ones. `text` holds its time, too; `time` in milliseconds. */
    next: (text: string, time: number): number => {
      const own = Number.isNaN(time) ? 0 : Math.floor(time / 1000);
      const digest = hash('sha256', text, 'base64url').slice(0, DIGEST_DIGITS);
      const [second, before] = known.get(digest) ?? [own, own < from ? 0 : most];
      known.set(digest, [Math.min(own, second), before + 1]);
      return before + 1;
    },
    carry: (): EqualEntries => {
      const oldestFirst = [...known].sort(([, [a, countA]], [, [b, countB]]) => a - b || countB - countA);
      const rest = oldestFirst.slice(MOST_COUNTS).map(([, entry]) => entry);
      const kept = Object.fromEntries(oldestFirst.slice(0, MOST_COUNTS));
      if (rest.length === 0) return { counts: kept, ...(forgotten === undefined ? {} : { forgotten }) };
      const earliest = Math.min(from, rest[0]?.[0] ?? 0);
      return { counts: kept, forgotten: { from: earliest, most: Math.max(most, ...rest.map(([, count]) => count)) } };
    },
  };
}
