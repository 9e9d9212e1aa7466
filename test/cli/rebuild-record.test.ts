import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeEvents } from '../../bench/edr-page.ts';
import { rebuildRecord } from '../../cli/rebuild-record.ts';
import { parseSpelled } from '../../src/lib/json/parse-json.ts';
import { homeOf } from '../../src/lib/records/record-table.ts';
import { EVENT_COLUMNS } from '../../src/lib/streams/edr-events/event-columns.ts';
import { runCli, type CliResult } from '../support/run-cli.ts';
import { decode, decodeOne, readFixture, type Row } from '../lib/streams/edr-events/decode-events.ts';
import { oddEvents } from '../lib/streams/edr-events/odd-events.ts';

const REST = { record: 'rest' } as const;

function proven(row: Row): boolean {
  return row.RecordPart !== undefined || rebuildRecord(row)?.isProven === true;
}

describe('a record', () => {
  test('has each column a home of its own', () => {
    const homes = EVENT_COLUMNS.map(homeOf).filter((home) => home !== undefined);
    expect(homes.filter((home, index) => homes.indexOf(home) !== index)).toEqual([]);
  });

  test('is rebuilt from columns and rest with the same members and values, whatever Qualys sends', () => {
    fc.assert(
      fc.property(oddEvents(), (record) => {
        const rows = decode(JSON.stringify([record]), REST).rows;
        expect(rows.map(proven)).toEqual(rows.map(() => true));
        const whole = decode(JSON.stringify([record])).rows;
        expect(rows.map(({ RowKey }) => RowKey)).toEqual(whole.map(({ RowKey }) => RowKey));
      }),
      { numRuns: 500 },
    );
  });

  test('is rebuilt of all that the vendor documents and the bench makes', () => {
    const pages = ['page-1.json', 'page-2.json', 'page-3.json'].map(readFixture);
    for (const page of [...pages, JSON.stringify(makeEvents(500, 1))])
      for (const { json } of decode(page, REST).chunks)
        for (const row of parseSpelled(Buffer.from(json).toString()) as Row[])
          expect(row.ParseError !== undefined || proven(row)).toBe(true);
  });

  test('keeps numbers as they are spelled, and comes back from an export in which all is text', () => {
    const text =
      '{"id":"x","n":1.50,"big":12345678901234567890,"file":{"size":42},"process":{"elevated":true},"asset":{"interfaces":[{"ipAddress":"192.0.2.1"},{"ipAddress":"192.0.2.2"}]}}';
    const row = decodeOne(text, REST);
    expect(JSON.stringify(row.Record)).toBe('{"$rest":[],"n":1.5,"big":12345678901234567000}');
    const sent = decode(`[${text}]`, REST).text;
    const record = /"Record":(\{.*?\}),"RowKey"/.exec(sent)![1]!;
    const exported = Object.fromEntries(
      Object.entries({ ...row, Record: record }).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    );
    expect(rebuildRecord(exported)).toEqual({
      text: '{"asset":{"interfaces":[{"ipAddress":"192.0.2.1"},{"ipAddress":"192.0.2.2"}]},"big":12345678901234567890,"file":{"size":42},"id":"x","n":1.50,"process":{"elevated":true}}',
      isProven: true,
    });
  });

  test('stays whole where a name comes twice', () => {
    const text = '{"id":"x","asset":{"hostName":"a"},"asset":{"platform":"b"}}';
    expect(decode(`[${text}]`, REST).text).toContain(`"Record":${text}`);
  });

  test.each([
    '{"id":"x","\\u0061sset":{"hostName":"a","\\u0062":"\\/"}}',
    '{"id":"x","10":{"9":1},"9":[{"b":2,"10":1.5}],"asset":{"hostName":"a"}}',
    '{"id":"x","__proto__":{"__proto__":1},"asset":{"hostName":"a"}}',
  ])('is proven whatever its names are: %s', (text) => {
    const [row] = decode(`[${text}]`, REST).rows;
    expect(row?.Record).toHaveProperty('$rest');
    expect(rebuildRecord(row!)?.isProven).toBe(true);
  });

  test('is told in parts where it has a member by the name of the mark', () => {
    const row = decodeOne({ id: 'x', $rest: [] }, REST);
    expect(row).toMatchObject({ EventId: 'x', RecordPart: '{"id":"x","$rest":[]}' });
    expect(row).not.toHaveProperty('Record');
  });

  test('is not proven when a column was changed, or with the key of another subscription', () => {
    const row = decodeOne({ id: 'x', type: 'FILE' }, { ...REST, subscription: 'emea' });
    expect(rebuildRecord(row)?.isProven).toBe(true);
    expect(rebuildRecord({ ...row, EventType: 'MUTEX' })?.isProven).toBe(false);
    expect(rebuildRecord({ ...row, QualysSubscription: '' })?.isProven).toBe(false);
  });
});

describe('a long event', () => {
  test.each(['rest', 'none'] as const)('has the same parts with EDR_RECORD=%s as before', (record) => {
    const page = JSON.stringify([{ id: 'x', actor: { arguments: 'a'.repeat(50_000) }, more: 'b'.repeat(20_000) }]);
    const [first, ...others] = decode(page).uploaded;
    // A crash came between its parts, and the setting was changed meanwhile.
    const { rows, uploaded } = decode(page, { record, isUploaded: (key) => key === first });
    expect(uploaded).toEqual(others);
    expect(rows.map(({ PartNumber, PartCount }) => [PartNumber, PartCount])).toEqual([[2, 2]]);
  });
});

describe('without a record', () => {
  test('a row has its columns and the key of the whole record, and nothing to be rebuilt', () => {
    const { Record, ...columns } = decodeOne({ id: 'x', type: 'FILE', more: 1 });
    expect(Record).toBeDefined();
    const row = decodeOne({ id: 'x', type: 'FILE', more: 1 }, { record: 'none' });
    expect(row).toEqual(columns);
    expect(rebuildRecord(row)).toBeUndefined();
  });

  test('what is too long for the columns comes as text all the same', () => {
    const page = JSON.stringify([{ id: 'x', actor: { arguments: 'a'.repeat(70_000) } }]);
    const { rows } = decode(page, { record: 'none' });
    expect(`[${rows.map(({ RecordPart }) => RecordPart).join('')}]`).toBe(page);
  });

  test('so does what is too long as a column alone', () => {
    // A column of texts has quotes around each number.
    const page = JSON.stringify([{ id: 'x', verdict: Array.from({ length: 9900 }, (_, n) => 10_000 + n) }]);
    const { rows } = decode(page, { record: 'none' });
    expect(`[${rows.map(({ RecordPart }) => RecordPart).join('')}]`).toBe(page);
  });
});

describe('qualys rebuild', () => {
  async function rebuild(text: string): Promise<CliResult> {
    const folder = mkdtempSync(join(tmpdir(), 'rebuild-'));
    writeFileSync(join(folder, 'rows.json'), text);
    const result = await runCli(['rebuild', join(folder, 'rows.json')]);
    rmSync(folder, { recursive: true });
    return result;
  }

  test('prints the records of rows that came twice, in any order, as lines or as an array', async () => {
    const long = { id: 'y', actor: { arguments: 'é'.repeat(40_000) } };
    const { rows } = decode(JSON.stringify([{ type: 'FILE', id: 'x' }, long]), REST);
    const records = [JSON.stringify({ actor: long.actor, id: 'y' }), '{"id":"x","type":"FILE"}'];
    const given = [...rows].reverse().concat(rows);
    for (const text of [JSON.stringify(given), given.map((row) => JSON.stringify(row)).join('\n')])
      expect(await rebuild(text)).toEqual({
        code: 0,
        out: `${records.join('\n')}\n`,
        err: '2 records proven by RowKey, 0 not; 0 could not be made.\n',
      });
  });

  test('ends with 1 where a part is missing or a row was changed, and with 2 for what is no JSON', async () => {
    const { rows } = decode(JSON.stringify([{ id: 'y', actor: { arguments: 'a'.repeat(70_000) } }, { id: 'x' }]), REST);
    const changed = rows.slice(1).map((row) => ({ ...row, EventId: 'z' }));
    expect(await rebuild(JSON.stringify(changed))).toMatchObject({
      code: 1,
      err: '0 records proven by RowKey, 1 not; 1 could not be made.\n',
    });
    expect(await rebuild('no')).toMatchObject({ code: 2, out: '' });
  });
});
