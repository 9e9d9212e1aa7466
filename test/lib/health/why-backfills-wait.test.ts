import { expect, test } from 'vitest';
import { whyBackfillsWait } from '../../../src/lib/health/find-waits.ts';
import type { LimitView } from '../../../src/lib/pipeline/limit-view.ts';
import { NOW } from '../../dashboard/views.ts';
import { ago, limit } from '../../support/stands.ts';

const TIME = new Date(NOW).toISOString();
const budget = { limit: 300, left: 65, reserve: 60, windowSeconds: 3600, seenAt: ago(1) };
const account = { refusedSince: ago(3), refusals: 2, nextTryAt: ago(-7), error: 'HTTP 401' };
const outage = { route: 'edr/events', since: ago(20), nextTryAt: ago(-4), error: 'HTTP 503' };
const pause = { pausedUntil: ago(-40), pausedSince: ago(20), pauseReason: 'code 1965' };

test.for([
  ['nothing of the vendor\u2019s', {}, undefined],
  ['a pause that is over', { ...pause, pausedUntil: ago(1) }, undefined],
  [
    'a pause',
    pause,
    { until: ago(-40), reason: 'Qualys asked the callers of the EDR API to wait until 13:14 UTC. code 1965.' },
  ],
  [
    'a route that is out',
    { outages: [outage] },
    {
      until: ago(-4),
      reason: 'Qualys does not answer on edr/events as it should since 12:14 UTC: HTTP 503. Tried next at 12:38 UTC.',
    },
  ],
  [
    'the budget but for the reserve',
    { budget },
    {
      until: ago(-47),
      reason:
        'The 300 calls in 1 h of the EDR API are used up but for the 60 that backfills leave to the live windows. One comes free every 12 s, all are back at 13:21 UTC.',
    },
  ],
  [
    'the account, before all else',
    { account, ...pause, budget },
    { until: ago(-7), reason: 'Qualys refuses the account at the EDR API: HTTP 401.' },
  ],
  [
    'an account that the other API refuses',
    { account: { ...account, nextTryAt: undefined, heldBy: 'vm' } },
    { until: null, reason: 'Qualys refuses the account at the VM API: HTTP 401.' },
  ],
] as const)('backfills wait for %s', ([, changes, wait]) => {
  expect(whyBackfillsWait(limit(changes as Partial<LimitView>), TIME)).toEqual(wait);
});
