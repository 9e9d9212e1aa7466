import { expect, test } from 'vitest';
import { normalLagSeconds, secondsBetweenTicks } from '../../../src/lib/pipeline/normal-lag.ts';

test.for([
  ['0 * * * * *', 1],
  ['0 */5 * * * *', 5],
  ['0  */30  * * * *', 30],
  ['0 0 * * * *', 60],
  ['0 15 */6 * * *', 360],
  ['0 30 2 * * *', 1440],
  ['0 */5 8-18 * * *', 1440],
  ['0 * 8-18 * * *', 1440],
  ['0 */5 */2 * * *', 120],
  ['0 0 2 * * 1', 7 * 1440],
  ['0 */30 6-20 * * 1-5', 7 * 1440],
  ['0 0 2 1,15 * *', 31 * 1440],
  ['0 0 2 1 */3 *', 366 * 1440],
  ['0 0,30 * * * *', 60],
  ['0 */15,7 * * * *', 60],
] as const)('%s ticks every %i minutes, as the alarms take it', ([schedule, minutes]) => {
  expect(secondsBetweenTicks(schedule)).toBe(minutes * 60);
});

test('a stream is on time for two intervals, its safety lag, the step of its windows, and a moment', () => {
  expect(normalLagSeconds('0 */5 * * * *', { safetyLagSeconds: 120 })).toBe(2 * 300 + 120 + 60);
  expect(normalLagSeconds('0 */15 * * * *', { safetyLagSeconds: 0, gridMinutes: 1440 })).toBe(2 * 900 + 86_400 + 60);
});
