import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_CHUNK_BYTES } from '../../../src/lib/pipeline/chunk-writer.ts';
import type { Json } from '../../../src/lib/pipeline/stream.ts';
import { findFields } from '../../../src/lib/json/find-fields.ts';
import { parseSpelled } from '../../../src/lib/json/parse-json.ts';
import {
  digestOf,
  MAX_FIELD_BYTES,
  recordRows,
  startLongRecord,
  type RecordRow,
} from '../../../src/lib/records/record-rows.ts';
import { column, compileTable, type RecordTable } from '../../../src/lib/records/record-table.ts';

const AT = new Date('2026-03-01T12:00:00Z');
const TABLE: RecordTable = {
  record: 'rest',
  idColumn: 'Key',
  columns: [
    column('Key', 'string', 'of a test', 'ID'),
    column('Text', 'string', 'of a test', 'TEXT'),
    column('Tags', 'dynamic', 'of a test', 'TAGS.TAG[]'),
  ],
};

type Row = Record<string, unknown> & { RowKey: string; PartNumber: number; RecordPart?: string };

function jsonOf({ text }: RecordRow): string {
  return Buffer.concat(text.map((piece) => Buffer.from(piece as string, 'latin1'))).toString();
}

function rowsOf(text: string, table: RecordTable, error?: string): RecordRow[] {
  const compiled = compileTable(table);
  const bytes = Buffer.from(text);
  const fields = findFields(compiled.fields, parseSpelled(text));
  return recordRows(compiled, { fields, text: bytes, digest: digestOf(compiled, bytes), error }, AT);
}

function rows(value: Json, table = TABLE, error?: string): Row[] {
  return rowsOf(JSON.stringify(value), table, error).map((made) => {
    const { key } = made;
    const json = jsonOf(made);
    const row = JSON.parse(json) as Row;
    expect(row.RowKey).toBe(key);
    expect(Buffer.byteLength(json)).toBeLessThan(MAX_CHUNK_BYTES - 2);
    for (const field of Object.values(row))
      expect(Buffer.byteLength(typeof field === 'string' ? field : JSON.stringify(field))).toBeLessThan(65_536);
    return row;
  });
}

describe('a record', () => {
  test('is one row, with what no column holds whole in Record', () => {
    const [row, ...more] = rows({ ID: '7', TEXT: { '@lang': 'en', '#text': 'hi' }, TAGS: { TAG: 'a' }, OTHER: '1' });
    expect(more).toEqual([]);
    expect(row).toEqual({
      TimeGenerated: AT.toISOString(),
      Key: '7',
      Text: 'hi',
      Tags: ['a'],
      Record: { TEXT: { '@lang': 'en', '#text': 'hi' }, TAGS: { TAG: 'a' }, OTHER: '1' },
      RowKey: row!.RowKey,
      PartNumber: 1,
      PartCount: 1,
    });
    expect(row!.RowKey).toMatch(/^[\da-f]{32}-1$/);
  });

  test('stays whole where the table says so, digits beyond 2^53 included', () => {
    const text = '{"ID":"7","n":9007199254740993}';
    const [row] = rowsOf(text, { ...TABLE, record: 'whole' });
    expect(jsonOf(row!)).toContain(`"Record":${text}`);
  });

  test('has the time of its column, what is common to all rows, and a key within its scope', () => {
    const table: RecordTable = {
      ...TABLE,
      columns: [...TABLE.columns, column('When', 'dateTime', 'of a test', 'WHEN')],
      timeColumns: ['When'],
      common: { SnapshotId: 's1' },
      scope: 's1',
    };
    const record = { ID: '7', WHEN: '2026-02-01T00:00:00Z' };
    const [row] = rows(record, table);
    expect(row).toMatchObject({ TimeGenerated: '2026-02-01T00:00:00.000Z', SnapshotId: 's1' });
    expect(rows(record, table)[0]?.RowKey).toBe(row?.RowKey);
    expect(rows(record, { ...table, scope: 's2' })[0]?.RowKey).not.toBe(row?.RowKey);
  });

  test('above a field takes several rows that join to its text, whatever it holds', () => {
    const piece = fc.constantFrom('plain text ', 'ü€😀', '\\"', '\u0000\u001f', '<P>&amp;</P>\n', ']]>');
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 9000, max: 40_000 }),
        (pieces, times) => {
          const record = { ID: '7', TEXT: pieces.join('').repeat(times), OTHER: 'x'.repeat(100) };
          const made = rows(record);
          if (made.length === 1) return;
          expect(made.map(({ RecordPart = '' }) => RecordPart).join('')).toBe(JSON.stringify(record));
          expect(made.map(({ PartNumber }) => PartNumber)).toEqual(made.map((_, index) => index + 1));
          expect(
            made.every((row) => row.PartCount === made.length && row.Key === '7' && row.Record === undefined),
          ).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('leaves a column out that is longer than a field, and says so by its parts', () => {
    const [first] = rows({ ID: '7', TEXT: 'x'.repeat(MAX_FIELD_BYTES) });
    expect(first).toMatchObject({ Key: '7', PartCount: 2 });
    expect(first).not.toHaveProperty('Text');
  });

  test('with several long columns still fits a chunk', () => {
    const columns = Array.from({ length: 30 }, (_, index) => column(`C${index}`, 'string', 'of a test', `F${index}`));
    const record: Record<string, string> = {};
    for (const { from } of columns) record[from[0] ?? ''] = '\u0001'.repeat(9_000);
    const made = rows({ ID: '7', ...record }, { ...TABLE, columns: [...TABLE.columns, ...columns] });
    expect(made.map(({ RecordPart = '' }) => RecordPart).join('')).toContain('F29');
  });

  test('that cannot be read is text with its reason', () => {
    expect(rows([1, 2], TABLE, 'the record is no object')).toMatchObject([
      { RecordPart: '[1,2]', ParseError: 'the record is no object', PartNumber: 1, PartCount: 1 },
    ]);
  });
});

describe('a record beyond the bound', () => {
  test('comes as text while it is read, in any portions, and joins to the same', () => {
    const text = 'aü€😀"\\\n'.repeat(20_000);
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 6 }), (sizes) => {
        const record = startLongRecord(compileTable(TABLE), { digest: 'd', id: '7', error: 'too long' }, AT);
        const made: Row[] = [];
        for (let at = 0, n = 0; at < bytes.length; n++) {
          const size = sizes[n % sizes.length] ?? 1;
          const part = bytes.subarray(at, at + size);
          at += size;
          made.push(...record(part, at >= bytes.length).map((row) => JSON.parse(jsonOf(row)) as Row));
        }
        expect(made.map(({ RecordPart }) => RecordPart).join('')).toBe(text);
        expect(made.at(-1)).toMatchObject({
          Key: '7',
          PartCount: made.length,
          ParseError: expect.any(String) as string,
        });
        expect(new Set(made.map(({ RowKey }) => RowKey)).size).toBe(made.length);
      }),
      { numRuns: 10 },
    );
  });
});
