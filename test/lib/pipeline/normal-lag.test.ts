import { expect, test } from 'vitest';
import { normalLagSeconds, restSeconds, secondsBetweenTicks, tickAfter } from '../../../src/lib/pipeline/normal-lag.ts';

test.for([
  ['0 * * * * *', 1],
  ['0 */5 * * * *', 5],
  ['0  */30  * * * *', 30],
  ['0 0 * * * *', 60],
  ['0 15 */6 * * *', 360],
  ['0 30 2 * * *', 1440],
  ['0 */5 8-18 * * *', 14 * 60],
  ['0 */5 0-23 1-31 JAN-DEC 0-6', 5],
  ['0 0-59/5 */1 */1 */1 sun-sat', 5],
  ['0 0 6,18 * * *', 720],
  ['0 */5 */2 * * *', 120],
  ['0 0 2 * * 1', 7 * 1440],
  ['0 */30 6-20 * * 1-5', 3 * 1440],
  ['0 0 2 1,15 * *', 31 * 1440],
  ['0 0 2 1 */3 *', 366 * 1440],
  ['0 0,30 * * * *', 30],
  ['0 */15,7 * * * *', 15],
] as const)('%s ticks every %i minutes at least', ([schedule, minutes]) => {
  expect(secondsBetweenTicks(schedule)).toBe(minutes * 60);
});

test('a stream is on time for two intervals, its safety lag, the step of its windows, and a moment', () => {
  expect(normalLagSeconds('0 */5 * * * *', { safetyLagSeconds: 120 })).toBe(2 * 300 + 120 + 60);
  expect(normalLagSeconds('0 */15 * * * *', { safetyLagSeconds: 0, gridMinutes: 1440 })).toBe(2 * 900 + 86_400 + 60);
});

test.for([
  ['0 */5 8-18 * * *', 5, 14 * 60 - 5],
  ['0 */5 * * * 1-5', 5, 3 * 1440 - 5],
  ['0 */5 * * 1-6 *', 5, 366 * 1440 - 5],
  ['0 */5 * * 1-12 *', 5, 0],
  ['0 0 8-18 * * *', 60, 13 * 60],
  ['0 0 */5 * * *', 4 * 60, 60],
  ['0 0 2 * * 1-5', 1440, 2 * 1440],
  ['0 0 2 * * 1', 7 * 1440, 0],
  ['0 0 2 1,15 * *', 14 * 1440, 17 * 1440],
  ['0 30 2 * * *', 1440, 0],
] as const)('%s ticks every %i minutes as a rule, and rests for %i more', ([schedule, usual, rest]) => {
  expect(normalLagSeconds(schedule, { safetyLagSeconds: 0 })).toBe(2 * usual * 60 + 60);
  expect(restSeconds(schedule)).toBe(rest * 60);
});

// 1 May 2026 is a Friday.
test.for([
  ['0 */5 * * * *', '2026-05-01T12:00:00.000Z', '2026-05-01T12:05:00.000Z'],
  ['*/20 * * * * *', '2026-05-01T12:00:20.001Z', '2026-05-01T12:00:40.000Z'],
  ['30 0 * * * *', '2026-05-01T12:00:29.999Z', '2026-05-01T12:00:30.000Z'],
  ['0 */5 * * * 1-5', '2026-05-01T23:55:00.000Z', '2026-05-04T00:00:00.000Z'],
  ['0 30 6-18 * * 1-5', '2026-04-30T18:30:00.000Z', '2026-05-01T06:30:00.000Z'],
  ['0 0 2 13 * 5', '2026-05-01T00:00:00.000Z', '2026-11-13T02:00:00.000Z'],
  ['0 0 2 29 2 0', '2026-05-01T00:00:00.000Z', '2032-02-29T02:00:00.000Z'],
  ['0 0 2 30 2 *', '2026-05-01T00:00:00.000Z', undefined],
  ['', '2026-05-01T00:00:00.000Z', undefined],
] as const)('%s ticks first after %s at %s', ([schedule, after, expected]) => {
  const tick = tickAfter(schedule, Date.parse(after));
  expect(tick === undefined ? undefined : new Date(tick).toISOString()).toBe(expected);
});
