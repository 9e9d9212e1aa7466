import { expect, test } from 'vitest';
import { FEEDS } from './feeds.ts';
import { playMatrix } from './play-matrix.ts';
import { reportMatrix } from './report-matrix.ts';

test('edr: whatever breaks at whatever step, nothing is lost', { timeout: 900_000 }, async () => {
  const results = await playMatrix(FEEDS.edr);
  await reportMatrix(FEEDS.edr, results);
  expect(results.filter(({ problems }) => problems.length > 0)).toEqual([]);
});
