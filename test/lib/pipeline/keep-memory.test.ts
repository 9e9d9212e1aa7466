import { describe, expect, test } from 'vitest';
import { NO_CAUSES, type Causes } from '../../../src/lib/cost/causes.ts';
import { keepMemory } from '../../../src/lib/pipeline/keep-memory.ts';
import { newWindow } from '../../../src/lib/pipeline/new-window.ts';
import type { WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import type { RecordMemory } from '../../../src/lib/pipeline/record-memory.ts';
import type { Progress } from '../../../src/lib/pipeline/stream.ts';
import { createMemoryStore } from '../../faults/memory-store.ts';

const PLANNED = new Date('2026-05-01T12:00:00Z');
const WINDOW = { stream: 's', run: 'live', from: '2026-05-01T10:00:00Z', to: '2026-05-01T11:00:00Z' };

/** A keeper over a memory that tells what was done to it. */
function start(running: readonly Partial<WindowRecord>[] = []) {
  const acts: string[] = [];
  const memory: RecordMemory = {
    open: () =>
      Promise.resolve({
        recall: () => Promise.resolve(),
        known: () => undefined,
        recallItems: () => Promise.resolve(new Map()),
        rememberItems: (items) => Promise.resolve(void acts.push(`items ${[...items.keys()].join()}`)),
        doubt: (ids) => Promise.resolve(void acts.push(`doubt ${[...ids].join()}`)),
        remember: (digests) => Promise.resolve(void acts.push(`remember ${[...digests].join(' ')}`)),
      }),
    leave: () => Promise.resolve(void acts.push('leave')),
    forget: () => Promise.resolve(),
  };
  const record = newWindow(WINDOW, PLANNED);
  const others = running.map((change) => ({
    ...newWindow({ ...WINDOW, from: '2026-05-01T09:00:00Z', to: WINDOW.from }, PLANNED),
    startedAt: '2026-05-01T11:59:00.000Z',
    ...change,
  }));
  const store = { ...createMemoryStore(), listRunning: () => Promise.resolve([record, ...others]) };
  const noteCauses = (stream: string, { changed }: Causes) => void acts.push(`${stream} ${changed} changed`);
  return { acts, keeper: keepMemory({ record }, { memory, store, noteCauses }) };
}

function step(touched: string, whole: string, pageDone = false): Progress {
  const digests = new Map(whole.split(' ').map((id) => [id, `of ${id}`]));
  return { cursor: null, pageDone, sent: { touched: touched.split(' '), whole: whole === '' ? new Map() : digests } };
}

describe('a page', () => {
  test('has each of its records doubted once, and all remembered at its end', async () => {
    const { acts, keeper } = start();
    await keeper.sent?.open('scope');
    for (const each of [step('1 2', '1'), step('2 3', '2 3', true), step('2', '2', true)]) {
      await keeper.before(each);
      await keeper.after(each, 0);
    }
    expect(acts).toEqual(['doubt 1,2', 'doubt 3', 'remember 1,of 1 2,of 2 3,of 3', 'doubt 2', 'remember 2,of 2']);
  });

  test('of which a row became a dead letter leaves its records forgotten, in whichever chunk they end', async () => {
    const { acts, keeper } = start();
    await keeper.sent?.open('scope');
    for (const [each, deadLetters] of [
      [step('1 2', '1'), 1],
      [step('2 3', '2 3', true), 0],
    ] as const) {
      await keeper.before(each);
      await keeper.after(each, deadLetters);
    }
    expect(acts).toEqual(['doubt 1,2', 'doubt 3', 'remember 3,of 3']);
  });

  test('leaves one forgotten that came in parts, also of which a part was whole in a chunk before', async () => {
    const { acts, keeper } = start();
    await keeper.sent?.open('scope');
    const again = step('2 3', '3', true);
    const whole = new Map([...(again.sent?.whole ?? []), ['2', undefined]] as const);
    for (const each of [step('1 2', '1 2'), { ...again, sent: { touched: ['2', '3'], whole } }]) {
      await keeper.before(each);
      await keeper.after(each, 0);
    }
    expect(acts).toEqual(['doubt 1,2', 'doubt 3', 'remember 1,of 1 3,of 3']);
  });

  test('has why its records were sent told once they are accepted, where it is remembered', async () => {
    const { acts, keeper } = start();
    const each = { cursor: null, sent: { touched: [], whole: new Map(), causes: { ...NO_CAUSES, changed: 2 } } };
    await keeper.before(each);
    await keeper.after(each, 0);
    expect(acts).toEqual([]);
    await keeper.sent?.open('scope');
    await keeper.before(each);
    expect(acts).toEqual([]);
    await keeper.after(each, 0);
    expect(acts).toEqual(['s 2 changed']);
  });

  test('without rows, or of a stream that remembers nothing, does nothing', async () => {
    const { acts, keeper } = start();
    for (const each of [{ cursor: null, pageDone: true }, step('1', '1', true)]) {
      await keeper.before(each);
      await keeper.after(each, 0);
    }
    await keeper.sent?.leave();
    expect(acts).toEqual(['leave']);
  });
});

describe('another window is read beside', () => {
  const isRead = (other: Partial<WindowRecord>, overlaps = () => true): Promise<boolean> | undefined =>
    start([other]).keeper.sent?.isReadBeside(overlaps);

  test.for([
    ['taken up before this one was planned', {}, true],
    ['of a backfill', { run: 'backfill-1', from: WINDOW.from, to: WINDOW.to }, true],
    ['of which nobody knows when it was taken up', { startedAt: undefined }, true],
    ['taken up so shortly after that a clock may be wrong', { startedAt: '2026-05-01T12:00:59.000Z' }, true],
    ['taken up later', { startedAt: '2026-05-01T12:01:01.000Z' }, false],
    ['another slice of this one', { from: WINDOW.from, to: WINDOW.to, slice: 'ids.5-' }, false],
    ['of late records of the same time', { from: WINDOW.from, to: WINDOW.to, slice: 'late.7-0' }, true],
    ['a look, which sends nothing', { slice: 'look.7' }, false],
  ] as const)('%s', async ([, other, expected]) => {
    expect(await isRead(other as Partial<WindowRecord>)).toBe(expected);
  });

  test('over other ids', async () => {
    expect(await isRead({ slice: 'ids.5-' }, () => false)).toBe(false);
  });
});
