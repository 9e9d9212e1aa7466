import { test } from 'vitest';
import { expectNothingLost } from './expect-nothing-lost.ts';
import { OTHER_FEEDS } from './further-feeds.ts';

for (const feed of OTHER_FEEDS) {
  test(`${feed.name}: whatever breaks while it reads or goes on, nothing is lost`, { timeout: 1_800_000 }, async () => {
    await expectNothingLost(feed);
  });
}
