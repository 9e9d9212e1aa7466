import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readAhead } from '../../../src/lib/qualys/read-ahead.ts';

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

async function* partsOf(
  sizes: readonly number[],
  taken: number[] = [],
  fail = false,
): AsyncGenerator<Uint8Array, void> {
  for (const size of sizes) {
    await turn();
    taken.push(size);
    yield new Uint8Array(size).fill(size);
  }
  if (fail) throw new Error('broken off');
}

async function collect(parts: AsyncIterator<Uint8Array, void>): Promise<number[]> {
  const sizes: number[] = [];
  for (let part = await parts.next(); part.done !== true; part = await parts.next()) {
    sizes.push(part.value.byteLength);
    await turn();
  }
  return sizes;
}

test('gives the parts in their order, whatever is read ahead', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(50)), fc.integer({ min: 1, max: 100 }), async (sizes, most) => {
      expect(await collect(readAhead(partsOf(sizes), most))).toEqual(sizes);
    }),
  );
});

test('reads the whole of a short body while nobody asks, and no more than its bound of a long one', async () => {
  const taken: number[] = [];
  const parts = readAhead(partsOf([10, 10, 10, 10, 10], taken), 25);
  await parts.next();
  for (let n = 0; n < 20; n++) await turn();
  expect(taken).toHaveLength(4);
  await parts.next();
  for (let n = 0; n < 20; n++) await turn();
  expect(taken).toHaveLength(5);
});

test('throws an error only after the parts before it', async () => {
  const parts = readAhead(partsOf([1, 2], [], true), 100);
  for (let n = 0; n < 10; n++) await turn();
  expect((await parts.next()).value).toHaveLength(1);
  expect((await parts.next()).value).toHaveLength(2);
  await expect(parts.next()).rejects.toThrow('broken off');
});

test('given up in the middle of a read, it ends at once', async () => {
  const never: AsyncIterator<Uint8Array, void> = {
    next: () => new Promise(() => undefined),
    return: () => new Promise(() => undefined),
  };
  const parts = readAhead(never, 100);
  void parts.next();
  expect(await parts.return?.()).toEqual({ value: undefined, done: true });
  expect(await parts.next()).toEqual({ value: undefined, done: true });
});

test('what is received is worked on only once nothing more arrives', async () => {
  const taken: number[] = [];
  const waiting = readAhead(partsOf([1]), 100);
  const arriving = readAhead(partsOf([2, 3, 4, 5, 6], taken), 100);
  void arriving.next();
  await waiting.next();
  expect(taken).toEqual([2, 3, 4, 5, 6]);
});

test('an answer that never ends and is not read holds nobody up', async () => {
  async function* endless(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      await turn();
      yield new Uint8Array(1);
    }
  }
  const unread = readAhead(endless(), 50);
  await unread.next();
  expect(await collect(readAhead(partsOf([1, 2, 3]), 100))).toEqual([1, 2, 3]);
});

test('of two answers that are there, the older one is read to its end first', async () => {
  const order: string[] = [];
  async function read(name: string, parts: AsyncIterator<Uint8Array, void>): Promise<void> {
    while ((await parts.next()).done !== true) order.push(name);
  }
  const [older, younger] = [readAhead(partsOf([1, 1, 1]), 100), readAhead(partsOf([1, 1, 1]), 100)];
  await Promise.all([read('younger', younger), read('older', older)]);
  expect(order).toEqual(['older', 'older', 'older', 'younger', 'younger', 'younger']);
});

test('a short answer does not wait for a long one that came before it', async () => {
  const order: string[] = [];
  async function read(name: string, parts: AsyncIterator<Uint8Array, void>): Promise<void> {
    while ((await parts.next()).done !== true) order.push(name);
  }
  const long = read('long', readAhead(partsOf(Array.from({ length: 200 }, () => 10)), 20));
  const short = readAhead(partsOf([1, 1]), 100);
  await read('short', short);
  expect(order.filter((name) => name === 'long').length).toBeLessThan(20);
  await long;
});
