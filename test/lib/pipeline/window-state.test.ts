import { expect, test } from 'vitest';
import { newWindow, windowsOf } from '../../../src/lib/pipeline/new-window.ts';
import type { WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import * as state from '../../../src/lib/pipeline/window-state.ts';

const NOW = new Date('2026-05-01T12:00:00Z');
const LATER = new Date('2026-05-01T13:00:00Z');

function open(changes: Partial<WindowRecord> = {}): WindowRecord {
  const bounds = { from: '2026-05-01T10:00:00Z', to: '2026-05-01T10:15:00Z' };
  return { ...newWindow({ stream: 'a-stream', run: 'live', ...bounds, isFirst: true }, NOW), ...changes };
}

test('a step that could not be stored is taken back whole, but for the calls and the claim of meanwhile', () => {
  const record = open({ cursor: 1, attempts: 2, waits: 1, readFailures: 3, lastError: 'reset', repair: 'settings' });
  const before = structuredClone(record);
  const step = {
    ...{ cursor: 2, pageDone: true, fetched: 5, parts: 7, outside: 1, repaired: 1, listed: 9, expected: 5 },
    ...{ witness: { held: 5 }, missingSeconds: 60 },
  };
  const takeBack = state.book(record, step, 2);
  expect(record).toMatchObject({
    ...{ cursor: 2, attempts: 0, waits: 0, witness: { held: 5 } },
    counts: { pages: 1, fetched: 5, deadLetters: 2, missingSeconds: 60, listed: 9, expected: 5 },
  });
  expect(record).not.toHaveProperty('readFailures');
  state.countCall(record);
  state.hold(record, 'me', LATER, 1000);
  takeBack();
  expect(record).toStrictEqual({
    ...before,
    counts: { ...before.counts, calls: 1 },
    progressAt: LATER.toISOString(),
    claim: { owner: 'me', until: '2026-05-01T13:00:01.000Z' },
  });
});

test('a page that is not whole leaves what was wrong before', () => {
  const record = open({ attempts: 2, lastError: 'reset', readFailures: 1 });
  state.book(record, { cursor: 2, fetched: 1 }, 0);
  expect(record).toMatchObject({ attempts: 2, lastError: 'reset', readFailures: 1, counts: { pages: 0, fetched: 1 } });
  expect(record).not.toHaveProperty('witness');
  for (const name of ['deadLetters', 'missingSeconds']) expect(record.counts).not.toHaveProperty(name);
});

test('of the rows that were late the longest that one was missing counts', () => {
  const record = open();
  for (const missingSeconds of [30, 90, 60]) state.book(record, { cursor: 2, missingSeconds }, 0);
  expect(record.counts.missingSeconds).toBe(90);
});

test('a window that has ended is held by nobody, waits for nothing and has no cursor', () => {
  const record = open({ cursor: 4, notBefore: NOW.toISOString(), lastError: 'reset', repair: 'account', attempts: 3 });
  state.start(record, NOW);
  state.hold(record, 'me', NOW, 1000);
  state.close(record, LATER);
  expect(record).toMatchObject({ state: 'closed', attempts: 0, closedAt: LATER.toISOString() });
  for (const name of ['cursor', 'claim', 'notBefore', 'lastError', 'repair']) expect(record).not.toHaveProperty(name);
});

test('the time of an outage does not bring a window nearer to being closed as incomplete, an ordinary wait does', () => {
  const record = open({ shortSince: NOW.toISOString(), startedOver: true });
  const wait = { state: 'planned', attempts: 0, delayMs: 60_000 } as const;
  state.noteRecovery(record, { ...wait, wait: 'asked' });
  expect(record).toMatchObject({ waits: 1, shortSince: NOW.toISOString(), startedOver: true });
  state.noteRecovery(record, { ...wait, wait: 'outage', lastError: 'no answer' });
  expect(record).toMatchObject({ waits: 1, shortSince: '2026-05-01T12:01:00.000Z', lastError: 'no answer' });
  // What runs out in it may be begun anew each time.
  expect(record).not.toHaveProperty('startedOver');
});

test('a window that has to wait before anything was asked for it counts as taken up later, but not while it waits for a repair', () => {
  const wait = { state: 'planned', attempts: 0, delayMs: 60_000, wait: 'outage' } as const;
  const startedAfter = (calls: number, repair?: 'account'): string | undefined => {
    const record = open();
    state.start(record, NOW);
    for (let call = 0; call < calls; call++) state.countCall(record);
    state.noteRecovery(record, { ...wait, lastError: 'full', ...(repair === undefined ? {} : { repair }) });
    state.start(record, LATER);
    return record.startedAt;
  };
  expect(startedAfter(0)).toBe(LATER.toISOString());
  expect(startedAfter(1)).toBe(NOW.toISOString());
  expect(startedAfter(0, 'account')).toBe(NOW.toISOString());
});

test('what is retried lets pass only what the last retry said', () => {
  const record = open({ state: 'failed', notBefore: LATER.toISOString(), attempts: 5 });
  state.retry(record, NOW, 'dead-letters');
  expect(record).toMatchObject({
    state: 'planned',
    attempts: 0,
    acceptsDeadLetters: true,
    queuedAt: NOW.toISOString(),
  });
  for (const name of ['notBefore', 'acceptsOutside']) expect(record).not.toHaveProperty(name);
  state.retry(record, NOW, 'outside');
  expect(record).toMatchObject({ acceptsOutside: true });
  expect(record).not.toHaveProperty('acceptsDeadLetters');
});

test('a split leaves what was uploaded and counted with the first slice, and the first of its run there as well', () => {
  const record = open({ counts: { pages: 2, calls: 3, rows: 50, fetched: 40, expected: 90, listed: 30 } });
  const at = '2026-05-01T10:07:00Z';
  const slices = [
    { from: record.from, to: at, listed: 12 },
    { from: at, to: record.to, listed: 8 },
  ];
  const [first, second] = windowsOf(record, slices, LATER);
  expect(first).toMatchObject({ isFirst: true, counts: { pages: 2, calls: 3, rows: 50, fetched: 40, listed: 22 } });
  expect(first!.counts).not.toHaveProperty('expected');
  expect(second).toMatchObject({ counts: { pages: 0, calls: 0, rows: 0, fetched: 0, listed: 8 } });
  expect(second).not.toHaveProperty('isFirst');
});

test.for(['planned', 'failed'] as const)(
  'what is given up until later counts as queued where its item is: %s',
  (is) => {
    const record = open({ queuedAt: NOW.toISOString(), claim: { owner: 'me', until: LATER.toISOString() } });
    state.handOver(record, LATER, 60_000, is);
    expect(record.queuedAt).toBe(is === 'planned' ? LATER.toISOString() : undefined);
    expect(record).toMatchObject({ state: is, notBefore: '2026-05-01T13:01:00.000Z' });
    expect(record).not.toHaveProperty('claim');
  },
);
