import { describe, expect, test } from 'vitest';
import { createPageBook, placeOf, timeOf } from '../../../src/lib/streams/page-book.ts';
import type { BookedChunk, BookedRecord } from '../../../src/lib/streams/page-book.ts';

const WINDOW = { from: '2026-05-01T10:00:00Z', to: '2026-05-01T10:15:00Z' };
const [FROM, TO] = [Date.parse(WINDOW.from), Date.parse(WINDOW.to)];

describe('the place of a time', () => {
  const place = (time: number, isFirst = false) => placeOf(timeOf({ ...WINDOW, isFirst }), time);

  test('is inside from the first millisecond on and before the last bound', () => {
    expect([place(FROM), place(FROM + 1), place(TO - 1)]).toEqual(['inside', 'inside', 'inside']);
  });

  test('is a neighbour’s within the second before and the second behind', () => {
    expect([place(FROM - 1), place(FROM - 1000), place(TO), place(TO + 999)]).toEqual(Array(4).fill('neighbour'));
    expect([place(FROM - 1001), place(TO + 1000)]).toEqual(['outside', 'outside']);
  });

  test('has no neighbour before the first window', () => {
    expect([place(FROM - 1, true), place(TO, true)]).toEqual(['outside', 'neighbour']);
    expect(timeOf(WINDOW).isFirst).toBe(false);
  });

  test('is inside where there is none, or a placeholder', () => {
    expect([place(Number.NaN), place(0), place(Date.parse('9999-12-31T00:00:00Z'))]).toEqual(Array(3).fill('inside'));
  });
});

const digestOf = (n: number): string => String(n).padStart(32, '0');
const keyOf = (n: number): string => Buffer.from(digestOf(n), 'hex').toString('latin1');

function record(n: number, changes: Partial<BookedRecord> = {}): BookedRecord {
  return { digest: digestOf(n), time: FROM, isUnreadable: false, isRepaired: false, ...changes };
}

function rowsOf(n: number, bytes = 0) {
  return () =>
    [{ text: [`{"n":${n}${' '.repeat(bytes)}}`] }] as unknown as ReturnType<
      Parameters<ReturnType<typeof createPageBook>['take']>[1]
    >;
}

function numbersIn(chunks: readonly BookedChunk[]): number[][] {
  return chunks.map(({ json }) => (JSON.parse(Buffer.from(json).toString()) as { n: number }[]).map(({ n }) => n));
}

describe('a book', () => {
  test('takes each record once, known ones of before not at all, and counts all', () => {
    const book = createPageBook(WINDOW, (key) => key === keyOf(1));
    expect([book.isKnown(digestOf(1)), book.isKnown(digestOf(2))]).toEqual([true, false]);
    for (const n of [1, 2, 2, 3]) book.take(record(n, { isUnreadable: n === 3, isRepaired: n < 3 }), rowsOf(n));
    expect(book.isKnown(digestOf(2))).toBe(true);
    expect(book.counts).toEqual({ records: 4, fresh: 2, outside: 0, unreadable: 1, repaired: 3 });
    const { chunks, keys } = book.end();
    expect(numbersIn(chunks)).toEqual([[2, 3]]);
    expect(chunks).toMatchObject([{ keys: [keyOf(2), keyOf(3)], uploaded: 2, repaired: 1, outside: 0, rows: 2 }]);
    expect(keys).toEqual([]);
  });

  test('keeps what is of another time, and leaves to a neighbour what that one reads', () => {
    const book = createPageBook(WINDOW, () => false);
    book.take(record(1, { time: TO + 60_000 }), rowsOf(1));
    book.take(record(2, { time: TO, isRepaired: true }), rowsOf(2));
    expect(book.counts).toEqual({ records: 2, fresh: 2, outside: 1, unreadable: 0, repaired: 1 });
    const { chunks, keys } = book.end();
    expect(numbersIn(chunks)).toEqual([[1]]);
    expect(chunks).toMatchObject([{ keys: [keyOf(1), keyOf(2)], uploaded: 1, outside: 1, repaired: 0 }]);
    expect(keys).toEqual([]);
  });

  test('tells the keys of records that gave no row where no chunk tells them', () => {
    const book = createPageBook(WINDOW, () => false);
    book.take(record(1, { time: TO }), rowsOf(1));
    expect(book.end()).toEqual({ chunks: [], keys: [keyOf(1)] });
  });

  test('hands out full chunks once, each with what has ended since the one before', () => {
    const book = createPageBook(WINDOW, () => false);
    const { time: _, ...timeless } = record(1, { isRepaired: true });
    book.take(timeless, rowsOf(1, 600_000));
    expect(book.chunks()).toEqual([]);
    book.take(record(2, { time: TO + 60_000 }), rowsOf(2, 600_000));
    const full = book.chunks();
    expect(numbersIn(full)).toEqual([[1]]);
    expect(full).toMatchObject([{ keys: [keyOf(1)], uploaded: 1, repaired: 1, outside: 0 }]);
    expect(book.chunks()).toEqual([]);
    const { chunks } = book.end();
    expect(numbersIn(chunks)).toEqual([[2]]);
    expect(chunks).toMatchObject([{ keys: [keyOf(2)], uploaded: 1, repaired: 0, outside: 1 }]);
  });

  test('takes rows of a record piece by piece: it is told with its last ones', () => {
    const book = createPageBook(WINDOW, () => false);
    book.add(rowsOf(1)());
    book.add(rowsOf(2)());
    book.take(record(9), rowsOf(3));
    const { chunks } = book.end();
    expect(numbersIn(chunks)).toEqual([[1, 2, 3]]);
    expect(chunks).toMatchObject([{ keys: [keyOf(9)], uploaded: 1 }]);
  });
});
