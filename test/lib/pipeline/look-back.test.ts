import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createTableCheckpointStore } from '../../../src/lib/azure/table-checkpoint-store.ts';
import { lateSlice, ledgersFrom, loadKeys, planLook, readPast } from '../../../src/lib/pipeline/look-back.ts';
import { newWindow } from '../../../src/lib/pipeline/new-window.ts';
import type { WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import { testStorage, uniqueName } from '../../support/storage.ts';

const NOW = new Date('2026-05-03T12:00:00.700Z');
const SECOND = NOW.getTime() / 1000 - 0.7;
const WATERMARK = '2026-05-03T11:45:00Z';
const PLAN = { watermark: WATERMARK, start: '2026-04-01T00:00:00Z' };

/** A row from one time of the third of May to another; a time of another day says so. */
function row(from: string, to: string, changes: Partial<WindowRecord> = {}, stream = 's'): WindowRecord {
  const [first, last] = [from, to].map((time) => `2026-05-${time.includes('T') ? time : `03T${time}`}:00Z`);
  const { slice } = changes;
  const window = { stream, run: 'live', from: first ?? '', to: last ?? '', ...(slice === undefined ? {} : { slice }) };
  return { ...newWindow(window, NOW), state: 'closed', ...changes };
}

/** A look of so many hours before now, which ended at a time. */
const look = (hours: number, to: string, state: WindowRecord['state'] = 'closed'): WindowRecord =>
  row('02T00:00', to, { slice: `look.${SECOND - hours * 3600}`, state });

describe('the next look', () => {
  test('is over the day before the watermark, and numbered by the second', () => {
    expect(planLook([], PLAN, NOW)).toEqual({
      from: '2026-05-02T11:45:00Z',
      to: WATERMARK,
      slice: `look.${SECOND}`,
    });
  });

  test('is over the day before the end of the last one, so that an outage leaves out nothing', () => {
    const records = [look(30, '02T05:00'), look(40, '01T20:00'), look(1, '03T10:00', 'planned')];
    expect(planLook(records.slice(0, 2), PLAN, NOW)?.from).toBe('2026-05-01T05:00:00Z');
    expect(planLook(records, PLAN, NOW)).toBeUndefined();
  });

  test('goes back seven days at most, and not before the stream began', () => {
    const old = row('02T00:00', '02T00:00', { slice: 'look.1', to: '2026-04-20T00:00:00Z' });
    expect(planLook([old], PLAN, NOW)?.from).toBe('2026-04-26T11:45:00Z');
    expect(planLook([old], { ...PLAN, start: '2026-05-03T01:00:00Z' }, NOW)?.from).toBe('2026-05-03T01:00:00Z');
  });

  test('is none where nothing has been read yet', () => {
    expect(planLook([], { ...PLAN, start: WATERMARK }, NOW)).toBeUndefined();
  });

  test('does not wait for what reads what was found, nor for windows', () => {
    const open = [
      row('11:45', '12:00', { state: 'running' }),
      row('10:00', '11:00', { slice: 'late.5-0', state: 'planned' }),
    ];
    expect(planLook(open, PLAN, NOW)).toBeDefined();
  });
});

describe('ledgers are kept', () => {
  test('for the next look', () => {
    expect(ledgersFrom([], WATERMARK)).toBe('2026-05-02T11:45:00Z');
    expect(ledgersFrom([look(2, '03T10:00')], WATERMARK)).toBe('2026-05-02T10:00:00Z');
  });

  test('for a look and for a late row as long as they are open', () => {
    const since = { from: '2026-04-30T00:00:00Z' };
    for (const slice of ['look.5', 'late.5-0']) {
      const open = row('10:00', '11:00', { slice, state: 'planned', ...since });
      expect(ledgersFrom([open], WATERMARK)).toBe(since.from);
    }
    const other = row('10:00', '11:00', { state: 'planned', from: '2026-04-30T00:00:00Z', to: '2026-04-30T01:00:00Z' });
    expect(ledgersFrom([other], WATERMARK)).toBe('2026-05-02T11:45:00Z');
  });

  test('of a window that reaches into that time', () => {
    const [behind, reaching] = [row('02T11:00', '02T11:45'), row('02T11:30', '02T11:46')];
    expect(ledgersFrom([behind], WATERMARK)).toBe('2026-05-02T11:45:00Z');
    expect(ledgersFrom([behind, reaching], WATERMARK)).toBe('2026-05-02T11:30:00Z');
  });
});

describe('what a look goes by', () => {
  async function setUp() {
    const store = createTableCheckpointStore(await testStorage());
    const stream = uniqueName();
    const put = async (from: string, to: string, changes: Partial<WindowRecord> = {}): Promise<WindowRecord> => {
      const record = row(from, to, changes, stream);
      await store.insertWindows([record]);
      return (await store.readWindow(stream, 'live', record.key))!;
    };
    const note = async (record: WindowRecord, name: string): Promise<string> => {
      const key = randomBytes(16);
      await store.saveWindow(record, { [name]: key });
      return key.toString('latin1');
    };
    return { store, put, note };
  }

  test('is when was looked before it, and the rows over its time: what they kept, or where they stand', async () => {
    const { store, put } = await setUp();
    const closed = { closedAt: '2026-05-03T11:30:00Z', witness: { held: 3 } };
    await put('09:00', '10:00', closed);
    const own = await put('10:00', '11:00', { slice: `look.${SECOND}`, state: 'running', cursor: 1 });
    await put('09:00', '12:00', { slice: `look.${SECOND - 7200}`, ...closed });
    await put('09:00', '12:00', { slice: `look.${SECOND - 3600}`, state: 'running' });
    await put('09:00', '12:00', { slice: `look.${SECOND + 3600}`, ...closed });
    await put('09:45', '10:15', { slice: 'type.file', ...closed });
    await put('10:15', '10:30', { ...closed, state: 'running', cursor: { page: 2 } });
    await put('10:30', '10:45', { state: 'waived', closedAt: closed.closedAt });
    await put('10:45', '11:00', { slice: 'late.5-0', state: 'planned' });
    await put('11:00', '12:00', closed);
    const { lookedAt, lookedTo, windows } = await readPast(own, store);
    expect(lookedAt).toBe((SECOND - 7200) * 1000);
    expect(lookedTo).toBe(Date.parse('2026-05-03T12:00:00Z'));
    const times = { key: expect.any(String) as string };
    expect(windows).toStrictEqual([
      {
        ...times,
        from: '2026-05-03T09:45:00Z',
        to: '2026-05-03T10:15:00Z',
        slice: 'type.file',
        read: { at: closed.closedAt, witness: { held: 3 } },
      },
      { ...times, from: '2026-05-03T10:15:00Z', to: '2026-05-03T10:30:00Z', cursor: { page: 2 } },
      { ...times, from: '2026-05-03T10:30:00Z', to: '2026-05-03T10:45:00Z' },
      { ...times, from: '2026-05-03T10:45:00Z', to: '2026-05-03T11:00:00Z', slice: 'late.5-0' },
    ]);
    const first = await readPast(await put('10:00', '10:10', { slice: 'look.5' }), store);
    expect(first).toMatchObject({ lookedAt: 0, lookedTo: 0 });
  });

  test('are the ledgers of these rows, from the first of them on', async () => {
    const { store, put, note } = await setUp();
    const early = await put('09:30', '10:15');
    const key = await note(early, 'hosts');
    await note(await put('11:00', '12:00'), 'hosts');
    const own = await put('10:00', '11:00', { slice: 'look.5', state: 'running' });
    const { keys } = await readPast(own, store);
    expect(await keys('hosts')).toEqual(new Map([[early.key, new Set([key])]]));
    expect(await keys('other')).toEqual(new Map());
  });

  test('what reads late records knows the rows that any window over its time has sent; no other window does', async () => {
    const { store, put, note } = await setUp();
    const window = await put('10:00', '10:30');
    const [sent, fetched] = [await note(window, 'uploaded'), await note(window, 'fetched')];
    const late = await put('10:15', '10:20', { slice: lateSlice({ slice: 'look.5' }, 0), state: 'running' });
    const own = await note(late, 'uploaded');
    expect(late.slice).toBe('late.5-0');
    expect(await loadKeys(late, 'uploaded', store)).toEqual(new Set([own, sent]));
    expect(await loadKeys(late, 'fetched', store)).toEqual(new Set());
    expect(await loadKeys(window, 'fetched', store)).toEqual(new Set([fetched]));
    const other = await put('10:15', '10:20', { state: 'running' });
    expect(await loadKeys(other, 'uploaded', store)).toEqual(new Set());
  });
});
