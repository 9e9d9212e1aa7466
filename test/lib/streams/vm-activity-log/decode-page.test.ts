import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileTable } from '../../../../src/lib/records/record-table.ts';
import { createPageBook } from '../../../../src/lib/streams/page-book.ts';
import { createLogDecoder, type EqualEntries } from '../../../../src/lib/streams/vm-activity-log/decode-page.ts';
import { ENTRY_TABLE } from '../../../../src/lib/streams/vm-activity-log/entry-table.ts';

const GENERATED_AT = new Date('2026-03-01T12:00:00Z');
const WINDOW = { from: '2026-02-28T10:00:00Z', to: '2026-02-28T11:00:00Z' };
const FIXTURES = join(import.meta.dirname, '../../../fixtures/vm-activity-log');

function decode(page: string | Buffer, { carry = {}, size = 1000 }: { carry?: EqualEntries; size?: number } = {}) {
  const book = createPageBook(WINDOW, () => false);
  const decoder = createLogDecoder({ table: compileTable(ENTRY_TABLE), generatedAt: GENERATED_AT, size, carry }, book);
  const bytes = Buffer.from(page as string);
  for (let at = 0; at < bytes.length; at += 7) decoder.write(bytes.subarray(at, at + 7));
  const next = decoder.end();
  const rows = book
    .end()
    .chunks.flatMap(({ json }) => JSON.parse(Buffer.from(json).toString()) as Record<string, unknown>[]);
  return { rows, next, counts: book.counts };
}

const HEADER = '"Date","Action","Module","Details","User Name","User Role","User IP"';
const entry = (second: number, details = 'x') =>
  `"2026-02-28T10:00:${String(second).padStart(2, '0')}Z","login","auth","${details}","u","Reader","10.0.0.1"`;
const page = (lines: readonly string[], footer = '') =>
  `----BEGIN_RESPONSE_BODY_CSV\n${[HEADER, ...lines].join('\n')}\n----END_RESPONSE_BODY_CSV\n${footer}`;

test('the documented page becomes the expected rows', () => {
  const { rows, next } = decode(readFileSync(join(FIXTURES, 'page-1.csv')));
  expect(rows).toEqual(JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')));
  expect(next).toMatchObject({ after: '4711', isLast: true });
});

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
    const second = decode(page([entry(5), entry(5)]), { carry: first.next.carry as EqualEntries });
    const keysOf = ({ rows }: { rows: Record<string, unknown>[] }) => rows.map(({ RowKey }) => RowKey);
    expect([...keysOf(first), ...keysOf(second)]).toEqual(keysOf(whole));
  });

  test('of another second begin anew', () => {
    const { carry } = decode(page([entry(5), entry(5)])).next;
    expect(decode(page([entry(4)]), { carry: carry as EqualEntries }).rows[0]).toEqual(
      decode(page([entry(4)])).rows[0],
    );
  });
});

test.each([
  [
    'without its mark at the end',
    page([entry(1)]).replace('----END_RESPONSE_BODY_CSV\n', ''),
    /does not end with its mark/,
  ],
  ['cut off in its footer', page([entry(1)], '----BEGIN_RESPONSE_FOOTER_CSV\nWARN'), /footer names no next page/],
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
  const { counts, rows } = decode(broken);
  expect([counts.repaired, rows[0]?.Details]).toEqual([1, '\uFFFD']);
});

test('the last page is the one that holds fewer entries than asked for and names no next one', () => {
  expect(decode(page([entry(1)]), { size: 2 }).next).toMatchObject({ after: undefined, isLast: true });
  expect(decode(page([entry(1)]), { size: 1 }).next.isLast).toBe(false);
});
