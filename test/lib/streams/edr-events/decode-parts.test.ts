import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutText } from '../../../../src/lib/records/text-parts.ts';
import { MAX_HELD_BYTES } from '../../../../src/lib/streams/edr-events/decode-page.ts';
import { decode, type Row } from './decode-events.ts';

const LONGEST_PART = 60_000;

function joined(rows: readonly Row[]): string {
  return rows.map((row) => row.RecordPart as string).join('');
}

describe('a record above 60,000 bytes', () => {
  const record = JSON.stringify({
    id: 'large',
    type: 'PROCESS',
    dateTime: '2026-01-01T00:00:00.000+0000',
    process: { processName: 'a.exe', arguments: 'ä"\\\u0001€😀'.repeat(12_000) },
  });
  const { rows, end } = decode(`[${record}]`);

  test('goes as rows whose parts join to the original', () => {
    expect(rows.length).toBe(Math.ceil(Buffer.byteLength(record) / LONGEST_PART));
    expect(joined(rows)).toBe(record);
    for (const row of rows) expect(Buffer.byteLength(row.RecordPart as string)).toBeLessThanOrEqual(LONGEST_PART);
  });

  test('has its columns in the first row, and its time, key and number in all', () => {
    const [first, ...others] = rows;
    expect(first).toMatchObject({ EventId: 'large', EventType: 'PROCESS', TargetProcessName: 'a.exe', PartNumber: 1 });
    others.forEach((row, index) => {
      expect(Object.keys(row)).toEqual(['TimeGenerated', 'RowKey', 'PartNumber', 'PartCount', 'RecordPart']);
      expect(row).toMatchObject({
        TimeGenerated: first!.TimeGenerated,
        PartNumber: index + 2,
        PartCount: rows.length,
      });
    });
    expect(end).toMatchObject({ records: 1, newRecords: 1, unreadable: 0 });
  });

  test('has no column that is too long: the record holds it', () => {
    expect(rows.some((row) => 'Record' in row || 'TargetProcessArguments' in row)).toBe(false);
  });

  test('emits only the parts that were not accepted', () => {
    const { uploaded } = decode(`[${record}]`);
    const { rows: left, fetched } = decode(`[${record}]`, { isUploaded: (key) => key === uploaded[0] });
    expect(left.map((row) => row.PartNumber)).toEqual(rows.slice(1).map((row) => row.PartNumber));
    expect(Object.keys(left[0]!)).not.toContain('EventId');
    expect(fetched).toHaveLength(1);
  });

  test('is one row at 60,000 bytes and two above', () => {
    for (const [size, count] of [
      [60_000, 1],
      [60_001, 2],
    ] as const) {
      const text = `{"id":"x","t":"${'y'.repeat(size - 17)}"}`;
      expect(text.length).toBe(size);
      expect(decode(`[${text}]`).rows).toHaveLength(count);
    }
  });
});

describe('cutting a text', () => {
  test('makes parts of whole characters that join to the text', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀'), maxLength: 60 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 4, max: 20 }), (text, maxBytes) => {
        const bytes = Buffer.from(text);
        const ends = cutText(bytes, maxBytes);
        const parts = ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
        expect(parts.map((part) => part.toString()).join('')).toBe(text);
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(maxBytes);
        for (const part of parts.slice(0, -1)) expect(part.length).toBeGreaterThan(maxBytes - 4);
      }),
    );
  });
});

describe('a record that cannot be read', () => {
  test.each([
    ['5', 'the record is a number, not an object'],
    ['"te\\u00e9xt"', 'the record is a string, not an object'],
    ['true', 'the record is a boolean, not an object'],
    ['null', 'the record is null, not an object'],
    ['[{"id":"x"}]', 'the record is an array, not an object'],
    ['{"dateTime":"2026-01-01T00:00:00Z"}', 'the record has neither id nor eventId'],
    ['{"id":" ","eventId":["x"]}', 'the record has neither id nor eventId'],
    [`${'{"id":'.repeat(101)}1${'}'.repeat(101)}`, 'the record is nested deeper than 100 levels'],
  ])('is kept with its text: %s', (record, error) => {
    const { rows, end, fetched } = decode(`[${record}]`);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ RecordPart: record, ParseError: error, PartNumber: 1, PartCount: 1 });
    expect(rows[0]).not.toHaveProperty('Record');
    expect(rows[0]!.RowKey).toMatch(/^[0-9a-f]{32}-1$/);
    expect(end).toMatchObject({ records: 1, newRecords: 1, unreadable: 1 });
    expect(fetched).toHaveLength(1);
  });

  test('gives what is known of it', () => {
    const record = { dateTime: '2026-01-01T00:00:00.000+0000', type: 'FILE', asset: { hostName: 'h' } };
    expect(decode(JSON.stringify([record])).rows[0]).toMatchObject({
      TimeGenerated: '2026-01-01T00:00:00.000Z',
      EventType: 'FILE',
      HostName: 'h',
    });
    expect(decode('[5]').rows[0]).toMatchObject({ TimeGenerated: '2026-03-02T00:00:00.000Z' });
  });

  test('does not stop the records around it', () => {
    const { rows, end } = decode('[{"id":"a"},7,{"id":"b"},{},{"id":"c"}]');
    expect(rows.map((row) => row.EventId)).toEqual(['a', undefined, 'b', undefined, 'c']);
    expect(end).toMatchObject({ records: 5, unreadable: 2 });
  });

  test('goes as several rows when it is long', () => {
    const record = JSON.stringify(['ü'.repeat(100_000)]);
    const { rows } = decode(`[${record}]`);
    expect(rows).toHaveLength(4);
    expect(joined(rows)).toBe(record);
    for (const row of rows)
      expect(row).toMatchObject({ ParseError: 'the record is an array, not an object', PartCount: 4 });
  });
});

describe('a record above 4 MiB', () => {
  const beginning =
    '{"id":"huge","dateTime":"2026-01-01T00:00:00Z","eventProcessedTime":"2026-01-02T00:00:00Z","text":"';
  const record = `${beginning}${'x"y€'.replace('"', '\\"').repeat((MAX_HELD_BYTES + 300_000) / 7)}"}`;
  const page = Buffer.from(`[{"id":"a"},${record},{"id":"b"}]`);

  test('is kept as parts with what its beginning tells', () => {
    const { rows, end, fetched } = decode(page, {}, 65_536);
    const parts = rows.slice(1, -1);
    expect([rows[0]!.EventId, rows.at(-1)!.EventId]).toEqual(['a', 'b']);
    expect(joined(parts) === record).toBe(true);
    expect(parts[0]).toMatchObject({ EventId: 'huge', TimeGenerated: '2026-01-01T00:00:00.000Z', PartNumber: 1 });
    expect(parts.at(-1)).toMatchObject({ PartNumber: parts.length, PartCount: parts.length });
    expect(new Set(parts.map((row) => (row.RowKey as string).slice(0, 32))).size).toBe(1);
    expect(new Set(parts.map((row) => row.ParseError))).toEqual(
      new Set([`the record is above ${MAX_HELD_BYTES} bytes`]),
    );
    expect(end).toMatchObject({ records: 3, newRecords: 3, unreadable: 1 });
    expect(new Set(fetched).size).toBe(3);
  });

  test('has other ledger keys from where it differs', () => {
    const changed = Buffer.from(page);
    changed.write('z', changed.length - 20_000);
    const [keys, otherKeys] = [decode(page, {}, 65_536).uploaded, decode(changed, {}, 65_536).uploaded];
    const same = keys.filter((key) => otherKeys.includes(key)).length;
    expect(same).toBe(keys.length - 1);
  });

  test('is dropped whole when the window beside it reads it', () => {
    const window = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
    const { rows, end } = decode(page, { window }, 65_536);
    expect(rows.map((row) => row.EventId)).toEqual(['a', 'b']);
    expect(end).toMatchObject({ records: 3, outside: 0, unreadable: 0 });
  });
});
