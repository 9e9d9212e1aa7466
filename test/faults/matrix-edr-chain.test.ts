import { expect, test } from 'vitest';
import { FEEDS } from './feeds.ts';
import { playMatrix } from './play-matrix.ts';

test('edr by searchAfter: whatever the vendor says, nothing is lost', { timeout: 1_800_000 }, async () => {
  const results = await playMatrix(FEEDS.edrChain);
  expect(results.filter(({ problems }) => problems.length > 0)).toEqual([]);
});
