import fc from 'fast-check';
import { beforeAll, beforeEach } from 'vitest';
import { LEFT_OUT } from './left-out.ts';

// Each mutant runs them anew: what a property has found by then it finds in most runs.
fc.configureGlobal({ numRuns: 25 });

/** What StrykerJS keeps in a thread. */
interface Kept {
  hitLimit?: number;
  readonly mutantCoverage?: Readonly<Record<'static' | 'perTest', Record<string, unknown>>>;
}

const { __stryker__: stryker } = globalThis as { __stryker__?: Kept };
// Modules are kept from file to file, with the object they count in: what a file has told is not to be told, and added, by the next ones again.
for (const counts of Object.values(stryker?.mutantCoverage ?? {}))
  for (const id of Object.keys(counts)) Reflect.deleteProperty(counts, id);

/** StrykerJS ends a loop when a file has met its mutant a hundred times as often as all tests did without it: hours, where each round is a call. */
const STRYKERS_FACTOR = 100;

beforeAll(() => {
  if (stryker?.hitLimit !== undefined) stryker.hitLimit = Math.ceil((2 * stryker.hitLimit) / STRYKERS_FACTOR) + 500;
});

beforeEach(({ skip, task }) => skip(LEFT_OUT.some((name) => task.fullTestName.includes(name))));
