/** Results that the vendor's paging reaches (its Splunk add-on restarts there; sister products document the same). */
export const MAX_DEPTH = 10_000;

/** A window with more events is split, so that events that arrive meanwhile still fit in reach. */
export const SPLIT_ABOVE = 5000;

/**
 * Largest page size up to `wanted` with which whole pages cover `expected` records without asking beyond the reach:
 * a size of 3000 would ask for results 9,000 to 12,000. Behind the first page there is always another one, which shows what was not counted.
 */
export function pageSizeWithinReach(expected: number, wanted: number): number {
  for (let pages = Math.max(2, Math.ceil(expected / wanted)); pages <= MAX_DEPTH; pages++) {
    const size = Math.min(wanted, Math.floor(MAX_DEPTH / pages));
    if (size * pages >= Math.min(expected, MAX_DEPTH)) return size;
  }
  return 1;
}
