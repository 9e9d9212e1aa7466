import { expect, test } from 'vitest';
import { FEEDS } from './all-feeds.ts';
import type { Feed } from './feeds.ts';
import { playMatrix } from './play-matrix.ts';
import { isToBeWritten, reportMatrix } from './report-matrix.ts';

/** Test files that share the streams: a long one should not have to wait for another. */
const SHARES = 6;

/** Tests of the streams of a share: whatever breaks, nothing is lost. */
export function testShare(share: number): void {
  for (const { feed, variants } of FEEDS.filter((_, place) => place % SHARES === share)) {
    test(`${feed.name}: whatever breaks at whatever step, nothing is lost`, { timeout: 1_800_000 }, async () => {
      const isWritten = isToBeWritten();
      const results = await playMatrix(feed);
      await reportMatrix(feed, results, isWritten);
      expect(results.filter(({ problems }) => problems.length > 0)).toEqual([]);
    });
    test.each(variants.map((variant) => [variant.routes.page, variant] as [string, Feed]))(
      `${feed.name} by %s: whatever the vendor says, nothing is lost`,
      { timeout: 1_800_000 },
      async (_, variant) => {
        const results = await playMatrix(variant);
        expect(results.filter(({ problems }) => problems.length > 0)).toEqual([]);
      },
    );
  }
}
