import { describe, expect, test } from 'vitest';
import { FatalError, NewerReleaseError } from '../../../src/lib/errors.ts';
import { newWindow } from '../../../src/lib/pipeline/new-window.ts';
import { parseWakeUp } from '../../../src/lib/pipeline/wake-up.ts';
import { parseWorkItem, sendAll } from '../../../src/lib/pipeline/work-item.ts';

const ITEM = { version: 1, stream: 'edr-events', run: 'live', window: 'w' };
const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

describe('a message of the work queue', () => {
  test('is read, without what a newer release has added', () => {
    expect(parseWorkItem({ ...ITEM, traceparent: TRACE, more: 1 })).toEqual({ ...ITEM, traceparent: TRACE });
    expect(parseWorkItem(ITEM)).toEqual(ITEM);
  });

  test.for([
    ['no object', 'text'],
    ['nothing', null],
    ['no version', { ...ITEM, version: undefined }],
    ['a version before the first', { ...ITEM, version: 0 }],
    ['a version that is no number', { ...ITEM, version: '2' }],
    ['no stream', { ...ITEM, stream: '' }],
    ['no run', { ...ITEM, run: '' }],
    ['no window', { ...ITEM, window: '' }],
    ['a stream that is too long', { ...ITEM, stream: 's'.repeat(101) }],
    ['a run that is too long', { ...ITEM, run: 'r'.repeat(101) }],
    ['a window that is too long', { ...ITEM, window: 'w'.repeat(501) }],
    ['text before its trace', { ...ITEM, traceparent: `x${TRACE}` }],
    ['text behind its trace', { ...ITEM, traceparent: `${TRACE}x` }],
    ['a version that no release can have', { ...ITEM, version: 1e300 }],
  ] as const)('with %s is none of ours', ([, message]) => {
    expect(() => parseWorkItem(message)).toThrow(FatalError);
  });

  test('of a newer version is left for who reads it', () => {
    expect(() => parseWorkItem({ version: 2 })).toThrow(NewerReleaseError);
    expect(() => parseWakeUp({ version: 2 })).toThrow(NewerReleaseError);
  });

  test('that is none says which field, and no more than a line can hold', () => {
    expect(() => parseWorkItem({ ...ITEM, stream: '', run: '' })).toThrow(/: stream: .*; run: /);
    expect(() => parseWorkItem('text')).toThrow(/: message: /);
    expect(() => parseWakeUp({ version: 1, stream: '' })).toThrow(/: stream: /);
    expect(() => parseWakeUp('text')).toThrow(/: message: /);
  });
});

test('a wake-up is of one stream, whose name is neither empty nor endless', () => {
  expect(parseWakeUp({ version: 1, stream: 's', more: 1 })).toEqual({ version: 1, stream: 's' });
  expect(() => parseWakeUp({ version: 1, stream: '' })).toThrow(FatalError);
  expect(() => parseWakeUp({ version: 1, stream: 's'.repeat(101) })).toThrow(FatalError);
});

test('many windows are queued in their order, some at once', async () => {
  const now = new Date('2026-05-01T12:00:00Z');
  const windows = Array.from({ length: 40 }, (_, at) => {
    const slice = String(at);
    return newWindow(
      { stream: 's', run: 'live', from: '2026-05-01T10:00:00Z', to: '2026-05-01T10:15:00Z', slice },
      now,
    );
  });
  const sent: string[] = [];
  let [atOnce, most] = [0, 0];
  const send = async ({ window }: { window: string }): Promise<void> => {
    sent.push(window);
    most = Math.max(most, ++atOnce);
    await new Promise(setImmediate);
    atOnce--;
  };
  await sendAll({ send }, windows);
  expect(sent).toEqual(windows.map(({ key }) => key));
  expect(most).toBe(16);
});
