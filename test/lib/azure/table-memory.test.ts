import { describe, expect, test } from 'vitest';
import { TABLE_NAMES } from '../../../src/lib/azure/names.ts';
import { createTableMemory } from '../../../src/lib/azure/table-memory.ts';
import { WaitError } from '../../../src/lib/errors.ts';
import type { OpenMemory } from '../../../src/lib/pipeline/record-memory.ts';
import { fixedClock } from '../../support/pipeline.ts';
import { testStorage, uniqueName } from '../../support/storage.ts';

const HOUR_MS = 3_600_000;
const digestOf = (text: string): string => Buffer.from(text).toString('hex').padEnd(32, '0').slice(0, 32);

async function start() {
  const storage = await testStorage();
  const clock = fixedClock();
  const stream = uniqueName('memory');
  const memory = createTableMemory(storage, clock.now);
  return {
    clock,
    stream,
    memory,
    /** A worker that begins now; an hour has passed since the last one did. */
    begin: async (scope = 'scope') => {
      clock.forward(2 * HOUR_MS);
      return memory.open(stream, scope);
    },
    /** What a worker that begins later finds of a record. */
    look: async (id: string, scope = 'scope') => {
      const open = await memory.open(stream, scope);
      await open.recall([BigInt(id)]);
      return open.known(id)?.digest;
    },
    etags: async () => {
      const found: unknown[] = [];
      const filter = `PartitionKey eq '${stream}'`;
      for await (const row of storage.table(TABLE_NAMES.memory).listEntities({ queryOptions: { filter } }))
        found.push([row.rowKey, row.etag]);
      return found;
    },
  };
}

async function send(open: OpenMemory, id: string, state: string): Promise<void> {
  await open.doubt([id]);
  await open.remember(new Map([[id, digestOf(state)]]));
}

describe('what is remembered', () => {
  test('is found by another worker, in one row for neighbours, however far apart ids lie', async () => {
    const { begin, etags, look } = await start();
    const ids = ['7', '255', '256', '1000000', '9223372036854775807'];
    const open = await begin();
    await open.doubt(ids);
    await open.remember(new Map(ids.map((id) => [id, digestOf(id)])));
    for (const id of ids) expect(await look(id)).toBe(digestOf(id));
    expect(await look('8')).toBeUndefined();
    // A row of the ids 0 to 255, three others, and the state.
    expect(await etags()).toHaveLength(5);
  });

  test('is of no use to another scope, and void for its own once that has written', async () => {
    const { begin, look } = await start();
    await send(await begin(), '1', 'a');
    await send(await begin(), '2', 'a');
    expect(await look('1', 'other')).toBeUndefined();
    await send(await begin('other'), '1', 'b');
    expect(await look('1', 'other')).toBe(digestOf('b'));
    expect(await look('2')).toBeUndefined();
  });

  test('is written only where something changes', async () => {
    const { begin, etags } = await start();
    await send(await begin(), '1', 'a');
    const before = await etags();
    const open = await begin();
    await open.recall([1n, 2n]);
    await open.remember(new Map([['1', digestOf('b')]]));
    expect(await etags()).toEqual(before);
  });

  test('holds a thousand records in as many rows, and changes them in one go', async () => {
    const { begin, look } = await start();
    const ids = Array.from({ length: 1000 }, (_, index) => String(index * 300));
    const open = await begin();
    await open.doubt(ids);
    await open.remember(new Map(ids.map((id) => [id, digestOf(id)])));
    for (const id of [ids[0], ids[500], ids[999]]) expect(await look(id ?? '')).toBe(digestOf(id ?? ''));
  });

  test('is forgotten by id or as a whole, and nothing a worker remembers that began before counts then', async () => {
    const { begin, look, memory, stream } = await start();
    for (const id of ['1', '2']) await send(await begin(), id, 'a');
    const open = await begin();
    await open.doubt(['2']);
    await memory.forget(stream, [1n, 2n, 3n]);
    await open.remember(new Map([['2', digestOf('b')]]));
    expect([await look('1'), await look('2')]).toEqual([undefined, undefined]);
    await send(await begin(), '1', 'a');
    const late = await begin();
    await late.recall([1n]);
    expect(late.known('1')?.digest).toBe(digestOf('a'));
    await memory.forget(stream);
    await late.recall([1n]);
    expect(late.known('1')).toBeUndefined();
    await send(late, '2', 'a');
    expect([await look('1'), await look('2')]).toEqual([undefined, undefined]);
  });

  test('is left for good: whoever sends without it makes it void once', async () => {
    const { begin, look, memory, stream } = await start();
    await send(await begin(), '1', 'a');
    await memory.leave(stream);
    await memory.leave(stream);
    expect(await look('1')).toBeUndefined();
  });
});

describe('a record of two workers', () => {
  test('becomes known to neither while both are sending it', async () => {
    const { begin, look } = await start();
    const one = await begin();
    await one.doubt(['1']);
    const other = await begin();
    await one.doubt(['1']);
    await other.doubt(['1']);
    await other.remember(new Map([['1', digestOf('b')]]));
    await one.remember(new Map([['1', digestOf('a')]]));
    expect(await look('1')).toBeUndefined();
  });

  test('is not known when one sends what it read before the other had sent a later state', async () => {
    const { begin, clock, look } = await start();
    await send(await begin(), '1', 'first');
    const slow = await begin();
    const fast = await begin();
    await send(fast, '1', 'later');
    clock.forward(2 * HOUR_MS);
    await send(slow, '1', 'earlier');
    expect(await look('1')).toBeUndefined();
  });

  test('is not known when one has sent it before and after another one', async () => {
    const { begin, look } = await start();
    const one = await begin();
    await send(one, '1', 'first');
    await send(await begin(), '1', 'later');
    await send(one, '1', 'earlier');
    expect(await look('1')).toBeUndefined();
  });

  test('is sent by one alone twice, and stays known', async () => {
    const { begin, look } = await start();
    const one = await begin();
    for (const state of ['first', 'later']) await send(one, '1', state);
    expect(await look('1')).toBe(digestOf('later'));
  });

  test('is not doubted upon another state than the one that its rows build upon', async () => {
    const { begin, look } = await start();
    await send(await begin(), '1', 'first');
    const [one, other] = [await begin(), await begin()];
    for (const each of [one, other]) await each.recall([1n, 2n]);
    const bases = new Map([['1', digestOf('first')]]);
    await other.doubt(['1'], bases);
    await expect(one.doubt(['1'], bases)).rejects.toThrow(WaitError);
    await other.remember(new Map([['1', digestOf('later')]]));
    await expect(one.doubt(['1'], bases)).rejects.toThrow(WaitError);
    await expect(one.doubt(['2'], new Map([['2', digestOf('first')]]))).rejects.toThrow(WaitError);
    expect(await look('1')).toBe(digestOf('later'));
    await one.recall([1n]);
    await one.doubt(['1'], new Map([['1', digestOf('later')]]));
    expect(await look('1')).toBeUndefined();
  });

  test('is known again once one has sent it alone, also after a worker that died', async () => {
    const { begin, look } = await start();
    await (await begin()).doubt(['1']);
    await send(await begin(), '1', 'a');
    expect(await look('1')).toBe(digestOf('a'));
  });

  test('does not keep others of its row from becoming known', async () => {
    const { begin, look } = await start();
    const [one, other] = [await begin(), await begin()];
    await Promise.all([one.doubt(['1']), other.doubt(['2'])]);
    await Promise.all([one.remember(new Map([['1', digestOf('a')]])), other.remember(new Map([['2', digestOf('b')]]))]);
    expect([await look('1'), await look('2')]).toEqual([digestOf('a'), digestOf('b')]);
  });
});

test('a record whose id is no number is sent each time', async () => {
  const { begin } = await start();
  const open = await begin();
  await send(open, 'no number', 'a');
  expect(open.known('no number')).toBeUndefined();
});
