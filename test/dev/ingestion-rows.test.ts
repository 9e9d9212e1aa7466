import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertRow, cutText, fileTime, LONGEST_FIELD } from '../../dev/ingestion/convert-row.ts';
import { readTables, type ColumnType } from '../../dev/ingestion/tables.ts';
import { EDR_TABLE, ingest, RECEIVED, upload } from './ingestion-client.ts';

interface Converted {
  readonly value: unknown;
  readonly losses: string[];
}

function convert(type: ColumnType, value: unknown): Converted {
  const losses: string[] = [];
  const table = { name: 'T', columns: new Map([['C', type]]) };
  const row = convertRow({ C: value }, table, (loss) => losses.push(loss));
  return { value: row.C, losses };
}

describe('a value takes the type of its column', () => {
  test.each<[ColumnType, unknown, unknown]>([
    ['string', 'text', 'text'],
    ['string', 5, '5'],
    ['string', true, 'true'],
    ['string', { a: [1] }, '{"a":[1]}'],
    ['int', 5, 5],
    ['int', '-5', -5],
    ['int', 2_147_483_647, 2_147_483_647],
    ['long', 4_300_000_000, 4_300_000_000],
    ['long', '4300000000', 4_300_000_000],
    ['real', 0.5, 0.5],
    ['real', '1e3', 1_000],
    ['boolean', false, false],
    ['boolean', 'True', true],
    ['boolean', 0, false],
    ['dateTime', '2024-06-15T12:00:00Z', RECEIVED],
    ['dateTime', '2024-06-15T12:00:00', RECEIVED],
    ['dateTime', '2024-06-15T14:00:00.000+02:00', RECEIVED],
    ['dateTime', '2024-06-15', '2024-06-15T00:00:00.000Z'],
    ['dateTime', '2024-06-15T12:00:00.1234567Z', '2024-06-15T12:00:00.123Z'],
    ['guid', '11111111-2222-4333-8444-555555555555', '11111111-2222-4333-8444-555555555555'],
    ['dynamic', { a: [1, null] }, { a: [1, null] }],
    ['dynamic', 'text', 'text'],
  ])('%s %j', (type, given, kept) => {
    expect(convert(type, given)).toEqual({ value: kept, losses: [] });
  });

  test.each<[ColumnType, unknown]>([
    ['int', 'five'],
    ['int', 5.5],
    ['int', ''],
    ['int', 2_147_483_648],
    ['int', true],
    ['int', [1]],
    ['long', 1e300],
    ['long', '9223372036854775808'],
    ['real', 'x'],
    ['real', ' '],
    ['boolean', 'yes'],
    ['boolean', 2],
    ['dateTime', '2020-08-17T04:15:06.000+0000'],
    ['dateTime', 'yesterday'],
    ['dateTime', ' '],
    ['dateTime', '2024-13-01'],
    ['dateTime', 1_718_452_800_000],
    ['guid', 'abc'],
  ])('%s %j does not fit and becomes null', (type, given) => {
    expect(convert(type, given)).toEqual({ value: null, losses: ['unconverted'] });
  });

  test('a null is a null in every type', () => {
    const types: ColumnType[] = ['string', 'int', 'long', 'real', 'boolean', 'dateTime', 'guid', 'dynamic'];
    for (const type of types) expect(convert(type, null)).toEqual({ value: null, losses: [] });
  });
});

describe('a long field is cut without a word', () => {
  test('a text at 65,536 bytes, between characters', () => {
    const whole = 'x'.repeat(LONGEST_FIELD);
    expect(convert('string', whole)).toEqual({ value: whole, losses: [] });
    expect(convert('string', `${whole}y`)).toEqual({ value: whole, losses: ['cut'] });
    const accents = convert('string', `x${'\u00e9'.repeat(40_000)}`);
    expect(accents.losses).toEqual(['cut']);
    expect(accents.value).toBe(`x${'\u00e9'.repeat(32_767)}`);
  });

  test('a dynamic value by its JSON text, which is then a text and no JSON any more', () => {
    const whole = { a: 'x'.repeat(LONGEST_FIELD - '{"a":""}'.length) };
    expect(convert('dynamic', whole)).toEqual({ value: whole, losses: [] });
    const { value, losses } = convert('dynamic', { a: `${whole.a}y` });
    expect(losses).toEqual(['cut']);
    expect(value).toBe(JSON.stringify({ a: `${whole.a}y` }).slice(0, LONGEST_FIELD));
    expect(() => JSON.parse(value as string) as unknown).toThrow(SyntaxError);
  });

  test('to the longest start that fits, whatever the characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(60), (text, mostBytes) => {
        const cut = cutText(text, mostBytes);
        expect(text.startsWith(cut)).toBe(true);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(mostBytes);
        const [next = ''] = text.slice(cut.length);
        expect(Buffer.byteLength(cut + next) > mostBytes || next === '').toBe(true);
      }),
    );
  });
});

describe('TimeGenerated', () => {
  const now = Date.parse(RECEIVED);

  test.each([
    ['2024-06-15T11:00:00.000Z', false],
    ['2024-06-13T12:00:00.000Z', false],
    ['2024-06-13T11:59:59.999Z', true],
    ['2024-06-16T12:00:00.000Z', false],
    ['2024-06-16T12:00:00.001Z', true],
    [null, true],
    [undefined, true],
  ])('%s is replaced: %s', (time, isReplaced) => {
    expect(fileTime(time, now)).toEqual({ time: isReplaced ? RECEIVED : time, isReplaced });
  });
});

test('unknown columns, unfit values, cut fields and replaced times are counted by table and column', async () => {
  const ingestion = await ingest();
  await upload(ingestion, [
    { EventId: 'a', TimeGenerated: '2020-01-01T00:00:00Z', EventTime: '2020-01-01T00:00:00Z', Unknown: 1 },
    { EventId: 'b', TimeGenerated: RECEIVED, Score: 'high', unknown: 2, eventid: 'other case' },
    { EventId: 'c', TimeGenerated: RECEIVED, RecordPart: 'x'.repeat(70_000), Score: 7 },
  ]);
  expect(ingestion.rows(EDR_TABLE)).toMatchObject([
    { EventId: 'a', TimeGenerated: RECEIVED, EventTime: '2020-01-01T00:00:00.000Z' },
    { EventId: 'b', Score: null },
    { EventId: 'c', Score: 7, RecordPart: 'x'.repeat(LONGEST_FIELD) },
  ]);
  expect(ingestion.rows(EDR_TABLE)[1]).not.toHaveProperty('unknown');
  expect(ingestion.stats().tables[EDR_TABLE]).toMatchObject({
    rows: 3,
    cutFields: 1,
    droppedColumns: 3,
    unconvertedValues: 1,
    replacedTimes: 1,
    columns: {
      Unknown: { dropped: 1 },
      unknown: { dropped: 1 },
      eventid: { dropped: 1 },
      Score: { unconverted: 1 },
      RecordPart: { cut: 1 },
    },
  });
});

test('the tables are those of the project', async () => {
  const tables = await readTables();
  expect([...tables.keys()]).toEqual(expect.arrayContaining([EDR_TABLE, 'QualysHostDetectionV3_CL']));
  expect(tables.get(EDR_TABLE)?.columns.get('TimeGenerated')).toBe('dateTime');
});
