import { test } from 'vitest';
import { FURTHER_FEEDS } from './further-feeds.ts';
import { expectNothingLost } from './expect-nothing-lost.ts';

test('hosts: whatever breaks while it reads or goes on, nothing is lost', { timeout: 1_800_000 }, async () => {
  await expectNothingLost(FURTHER_FEEDS.hosts);
});
