/** Splits a list, in its order, into groups of at most `size`. */
export function groupsOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, group) =>
    all.slice(group * size, (group + 1) * size),
  );
}

/** Runs something for each of a list, so many at once, the next ones once all of those are done. @throws what the first that fails throws. */
export async function runInGroups<T>(
  all: readonly T[],
  atOnce: number,
  run: (each: T) => Promise<unknown>,
): Promise<void> {
  for (const some of groupsOf(all, atOnce)) await Promise.all(some.map(run));
}
