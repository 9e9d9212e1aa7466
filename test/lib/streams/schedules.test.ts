import { expect, test } from 'vitest';
import { settingsSchema } from '../../../src/lib/config.ts';
import { STREAMS } from '../../../src/lib/streams/index.ts';
import { SCHEDULES } from '../../../src/lib/streams/schedules.ts';

test('every stream has a schedule, in a setting of its own', () => {
  expect(SCHEDULES.map(({ stream }) => stream)).toEqual(STREAMS.map(({ name }) => name));
  expect(new Set(SCHEDULES.map(({ setting }) => setting)).size).toBe(STREAMS.length);
});

test.each(SCHEDULES)('the default of $setting is that of the settings', ({ setting, default: schedule }) => {
  expect(settingsSchema.shape[setting].parse(undefined)).toBe(schedule);
});
