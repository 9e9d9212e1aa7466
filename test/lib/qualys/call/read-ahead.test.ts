import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readAnswer } from '../../../../src/lib/qualys/call/qualys-answer.ts';
import { readAhead } from '../../../../src/lib/qualys/call/read-ahead.ts';
import type { Priority } from '../../../../src/lib/pipeline/ports.ts';

/** What a reader takes in one turn. */
const TURN_BYTES = 65_536;
const ENOUGH = 10 * TURN_BYTES;

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
  const [taken, sizes] = [[] as number[], [20_000, 20_001, 20_002, 20_003]];
  const waiting = readAhead(partsOf([TURN_BYTES, 1]), ENOUGH);
  await waiting.next();
  const arriving = readAhead(partsOf(sizes, taken), ENOUGH);
  void arriving.next();
  await waiting.next();
  expect(taken).toEqual(sizes);
});

test('answers that trickle in without end hold nobody up', async () => {
  const trickled: number[] = [];
  const trickles = Array.from({ length: 10 }, () => readAhead(partsOf(Array<number>(5000).fill(1), trickled), ENOUGH));
  const reading = trickles.map(async (parts) => {
    while ((await parts.next()).done !== true);
  });
  await collect(readAhead(partsOf([TURN_BYTES, TURN_BYTES, TURN_BYTES]), ENOUGH));
  expect(trickled.length).toBeLessThan(1000);
  await Promise.all(reading);
});

test('small parts of older answers do not keep a younger one from its turn', async () => {
  const order: string[] = [];
  async function read(name: string, parts: AsyncIterator<Uint8Array, void>): Promise<void> {
    while ((await parts.next()).done !== true);
    order.push(name);
  }
  const long = readAhead(partsOf(Array<number>(500).fill(1)), ENOUGH);
  const short = readAhead(partsOf([TURN_BYTES, 1]), ENOUGH);
  await Promise.all([read('long', long), read('short', short)]);
  expect(order).toEqual(['short', 'long']);
});

test('the answer that a person waits for is read before the pages that came first', async () => {
  const order: string[] = [];
  async function read(priority: Priority, parts: number): Promise<void> {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (let part = 0; part < parts; part++) controller.enqueue(new Uint8Array(TURN_BYTES));
        controller.close();
      },
    });
    const limits = { url: 'http://127.0.0.1', firstPartMs: 60_000, idleTimeoutMs: 60_000 };
    const rest = { stop: new AbortController(), settle: () => undefined };
    for await (const _ of readAnswer(new Response(body), { ...limits, ...rest, priority }).body) await turn();
    order.push(priority);
  }
  await Promise.all([read('live', 40), read('live', 40), read('interactive', 20)]);
  expect(order[0]).toBe('interactive');
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
  const sizes = [TURN_BYTES, TURN_BYTES, TURN_BYTES];
  const [older, younger] = [readAhead(partsOf(sizes), ENOUGH), readAhead(partsOf(sizes), ENOUGH)];
  // What a reader takes before its first turn is small.
  await Promise.all([older.next(), younger.next()]);
  await Promise.all([read('younger', younger), read('older', older)]);
  expect(order).toEqual(['older', 'older', 'younger', 'younger']);
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
