/** Ids of hosts or QIDs from `first` to `last`, both included. BigInt, because ids may exceed 2^53. */
export interface IdRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** A part of the id space, both edges included; an absent one is open. */
export interface IdBounds {
  readonly idMin?: bigint | undefined;
  readonly idMax?: bigint | undefined;
}

/** Together the slices of one window cover every id exactly once. */
export interface IdSlice extends IdBounds {
  /** Ids known in it. */
  readonly count: number;
}

/** Sorts ranges and joins those that touch or overlap. */
export function mergeIds(ranges: readonly IdRange[]): IdRange[] {
  const sorted = [...ranges].sort((left, right) => (left.first < right.first ? -1 : left.first > right.first ? 1 : 0));
  const merged: { first: bigint; last: bigint }[] = [];
  for (const { first, last } of sorted) {
    const previous = merged.at(-1);
    if (previous === undefined || first > previous.last + 1n) merged.push({ first, last });
    else if (last > previous.last) previous.last = last;
  }
  return merged;
}

/** Ids as ranges, sorted. */
export function rangesOf(ids: Iterable<bigint>): IdRange[] {
  return mergeIds(Array.from(ids, (id) => ({ first: id, last: id })));
}

/** How many ids the ranges hold; ranges must not overlap. */
export function countIds(ranges: readonly IdRange[]): number {
  return Number(ranges.reduce((sum, { first, last }) => sum + (last - first + 1n), 0n));
}

/** The parts of the ranges within the bounds. */
export function clipIds(ranges: readonly IdRange[], { idMin, idMax }: IdBounds): IdRange[] {
  return ranges
    .map(({ first, last }) => ({
      first: idMin !== undefined && first < idMin ? idMin : first,
      last: idMax !== undefined && last > idMax ? idMax : last,
    }))
    .filter(({ first, last }) => first <= last);
}

/** Every id of the ranges, in their order. */
export function* eachId(ranges: readonly IdRange[]): Generator<bigint> {
  for (const { first, last } of ranges) for (let id = first; id <= last; id++) yield id;
}

/**
 * Cuts the id space into slices that are even by count: as few as hold at most `size` ids each, none differing by more than one.
 * The first slice is open downwards and the last upwards, so that what appears after the ids were read is still in a slice.
 * @param ranges sorted, not overlapping, as `mergeIds` returns them.
 * @param size most ids a slice, 1 or more.
 */
export function sliceIds(ranges: readonly IdRange[], size: number): IdSlice[] {
  // Beyond 2^53 too: the vendor may list a range of any length, and where to cut it need not be exact.
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`size must be a whole number of 1 or more, given ${size}`);
  const total = countIds(ranges);
  const slices = Math.max(1, Math.ceil(total / size));
  const starts = Array.from({ length: slices }, (_, index) => Math.floor((index * total) / slices));
  const firstIds = idsAt(ranges, starts.slice(1));
  return starts.map((start, index) => ({
    count: (starts[index + 1] ?? total) - start,
    idMin: firstIds[index - 1],
    idMax: before(firstIds[index]),
  }));
}

function before(id: bigint | undefined): bigint | undefined {
  return id === undefined ? undefined : id - 1n;
}

/** The ids at ascending positions of the ranges. */
function idsAt(ranges: readonly IdRange[], positions: readonly number[]): bigint[] {
  const found: bigint[] = [];
  let passed = 0;
  for (const { first, last } of ranges) {
    const length = Number(last - first + 1n);
    for (let at = positions[found.length]; at !== undefined && at < passed + length; at = positions[found.length]) {
      found.push(first + BigInt(at - passed));
    }
    passed += length;
  }
  return found;
}
