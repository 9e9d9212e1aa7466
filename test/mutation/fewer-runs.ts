import fc from 'fast-check';
import { beforeAll, beforeEach } from 'vitest';
import { LEFT_OUT } from './left-out.ts';

// Each mutant runs them anew: what a property has found by then it finds in most runs.
fc.configureGlobal({ numRuns: 25 });

/** StrykerJS ends a loop when a file has met its mutant a hundred times as often as all tests did without it: hours, where each round is a call. */
const STRYKERS_FACTOR = 100;

beforeAll(() => {
  const { __stryker__: stryker } = globalThis as { __stryker__?: { hitLimit?: number } };
  if (stryker?.hitLimit !== undefined) stryker.hitLimit = Math.ceil((2 * stryker.hitLimit) / STRYKERS_FACTOR) + 500;
});

beforeEach(({ skip, task }) => skip(LEFT_OUT.some((name) => task.fullTestName.includes(name))));
