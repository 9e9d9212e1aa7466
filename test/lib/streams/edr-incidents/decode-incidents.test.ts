import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../../src/lib/config.ts';
import { RetryableError } from '../../../../src/lib/errors.ts';
import type { BrokenElement } from '../../../../src/lib/json/read-array.ts';
import { createIncidentDecoder, MAX_HELD_BYTES } from '../../../../src/lib/streams/edr-incidents/decode-incidents.ts';
import { incidentTable } from '../../../../src/lib/streams/edr-incidents/incident-columns.ts';
import { createPageBook } from '../../../../src/lib/streams/page-book.ts';
import { LEAST_SETTINGS } from '../../../support/settings.ts';
import { fixture, GENERATED_AT } from '../decode-lists.ts';

const WINDOW = { from: '2026-03-01T10:00:00Z', to: '2026-03-01T11:00:00Z' };

interface Options extends Readonly<Record<`INCIDENTS_${string}`, string | undefined>> {
  readonly size?: number;
  readonly uploaded?: ReadonlySet<string>;
  readonly onBroken?: (record: BrokenElement) => void;
}

function decode(page: string, { size = 1 << 20, uploaded = new Set(), onBroken, ...changes }: Options = {}) {
  const settings = parseSettings({ ...LEAST_SETTINGS, ...changes });
  const book = createPageBook(WINDOW, (key) => uploaded.has(key));
  const decoder = createIncidentDecoder(
    {
      table: incidentTable(settings),
      generatedAt: GENERATED_AT,
      timeField: settings.INCIDENTS_TIME_FIELD,
      status: 200,
      ...(onBroken === undefined ? {} : { onBroken }),
    },
    book,
  );
  const bytes = Buffer.from(page);
  for (let at = 0; at < bytes.length; at += size) decoder.write(bytes.subarray(at, at + size));
  const { characters } = decoder.end();
  const { chunks, keys: rest } = book.end();
  const rows = chunks.flatMap(({ json }) => JSON.parse(Buffer.from(json).toString()) as Record<string, unknown>[]);
  return {
    rows,
    chunks,
    end: { ...book.counts, characters, keys: rest },
    keys: chunks.flatMap(({ keys }) => keys),
    text: chunks.map(({ json }) => String(Buffer.from(json))).join(''),
  };
}

describe('a page of incidents', () => {
  test('gives the rows that stand beside it, however its bytes are cut', () => {
    const expected = (JSON.parse(fixture('edr-incidents', 'expected.json')) as unknown[]).slice(0, 3);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (size) => {
        const { rows, end } = decode(fixture('edr-incidents', 'page-1.json'), { size });
        expect(rows).toEqual(expected);
        expect(end).toMatchObject({ records: 3, unreadable: 1 });
      }),
      { numRuns: 20 },
    );
  });

  test('keeps every digit of ids beyond 2^53, in columns and in the record', () => {
    const { rows, text } = decode('[{"id":9007199254740993,"rowId":-8123456789012345678}]');
    expect(rows[0]?.IncidentId).toBe('9007199254740993');
    expect(text).toContain('"Record":{"id":9007199254740993,"rowId":-8123456789012345678}');
  });

  test('takes id and time from the fields of the settings', () => {
    const record = '[{"key":"k1","id":"other","changed":{"at":"2026-03-01T10:30:00Z"}}]';
    const { rows } = decode(record, {
      INCIDENTS_ID_FIELD: 'key',
      INCIDENTS_TIME_FIELD: 'changed.at',
      INCIDENTS_TIME_TOKEN: 'incident.changedat',
    });
    expect(rows).toMatchObject([{ IncidentId: 'k1', UpdatedTime: '2026-03-01T10:30:00.000Z' }]);
  });

  test('leaves to the windows beside the second that they read too, and keeps all else, whatever its time', () => {
    const beside = [
      '2026-03-01T09:59:59Z',
      '2026-03-01T09:59:59.999Z',
      '2026-03-01T11:00:00Z',
      '2026-03-01T11:00:00.999Z',
    ];
    const within = ['2026-03-01T10:00:00Z', '2026-03-01T10:59:59.999Z', '9999-12-31T00:00:00Z', 'no time', 'none'];
    const outside = ['2026-03-01T09:59:58.999Z', '2026-03-01T11:00:01Z', '2026-03-01T12:30:00', '2031-01-01T00:00:00Z'];
    const records = [...beside, ...within, ...outside].map((time) => ({
      id: time,
      ...(time === 'none' ? {} : { updatedOn: time }),
    }));
    const { rows, end, keys } = decode(JSON.stringify(records));
    expect(rows.map(({ IncidentId }) => IncidentId)).toEqual([...within, ...outside]);
    expect(end).toMatchObject({ records: 13, fresh: 13, outside: 4, keys: [] });
    expect(keys).toHaveLength(13);
  });

  test('of nothing but records of the windows beside still tells their keys', () => {
    const { rows, end } = decode('[{"id":"1","updatedOn":"2026-03-01T11:00:00Z"}]');
    expect(rows).toEqual([]);
    expect(end).toMatchObject({ fresh: 1, outside: 0, keys: [expect.any(String)] });
  });

  test('gives an incident and its update two rows, the same one twice a single row, whatever the order of its keys', () => {
    const { rows } = decode('[{"id":"1","s":"a"},{"s":"a","id":"1"},{"id":"1","s":"b"}]');
    expect(rows).toHaveLength(2);
    expect(new Set(rows.map(({ RowKey }) => RowKey)).size).toBe(2);
  });

  test('does not upload again what the ledger knows', () => {
    const page = '[{"id":"1"},{"id":"2"}]';
    const { keys } = decode(page);
    const { rows } = decode(page, { uploaded: new Set(keys.slice(0, 1)) });
    expect(rows.map(({ IncidentId }) => IncidentId)).toEqual(['2']);
  });

  test('tells of text that may not stand in JSON before it is repaired, and counts its records with their rows', () => {
    const told: number[] = [];
    const page = '[{"id":"a"},{"id":"b\u0001"},{"id":"b\u0001"},["\u0002"]]';
    const { chunks, end, rows, keys } = decode(page, { onBroken: ({ at }) => told.push(at) });
    expect(told).toEqual([12, 24, 36]);
    expect(rows.map(({ IncidentId }) => IncidentId)).toEqual(['a', 'b\u0001', undefined]);
    expect(chunks.map(({ repaired }) => repaired)).toEqual([2]);
    expect(end).toMatchObject({ records: 4, repaired: 3, characters: 3 });
    expect(decode(page, { uploaded: new Set(keys) }).chunks).toEqual([]);
  });

  test('does not upload a long incident again that the ledger knows', () => {
    const page = `[{"id":"1","x":"${'y'.repeat(MAX_HELD_BYTES)}"},{"id":"2"}]`;
    const first = decode(page);
    expect(first.keys).toHaveLength(2);
    const { rows, end } = decode(page, { uploaded: new Set(first.keys) });
    expect(rows).toEqual([]);
    expect(end).toMatchObject({ records: 2, fresh: 0 });
  });

  test('spreads a long incident over rows that join to it', () => {
    const record = { id: '1', events: Array.from({ length: 3000 }, (_, n) => ({ id: `RTF_${n}_"é"` })) };
    const { rows } = decode(JSON.stringify([record]));
    expect(rows.length).toBeGreaterThan(1);
    expect(JSON.parse(rows.map(({ RecordPart }) => String(RecordPart)).join(''))).toEqual(record);
    expect(rows.every(({ IncidentId }) => IncidentId === '1')).toBe(true);
  });

  test('keeps an incident beyond the bound as text', () => {
    const huge = `{"id":"1","x":"${'y'.repeat(MAX_HELD_BYTES)}"}`;
    const { rows, end } = decode(`[${huge},{"id":"2"}]`);
    const parts = rows.filter(({ ParseError }) => ParseError !== undefined);
    expect(parts.map(({ RecordPart }) => String(RecordPart)).join('') === huge).toBe(true);
    expect(rows.at(-1)?.IncidentId).toBe('2');
    expect(end).toMatchObject({ records: 2, fresh: 2, unreadable: 1 });
  });

  test.each(['', ' \n\t'])('of nothing but white space (%j) is no page, an empty array is', (text) => {
    expect(() => decode(text)).toThrow('an empty body instead of an array of incidents');
    expect(decode(`${text}[]`).end).toMatchObject({ records: 0 });
  });

  test.each([
    '[{"id":"1"}',
    '[{"id":"1"},',
    '{"incidents":[]}',
    '<html><title>Sorry</title></html>',
    '[{"id":}]',
    'null',
  ])('cut off, malformed or of another form (%j) is an error', (page) => {
    expect(() => decode(page)).toThrow(RetryableError);
  });
});
