import type { IdRange } from '../../qualys/vm/id-ranges.ts';

/** A text that fits a checkpoint holds so many characters. */
export const MOST_PACKED = 12_000;

/**
 * Ids as a short text: for each range how far it begins behind the end of the one before and, after a `+`, how many ids follow its first one;
 * in base 36.
 * @param ranges sorted, not overlapping.
 */
export function packIds(ranges: readonly IdRange[]): string {
  let end = 0n;
  const parts = ranges.map(({ first, last }) => {
    const part = (first - end).toString(36) + (last === first ? '' : `+${(last - first).toString(36)}`);
    end = last;
    return part;
  });
  return parts.join(' ');
}

/** Reads what `packIds` wrote. */
export function unpackIds(text: string): IdRange[] {
  let end = 0n;
  return (text.match(/[^ ]+/g) ?? []).map((part) => {
    const [distance = '', more = ''] = part.split('+');
    const first = end + numberOf(distance);
    end = first + numberOf(more);
    return { first, last: end };
  });
}

function numberOf(digits: string): bigint {
  return Array.from(digits).reduce((value, digit) => value * 36n + BigInt(Number.parseInt(digit, 36)), 0n);
}
