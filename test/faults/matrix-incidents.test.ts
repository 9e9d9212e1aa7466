import { expect, test } from 'vitest';
import { FURTHER_FEEDS } from './further-feeds.ts';
import { playMatrix } from './play-matrix.ts';
import { reportMatrix } from './report-matrix.ts';

test('incidents: whatever breaks while it reads or goes on, nothing is lost', { timeout: 900_000 }, async () => {
  const results = await playMatrix(FURTHER_FEEDS.incidents);
  await reportMatrix(FURTHER_FEEDS.incidents, results);
  expect(results.filter(({ problems }) => problems.length > 0)).toEqual([]);
});
