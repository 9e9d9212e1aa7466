import { describe, expect, test } from 'vitest';
import { failWindow, retryWindow, waiveWindow } from '../../../src/lib/pipeline/operate-window.ts';
import type { WindowRecord, WorkItem } from '../../../src/lib/pipeline/ports.ts';
import { pagedStream, setUp } from '../../support/pipeline.ts';

async function open(changes: Partial<WindowRecord>) {
  const { stream } = pagedStream(1);
  const bench = await setUp(stream);
  const record = await bench.open('2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z', changes);
  const item: WorkItem = { version: 1, stream: stream.name, run: 'live', window: record.key };
  return { bench, item, read: () => bench.read(record), process: () => bench.process(record) };
}

const IN_WORK = { state: 'running', claim: { owner: 'worker', until: '2026-05-01T12:01:00Z' } } as const;

describe('retrying', () => {
  test.for(['failed', 'incomplete', 'planned'] as const)('a %s window puts it in the queue at once', async (state) => {
    const { bench, item, read, process } = await open({ state, attempts: 12, notBefore: '2026-05-02T00:00:00Z' });
    expect(await retryWindow(item, bench.deps)).toMatchObject({ state: 'planned', attempts: 0 });
    expect(bench.queue.sent).toEqual([{ item, delaySeconds: 0 }]);
    await process();
    expect((await read())?.state).toBe('closed');
  });

  test.for([{ state: 'closed' }, { state: 'waived' }, IN_WORK] as const)('%j changes nothing', async (changes) => {
    const { bench, item, read } = await open(changes);
    const before = await read();
    expect(await retryWindow(item, bench.deps)).toBeUndefined();
    expect(await read()).toEqual(before);
    expect(bench.queue.sent).toEqual([]);
  });
});

describe('waiving', () => {
  test('a failed window gives it up', async () => {
    const { bench, item, read, process } = await open({ state: 'failed', lastError: '1905' });
    expect(await waiveWindow(item, bench.deps)).toMatchObject({ state: 'waived' });
    await process();
    expect(await read()).toMatchObject({ state: 'waived', lastError: '1905' });
  });

  test('an incomplete window takes note of it', async () => {
    const { bench, item, read } = await open({ state: 'incomplete' });
    await waiveWindow(item, bench.deps);
    expect(await read()).toMatchObject({ state: 'incomplete', acknowledged: true });
  });

  test.for([{ state: 'closed' }, IN_WORK] as const)('%j changes nothing', async (changes) => {
    const { bench, item, read } = await open(changes);
    const before = await read();
    expect(await waiveWindow(item, bench.deps)).toBeUndefined();
    expect(await read()).toEqual(before);
  });
});

describe('failing by the poison queue', () => {
  test('makes the window visible and due at once, and keeps the first reason', async () => {
    const { bench, item, read } = await open({ state: 'running', lastError: 'out of memory' });
    expect(await failWindow(item, 'poisoned', bench.deps)).toBe(true);
    expect(await read()).toMatchObject({ state: 'failed', attempts: 1, lastError: 'out of memory' });
  });

  test.for([{ state: 'closed' }, IN_WORK] as const)('%j changes nothing', async (changes) => {
    const { bench, item } = await open(changes);
    expect(await failWindow(item, 'poisoned', bench.deps)).toBe(false);
    expect(await failWindow({ ...item, window: 'gone' }, 'poisoned', bench.deps)).toBe(false);
  });
});
