import { test } from 'vitest';
import { FEEDS } from './feeds.ts';
import { expectNothingLost } from './expect-nothing-lost.ts';

test('edr: whatever breaks at whatever step, nothing is lost', { timeout: 1_800_000 }, async () => {
  await expectNothingLost(FEEDS.edr);
});
