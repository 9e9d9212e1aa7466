import { describe, expect, test } from 'vitest';
import { createItemTable } from '../../../src/lib/azure/item-table.ts';
import { TABLE_NAMES } from '../../../src/lib/azure/names.ts';
import { lazyTable } from '../../../src/lib/azure/table-entities.ts';
import { testStorage, uniqueName } from '../../support/storage.ts';

async function start() {
  const table = await lazyTable(await testStorage(), TABLE_NAMES.memory)();
  return createItemTable(table, uniqueName('items'));
}

function bytesOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + seed) % 251);
}

describe('items of a record', () => {
  test('are read as they were written, however many: in several rows, in one, or none', async () => {
    const items = await start();
    const lengths = { '1': 4_800_000, '2': 24, '3': 0, '4': 600_000, '5': 600_001, '9223372036854775807': 48 };
    const written = new Map(
      Object.entries(lengths).map(([id, length]) => [id, { digest: `of ${id}`, bytes: bytesOf(length, Number(id)) }]),
    );
    await items.write(written);
    const read = await items.read(new Map([...written].map(([id, { digest }]) => [id, digest])));
    for (const [id, { bytes }] of written) expect(Buffer.compare(read.get(id) ?? Buffer.alloc(1), bytes), id).toBe(0);
  });

  test('are those of one state, and none where only another one is there', async () => {
    const items = await start();
    await items.write(new Map([['1', { digest: 'a', bytes: bytesOf(1_300_000) }]]));
    await items.write(new Map([['1', { digest: 'b', bytes: bytesOf(700_000, 2) }]]));
    expect((await items.read(new Map([['1', 'b']]))).get('1')?.length).toBe(700_000);
    expect(await items.read(new Map([['1', 'a']]))).toEqual(new Map());
    expect(await items.read(new Map([['2', 'a']]))).toEqual(new Map());
  });

  test('of many records are read with few queries, each its own', async () => {
    const items = await start();
    const ids = Array.from({ length: 130 }, (_, index) => String(5 + index * 3));
    await items.write(new Map(ids.map((id) => [id, { digest: id, bytes: bytesOf(24, Number(id)) }])));
    const read = await items.read(new Map(ids.filter((_, index) => index % 2 === 0).map((id) => [id, id])));
    expect(read.size).toBe(65);
    for (const [id, bytes] of read) expect(bytes[0]).toBe(Number(id) % 251);
  });
});
