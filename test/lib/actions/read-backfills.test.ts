import { expect, test } from 'vitest';
import { readBackfills } from '../../../src/lib/actions/read-backfills.ts';
import type { BackfillRecord, WindowRecord } from '../../../src/lib/pipeline/ports.ts';

const BACKFILL = { id: 'b-1', stream: 'vm-detections', status: 'running', updatedAt: '2026-05-01T10:00:00.000Z' };

/** When the backfill was fed by, of a window with these changes. */
async function fedBy(schedule: string, window: Partial<WindowRecord>): Promise<string | undefined> {
  const store = {
    listBackfills: () => Promise.resolve([BACKFILL as BackfillRecord]),
    listWindows: () => Promise.resolve([{ state: 'planned', ...window } as WindowRecord]),
  };
  // That of another stream would have fed it within the minute.
  const { stands } = await readBackfills(store, (name) => (name === BACKFILL.stream ? schedule : '* * * * * *'));
  return stands[0]?.fedBy;
}

// 1 May 2026 is a Friday.
test.for([
  ['0 */30 * * * *', { progressAt: '2026-05-01T12:10:00.000Z' }, '2026-05-01T13:00:00.000Z'],
  ['0 */30 * * * 1-5', { progressAt: '2026-05-01T12:10:00.000Z' }, '2026-05-01T13:00:00.000Z'],
  ['0 */30 * * * 1-5', { progressAt: '2026-05-01T23:40:00.000Z' }, '2026-05-04T00:30:00.000Z'],
  ['0 */30 * * * *', { progressAt: '2026-05-01T09:00:00.000Z' }, '2026-05-01T11:00:00.000Z'],
  ['no schedule', { progressAt: '2026-05-01T12:10:00.000Z' }, '2026-05-01T12:10:00.000Z'],
] as const)(
  'a backfill counts as fed with the second tick that was due since it moved: %s',
  async ([schedule, window, time]) => {
    expect(await fedBy(schedule, window)).toBe(time);
  },
);

test('a backfill counts as fed with the second tick since something of it was due', async () => {
  const window = { progressAt: '2026-05-01T12:10:00.000Z', notBefore: '2026-05-01T15:00:00.000Z' };
  expect(await fedBy('0 */30 * * * *', window)).toBe('2026-05-01T16:00:00.000Z');
  expect(await fedBy('0 */30 * * * *', { ...window, state: 'closed' })).toBe('2026-05-01T13:00:00.000Z');
});
