import { expect, test } from 'vitest';
import { describeEstimate as describeOnCli } from '../../cli/describe-estimate.ts';
import { describeEstimate } from '../../src/dashboard/model/describe-estimate.ts';

const WEEK = { stream: 'edr-events', from: '2026-04-01T00:00:00Z', to: '2026-04-08T00:00:00Z', windows: 672 };

test.for([
  [
    { calls: 1344, callsAnHour: 240, leastSeconds: 20_160 },
    '672 windows, about 1,344 calls. 240 calls an hour are left for backfills: it takes 5 h 36 min at least.',
    '672 windows, about 1,344 calls; 240 an hour are left for backfills: it takes 5h 36m at least',
  ],
  [
    { calls: 1344, callsAnHour: 1600, leastSeconds: 12 },
    '672 windows, about 1,344 calls. 1,600 calls an hour are left for backfills, which does not hold it up.',
    '672 windows, about 1,344 calls; 1,600 an hour are left for backfills, which does not hold it up',
  ],
  [
    { calls: null, callsAnHour: null, leastSeconds: null },
    '672 windows, at least 672 calls. How long that takes is not known: Qualys has told no budget yet.',
    '672 windows, at least 672 calls; how long that takes is not known: Qualys has told no budget yet',
  ],
  [
    { calls: 1344, callsAnHour: 0, leastSeconds: null },
    '672 windows, about 1,344 calls. The live windows need the whole budget: it would not end.',
    '672 windows, about 1,344 calls; the live windows need the whole budget: it would not end',
  ],
] as const)('what a backfill costs is said on the page and by the command line: %j', ([cost, page, line]) => {
  expect(describeEstimate({ ...WEEK, ...cost })).toBe(page);
  expect(describeOnCli({ ...WEEK, ...cost })).toBe(line);
});
