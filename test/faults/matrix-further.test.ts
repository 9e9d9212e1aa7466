import { expect, test } from 'vitest';
import { FURTHER_FEEDS } from './further-feeds.ts';
import { playMatrix } from './play-matrix.ts';
import { reportMatrix } from './report-matrix.ts';

test.each(Object.values(FURTHER_FEEDS))(
  '$name: whatever breaks while it reads or goes on, nothing is lost',
  { timeout: 900_000 },
  async (feed) => {
    const results = await playMatrix(feed);
    await reportMatrix(feed, results);
    expect(results.filter(({ problems }) => problems.length > 0)).toEqual([]);
  },
);
