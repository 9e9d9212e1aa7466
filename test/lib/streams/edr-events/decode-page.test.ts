import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { RetryableError } from '../../../../src/lib/errors.ts';
import { createEdrPageDecoder } from '../../../../src/lib/streams/edr-events/decode-page.ts';
import { decode, decodeOne, OPTIONS, readFixture, type Row } from './decode-events.ts';

const PAGES = ['page-1', 'page-2', 'page-3'];
const EXPECTED = JSON.parse(readFixture('expected.json')) as Row[];

function expectColumns(): void {
  const columnsOf = ({ Record: _, ...columns }: Row): Row => columns;
  const rows = PAGES.flatMap((name) => decode(readFixture(`${name}.json`)).rows);
  expect(rows.map(columnsOf)).toEqual(EXPECTED.map(columnsOf));
}

function event(id: unknown, processed?: unknown, further: object = {}): Record<string, unknown> {
  return { id, eventProcessedTime: processed, dateTime: '2026-01-01T00:00:00Z', ...further };
}

describe('the pages of the vendor', () => {
  test('give the expected columns, and whole records', () => {
    expectColumns();
    const pages = PAGES.map((name) => readFixture(`${name}.json`));
    const rows = pages.flatMap((page) => decode(page).rows);
    expect(rows.map((row) => row.Record)).toEqual(pages.flatMap((page) => JSON.parse(page) as unknown[]));
  });

  test.each(PAGES)('%s gives the same rows wherever its bytes are cut', (name) => {
    const page = readFixture(`${name}.json`);
    const whole = decode(page);
    for (const size of [1, 2, 3, 17, 100, 1000]) {
      const cut = decode(page, {}, size);
      expect(cut.text).toBe(whole.text);
      expect(cut.end).toEqual(whole.end);
      expect([cut.uploaded, cut.fetched]).toEqual([whole.uploaded, whole.fetched]);
    }
  });

  test('keep the text of their records', () => {
    const record = '{ "id" : "x", "n":12345678901234567890.10, "n":1e400 }';
    expect(decode(`[${record}]`).text).toContain(`"Record":${record},`);
  });
});

describe('a page without events', () => {
  test.each(['[]', '', ' \n', '[ ]', '\uFEFF[]'])('is complete: %j', (page) => {
    const { chunks, end } = decode(page);
    expect(chunks).toEqual([]);
    expect(end).toMatchObject({ records: 0, newRecords: 0, outside: 0, unreadable: 0 });
  });
});

describe('an answer that is no page', () => {
  test.each([
    [
      '{"data":[{"id":"a"}],"hasMore":true}',
      /a JSON object with the keys data, hasMore instead of an array of events$/,
    ],
    [
      '{"errorCode":"E1","message":"Search failed"}',
      /the keys errorCode, message instead of an array of events: Search failed$/,
    ],
    [`{"data":[${'1,'.repeat(5000)}`, /a JSON object with the keys data instead of an array of events$/],
    [
      '<!DOCTYPE html><html><title>Sign in</title></html>',
      /html instead of an array of events: a web page titled "Sign in"$/,
    ],
    ['Bad Gateway', /a text instead of an array of events: Bad Gateway$/],
  ])('is an error that names what came: %s', (page, message) => {
    for (const size of [1 << 20, 10]) {
      expect(() => decode(page, {}, size)).toThrow(RetryableError);
      expect(() => decode(page, {}, size)).toThrow(message);
    }
  });

  test('is an error when it is malformed or cut off, never a short page', () => {
    const page = readFixture('page-3.json').trimEnd();
    for (let end = 1; end < page.length; end += 37) {
      expect(() => decode(page.slice(0, end), {}, 500)).toThrow(
        /^the page of EDR events is cut off: it ends after byte \d+,/,
      );
    }
    expect(() => decode(page.replace('"type"', '"type'))).toThrow(
      /^the page of EDR events is not well-formed JSON: .* at byte \d+$/,
    );
  });
});

describe('text that may not stand in JSON', () => {
  const page = '[{"id":"a"},{"id":"b\u0001"},{"id":"c","note":"\u0002"},["d\u0003"]]';

  test('is told as it came before it is repaired, and its records are counted with their rows', () => {
    const told: string[] = [];
    const onBroken = ({ at, bytes }: { at: number; bytes: Uint8Array }) => told.push(`${at} ${String(bytes)}`);
    const { chunks, end, rows } = decode(page, { onBroken });
    expect(told).toEqual(['12 {"id":"b\u0001"}', '24 {"id":"c","note":"\u0002"}', '46 ["d\u0003"]']);
    expect(rows.map(({ EventId }) => EventId)).toEqual(['a', 'b\u0001', 'c', undefined]);
    expect(chunks.map(({ repaired }) => repaired)).toEqual([3]);
    expect(end).toMatchObject({ records: 4, repaired: 3, characters: 3 });
  });

  test('is counted with a chunk once, over however many rows its record goes, and not when these were accepted before', () => {
    const long = page.replace('"note":"', `"note":"${'x'.repeat(200_000)}`);
    const parts = decode(long);
    expect(parts.rows).toHaveLength(3 + 4);
    expect(parts.chunks.map(({ repaired }) => repaired)).toEqual([3]);
    const accepted = new Set(parts.uploaded);
    expect(decode(long, { isUploaded: (key) => accepted.has(key) }).chunks).toEqual([]);
  });

  test('can be refused before it is ingested', () => {
    const refuse = () => {
      throw new RetryableError('broken');
    };
    expect(decode('[{"id":"\u00e9\\u0001"}]', { onBroken: refuse }).rows).toHaveLength(1);
    expect(() => decode(page, { onBroken: refuse })).toThrow('broken');
  });
});

describe('the window', () => {
  const window = { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:01:00Z' };
  const idsOf = (events: object[], timeField = 'eventProcessedTime', isFirst = false) => {
    const { rows, end } = decode(JSON.stringify(events), { window: { ...window, isFirst }, timeField });
    return { ids: rows.map((row) => row.EventId), end };
  };

  test('is half-open, and what the windows beside it read is received but not emitted', () => {
    const { ids, end } = idsOf([
      event('before', '2025-12-31T23:59:59.000+0000'),
      event('from', '2026-01-01T00:00:00.000+0000'),
      event('last', '2026-01-01T00:00:59.999+0000'),
      event('to', '2026-01-01T00:01:00.000+0000'),
      event('abroad', '2026-01-01T01:00:30+01:00'),
      event('epoch', Date.parse('2026-01-01T00:00:01Z')),
    ]);
    expect(ids).toEqual(['from', 'last', 'abroad', 'epoch']);
    expect(end).toMatchObject({ records: 6, newRecords: 6, outside: 0 });
  });

  test('drops nothing that no window beside it reads, and counts it', () => {
    const events = [
      event('long before', '2025-12-31T23:59:58.999+0000'),
      event('before', '2025-12-31T23:59:59.000+0000'),
      event('after', '2026-01-01T00:01:00.999+0000'),
      event('long after', '2026-01-01T00:01:01.000+0000'),
    ];
    expect(idsOf(events)).toMatchObject({ ids: ['long before', 'long after'], end: { records: 4, outside: 2 } });
    const first = idsOf(events, 'eventProcessedTime', true);
    expect(first).toMatchObject({ ids: ['long before', 'before', 'long after'], end: { outside: 3 } });
  });

  test.each([
    undefined,
    null,
    ' ',
    'soon',
    8,
    {},
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '1970-01-01T00:00:00.000+0000',
    '9999-12-31T23:59:59Z',
  ])('does not drop an event whose time is %j, which no window would fetch', (time) =>
    expect(idsOf([event('x', time)]).ids).toEqual(['x']),
  );

  test('goes by the field that is set, nested or not', () => {
    const times = { event: { time: '2025-01-01T00:00:00Z' }, dateTime: '2026-01-01T00:00:30Z' };
    expect(idsOf([event('x', undefined, times)], 'event.time').end.outside).toBe(1);
    expect(idsOf([event('x', '2025-01-01T00:00:00Z', times)], 'dateTime').end.outside).toBe(0);
  });
});

describe('the ledgers', () => {
  const page = JSON.stringify([event('a'), event('b'), event('c')]);

  test('a row that was accepted is not emitted again', () => {
    const first = decode(page);
    const again = decode(page, { isUploaded: (key) => key === first.uploaded[1] });
    expect(again.rows.map((row) => row.EventId)).toEqual(['a', 'c']);
    expect(decode(page, { isUploaded: (key) => first.uploaded.includes(key) }).chunks).toEqual([]);
  });

  test('a record that was received is counted as repeated, and its row comes when it was not accepted', () => {
    const first = decode(page);
    const again = decode(page, { isFetched: (key) => first.fetched.slice(0, 2).includes(key) });
    expect(again.end).toMatchObject({ records: 3, newRecords: 1 });
    expect(again.fetched).toEqual([first.fetched[2]]);
    expect(again.rows).toEqual(first.rows);
  });

  test('the same record twice on a page gives one row; a changed one gives its own', () => {
    const changed = event('a', undefined, { score: '9' });
    const { rows, end, fetched } = decode(JSON.stringify([event('a'), event('a'), changed, event('a'), changed]));
    expect(rows.map((row) => row.Score)).toEqual([undefined, 9]);
    // The vendor's index may hold a document twice: on one page that is no repetition.
    expect(end).toMatchObject({ records: 5, newRecords: 5 });
    expect(new Set(fetched).size).toBe(5);
  });

  test('records that give no row are handed out at the end', () => {
    const outside = JSON.stringify([event('a', '2019-12-31T23:59:59.500Z')]);
    const { chunks, end } = decode(outside);
    expect(chunks).toEqual([]);
    expect(end.rest.fetched).toHaveLength(1);
  });

  test('each chunk has the keys of its rows, and of no record whose row comes later', () => {
    const events = Array.from({ length: 200 }, (_, n) => event(`id-${n}`, undefined, { text: 'x'.repeat(30_000) }));
    const { chunks, fetched, uploaded } = decode(JSON.stringify(events), {}, 9999);
    expect(chunks.length).toBeGreaterThan(5);
    for (const chunk of chunks) {
      expect(chunk.json.length).toBeLessThanOrEqual(950_000);
      expect(chunk.uploaded).toHaveLength(chunk.rows);
      expect(chunk.fetched).toHaveLength(chunk.rows);
    }
    expect(new Set(uploaded).size).toBe(200);
    expect(new Set(fetched).size).toBe(200);
  });
});

describe('the key of a row', () => {
  const sha = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

  test('is SHA-256 over the record with sorted keys, and the part', () => {
    const record = '{"z":[{"b":1,"a":"é\\n"}],"id":"x","n":9007199254740993}';
    expect(decodeOne(record).RowKey).toBe(`${sha('{"id":"x","n":9007199254740993,"z":[{"a":"é\\n","b":1}]}')}-1`);
  });

  test('is the same for another order of keys and other white space, in another window', () => {
    const record = '{"id":"x","asset":{"hostName":"h","tags":[{"name":"n","id":1}]}}';
    const other = '{ "asset" : {"tags":[ {"id":1,\n"name":"n"}],"hostName":"h"}, "id":"x" }';
    const key = decodeOne(record).RowKey;
    expect(decodeOne(other, { window: { from: '2021-01-01T00:00:00Z', to: '2021-01-01T00:00:01Z' } }).RowKey).toBe(key);
    expect(decodeOne(record.replace('"h"', '"H"')).RowKey).not.toBe(key);
  });

  test('tells numbers apart that a double does not', () => {
    const [left, right] = ['9007199254740992', '9007199254740993'].map((n) => decodeOne(`{"id":"x","n":${n}}`).RowKey);
    expect(left).not.toBe(right);
  });

  test('is the ledger key, with the number of the part folded in', () => {
    const { rows, uploaded } = decode(JSON.stringify([event('x', undefined, { text: 'y'.repeat(150_000) })]));
    const hash = Buffer.from((rows[0]!.RowKey as string).slice(0, 32), 'hex');
    expect(rows).toHaveLength(3);
    expect(rows.map((row) => row.RowKey)).toEqual([1, 2, 3].map((part) => `${hash.toString('hex')}-${part}`));
    uploaded.forEach((key, index) => {
      const expected = Buffer.from(hash);
      expected[15]! ^= index;
      expect(key).toBe(expected.toString('latin1'));
    });
  });
});

test('a page with more kinds of keys than are remembered leaves the next ones right', () => {
  const strange = Array.from({ length: 9000 }, (_, n) => ({ id: `id-${n}`, [`key-${n}`]: n, type: 'FILE' }));
  expect(decode(JSON.stringify(strange)).rows.map((row) => row.EventType)).toEqual(Array(9000).fill('FILE'));
  expectColumns();
});

test('pages that are decoded side by side do not mix', () => {
  const pages = PAGES.map((name) => Buffer.from(readFixture(`${name}.json`)));
  const decoders = pages.map(() => createEdrPageDecoder(OPTIONS));
  const rows: Row[][] = pages.map(() => []);
  for (let at = 0; at < Math.max(...pages.map((page) => page.length)); at += 100) {
    pages.forEach((page, index) => decoders[index]!.write(page.subarray(at, at + 100)));
  }
  decoders.forEach((decoder, index) => {
    for (const chunk of decoder.end().chunks)
      rows[index]!.push(...(JSON.parse(Buffer.from(chunk.json).toString()) as Row[]));
  });
  expect(rows).toEqual(pages.map((page) => decode(page).rows));
});
