import { expect, test } from 'vitest';
import { parseSettings } from '../../../../src/lib/config.ts';
import type { Outcome, WindowTask } from '../../../../src/lib/pipeline/stream.ts';
import { hearCount } from '../../../../src/lib/streams/edr-events/count-memory.ts';
import { firstCursor, queryOf, type EdrCursor } from '../../../../src/lib/streams/edr-events/edr-cursor.ts';
import { splitWindow } from '../../../../src/lib/streams/edr-events/split-window.ts';
import { keptLog } from '../../../support/pipeline.ts';
import { LEAST_SETTINGS } from '../../../support/settings.ts';

const WINDOW = { stream: 'edr-events', run: 'live', from: '2026-05-01T10:00:00Z', to: '2026-05-01T10:15:00Z' };
const settings = parseSettings(LEAST_SETTINGS);

/** Splits a window in which so many events were counted; the pieces are counted by `count`. */
async function split(expected: number, count: () => number, from: Partial<EdrCursor> = {}) {
  const task = { window: WINDOW, log: keptLog().log } as unknown as WindowTask;
  const counted = hearCount(undefined, expected);
  const cursor = { ...firstCursor({ query: queryOf(WINDOW, settings), counted, read: 0 }, settings), ...from };
  const steps = splitWindow({ task, settings, count: () => Promise.resolve(count()) }, cursor);
  const cursors: EdrCursor[] = [];
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return { outcome: step.value as Extract<Outcome, { kind: 'split' }> | undefined, cursors };
    cursors.push(step.value.cursor as unknown as EdrCursor);
  }
}

test('a window is cut into no more pieces than one transaction takes, each with its count', async () => {
  const { outcome } = await split(1_000_000, () => 20_000);
  expect(outcome?.slices).toHaveLength(64);
  expect(outcome?.slices[0]?.from).toBe(WINDOW.from);
  expect(outcome?.slices.at(-1)?.to).toBe(WINDOW.to);
  for (const { cursor } of outcome?.slices ?? []) expect(cursor).toMatchObject({ counted: { greatest: 20_000 } });
});

test('counting the pieces goes on where it stopped', async () => {
  const whole = await split(40_000, () => 5000);
  const stopped = whole.cursors[4];
  let calls = 0;
  const count = (): number => {
    calls++;
    return 5000;
  };
  const { outcome } = await split(40_000, count, { pieces: stopped?.pieces ?? [] });
  expect(calls).toBe((outcome?.slices.length ?? 0) - 5);
  expect(outcome?.slices).toEqual(whole.outcome?.slices);
});

test('pieces that hold less than was counted are refused', async () => {
  const { outcome } = await split(40_000, () => 4999);
  expect(outcome).toBeUndefined();
});
