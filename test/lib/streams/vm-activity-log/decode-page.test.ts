import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../src/lib/pipeline/stream.ts';
import { compileTable } from '../../../../src/lib/records/record-table.ts';
import { createPageBook } from '../../../../src/lib/streams/page-book.ts';
import { createLogDecoder } from '../../../../src/lib/streams/vm-activity-log/decode-page.ts';
import { ENTRY_TABLE } from '../../../../src/lib/streams/vm-activity-log/entry-table.ts';
import type { EqualEntries } from '../../../../src/lib/streams/vm-activity-log/number-entries.ts';

const GENERATED_AT = new Date('2026-03-01T12:00:00Z');
const WINDOW = { from: '2026-02-28T10:00:00Z', to: '2026-02-28T11:00:00Z' };

function decode(page: string | Buffer, { carry, size = 1000 }: { carry?: EqualEntries; size?: number } = {}) {
  const book = createPageBook(WINDOW, () => false);
  const refused: number[] = [];
  const decoder = createLogDecoder(
    {
      table: compileTable(ENTRY_TABLE),
      generatedAt: GENERATED_AT,
      size,
      carry: carry as unknown as Json,
      onBroken: ({ at }) => void refused.push(at),
    },
    book,
  );
  const bytes = Buffer.from(page as string);
  for (let at = 0; at < bytes.length; at += 7) decoder.write(bytes.subarray(at, at + 7));
  const next = decoder.end();
  const rows = book
    .end()
    .chunks.flatMap(({ json }) => JSON.parse(Buffer.from(json).toString()) as Record<string, unknown>[]);
  return { rows, next, refused, counts: book.counts };
}

/** Keys of the rows of a log that is read in pages, the cursor stored between them. */
function keysInPages(lines: readonly string[], size: number): unknown[] {
  let carry: EqualEntries | undefined;
  const keys: unknown[] = [];
  for (let at = 0; at < lines.length; at += size) {
    const { next, rows } = decode(page(lines.slice(at, at + size)), carry === undefined ? {} : { carry });
    const stored = JSON.stringify(next.carry);
    expect(stored.length).toBeLessThan(16_000);
    carry = JSON.parse(stored) as EqualEntries;
    keys.push(...rows.map(({ RowKey }) => RowKey));
  }
  return keys;
}

const HEADER = '"Date","Action","Module","Details","User Name","User Role","User IP"';
const entry = (second: number, details = 'x') =>
  `"2026-02-28T10:00:${String(second).padStart(2, '0')}Z","login","auth","${details}","u","Reader","10.0.0.1"`;
const page = (lines: readonly string[], footer = '') =>
  `----BEGIN_RESPONSE_BODY_CSV\n${[HEADER, ...lines].join('\n')}\n----END_RESPONSE_BODY_CSV\n${footer}`;

describe('equal entries of one second', () => {
  test('are rows of their own, with the same keys whoever reads them', () => {
    const keysOf = (text: string) => decode(text).rows.map(({ RowKey }) => RowKey);
    const keys = keysOf(page([entry(5), entry(5), entry(5, 'y'), entry(4)]));
    expect(new Set(keys).size).toBe(4);
    expect(keysOf(page([entry(5, 'y'), entry(5), entry(5), entry(4)])).toSorted()).toEqual(keys.toSorted());
  });

  test('are counted on where a page ends within their second', () => {
    const whole = decode(page([entry(5), entry(5), entry(5), entry(5)]));
    const first = decode(page([entry(5), entry(5)]));
    const second = decode(page([entry(5), entry(5)]), { carry: first.next.carry as unknown as EqualEntries });
    const keysOf = ({ rows }: { rows: Record<string, unknown>[] }) => rows.map(({ RowKey }) => RowKey);
    expect([...keysOf(first), ...keysOf(second)]).toEqual(keysOf(whole));
  });

  test('of another second begin anew', () => {
    const { carry } = decode(page([entry(5), entry(5)])).next;
    expect(decode(page([entry(4)]), { carry: carry as unknown as EqualEntries }).rows[0]).toEqual(
      decode(page([entry(4)])).rows[0],
    );
  });

  test('are rows of their own where others of another second come between them, on one page or on two', () => {
    const lines = [entry(5), entry(4), entry(5), entry(4), entry(9), entry(5)];
    const keys = keysInPages(lines, 6);
    expect(new Set(keys).size).toBe(6);
    for (const size of [1, 2, 3, 4, 5]) expect(keysInPages(lines, size)).toEqual(keys);
  });

  test('have the same keys whatever the size of the pages', () => {
    const lines = Array.from({ length: 600 }, (_, at) => entry(59 - Math.floor(at / 200), `${at % 40}`));
    const keys = keysInPages(lines, 600);
    expect(new Set(keys).size).toBe(600);
    for (const size of [7, 150, 333]) expect(keysInPages(lines, size)).toEqual(keys);
  });

  test.each([
    ['one second', (at: number) => entry(5, `${at}`)],
    ['ever older seconds', (at: number) => entry(59 - Math.floor(at / 50), `${at}`)],
    ['ever newer seconds', (at: number) => entry(Math.floor(at / 50), `${at}`)],
    ['no readable time', (at: number) => `"never","login","auth","${at}","u","Reader","10.0.0.1"`],
  ])('are never taken for one where more entries of %s lie between them than are remembered', (_, line) => {
    const many = Array.from({ length: 1500 }, (__, at) => line(at));
    const lines = [line(0), ...many, line(0), line(1), line(700), ...many];
    for (const size of [100, 500, 2000]) {
      const keys = keysInPages(lines, size);
      expect(new Set(keys).size).toBe(lines.length);
      // Read again in the same way it gives the same rows.
      expect(keysInPages(lines, size)).toEqual(keys);
    }
  });

  test('with long texts leave the cursor small', () => {
    const lines = Array.from({ length: 30 }, (_, at) => entry(5, 'x'.repeat(5000) + String(at)));
    expect(new Set(keysInPages([...lines, ...lines], 30)).size).toBe(60);
  });
});

test.each([
  [
    'without its mark at the end',
    page([entry(1)]).replace('----END_RESPONSE_BODY_CSV\n', ''),
    /does not end with its mark/,
  ],
  ['cut off in its footer', page([entry(1)], '----BEGIN_RESPONSE_FOOTER_CSV\nWARN'), /footer names no next page/],
  ['without its mark at the beginning', page([entry(1)]).slice(1), /does not begin with its mark/],
  ['with an open quote', page(['"2026-02-28T10:00:00Z","login']), /a quoted field does not end/],
  ['with text behind a quote', page(['"2026-02-28T10:00:00Z"x,']), /text behind a quoted field/],
  ['with a quote in a plain field', page(['a"b,c']), /a quote inside a field/],
  ['without the column of the time', page([]).replace('"Date",', ''), /no column Date/],
])('a page %s is refused', (_, text, reason) => {
  expect(() => decode(text)).toThrow(reason);
});

test('an entry with too few columns is kept as text, with the reason', () => {
  const { counts, rows } = decode(page(['"2026-02-28T10:00:00Z","login"']));
  expect(rows[0]).toMatchObject({
    ParseError: 'the entry has 2 of 7 columns',
    ActivityTime: '2026-02-28T10:00:00.000Z',
  });
  expect(counts.unreadable).toBe(1);
});

test('a column that the vendor adds goes to Record, and bytes that are no UTF-8 are replaced and counted', () => {
  const text = page([`${entry(1)},"web"`]).replace('"User IP"', '"User IP","Channel"');
  expect(decode(text).rows[0]).toMatchObject({ Record: { Channel: 'web' } });
  const broken = Buffer.from(page([entry(1, '#')]));
  broken[broken.indexOf('#')] = 0xff;
  const { counts, next, refused, rows } = decode(broken);
  expect([counts.repaired, next.characters, rows[0]?.Details]).toEqual([1, 1, '\uFFFD']);
  expect(refused).toEqual([broken.indexOf('"2026')]);
});

test('only the entries whose bytes are no UTF-8 are told as broken, and others keep their letters', () => {
  const bytes = Buffer.from(page([entry(3, 'é\uFFFD'), entry(2, '#'), entry(1, 'ü')]));
  bytes[bytes.indexOf('#')] = 0xff;
  const { counts, rows } = decode(bytes);
  expect(rows.map(({ Details }) => Details)).toEqual(['é\uFFFD', '\uFFFD', 'ü']);
  expect(counts.repaired).toBe(1);
  expect(rows[0]?.RowKey).toBe(decode(page([entry(3, 'é\uFFFD')])).rows[0]?.RowKey);
});

test('a header with bytes that are no UTF-8 makes all its entries broken ones', () => {
  const bytes = Buffer.from(page([entry(2), entry(1)]));
  bytes[bytes.indexOf('Role')] = 0xff;
  expect(decode(bytes).refused).toHaveLength(2);
});

test('marks of the page inside an entry are text of it', () => {
  const details =
    'a\n----END_RESPONSE_BODY_CSV\n----BEGIN_RESPONSE_FOOTER_CSV\n?id_max=1\n----END_RESPONSE_FOOTER_CSV\nz';
  const { next, rows } = decode(page([entry(2, details), entry(1)]));
  expect(rows.map(({ Details }) => Details)).toEqual([details, 'x']);
  expect(next.after).toBeUndefined();
});

test('the last page is the one that holds fewer entries than asked for and names no next one', () => {
  expect(decode(page([entry(1)]), { size: 2 }).next).toMatchObject({ after: undefined, isLast: true });
  expect(decode(page([entry(1)]), { size: 1 }).next.isLast).toBe(false);
});
