import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { billedOf } from '../../../src/lib/cost/billed-bytes.ts';
import { decode, detectionOf, hostOf, pageOf } from '../streams/vm-detections/decode-support.ts';

/** The rule as the vendor's page says it. */
function byTheRule(row: Readonly<Record<string, unknown>>): number {
  return Object.values(row)
    .filter((value) => value !== null)
    .map((value) => Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value)))
    .reduce((sum, bytes) => sum + bytes, 0);
}

function encode(rows: readonly object[]): Buffer {
  return Buffer.from(JSON.stringify(rows));
}

const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '\u0001', 'é', '€', '𝄞', '{', ']', ',') });
const row = fc.dictionary(
  text,
  fc.oneof(
    text,
    fc.json().map((json): unknown => JSON.parse(json)),
  ),
  { maxKeys: 6 },
);

describe('billed bytes', () => {
  test('are the text of the values, without names and nulls', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 4 }), (rows) => {
        const { bytes, rows: counted } = billedOf(encode(rows));
        expect(counted).toBe(rows.length);
        expect(bytes).toBe(rows.reduce((sum, each) => sum + byTheRule(each), 0));
      }),
    );
  });

  test('do not depend on how a text is escaped, nor on white space of a dynamic value', () => {
    const json = String.raw`[{"A":"\u0041\u00e9\u20ac\ud834\udd1e\/","B":{ "x" : [ 1,  2 ] }}]`;
    expect(billedOf(Buffer.from(json)).bytes).toBe(Buffer.byteLength('Aé€𝄞/') + '{"x":[1,2]}'.length);
  });

  test('tell what of them a column has', () => {
    const rows = [{ A: 'abc', Record: { a: 'b' } }, { A: 'abc', Record: null }, { B: { Record: 'x' } }];
    expect(billedOf(encode(rows), { column: 'Record' }).optional).toBe('{"a":"b"}'.length);
    expect(billedOf(encode(rows)).optional).toBe(0);
  });

  test('tell what a member of a column has, and what a cap has cut off it', () => {
    const results = (text: string): string => `<RESULTS><![CDATA[${text}]]></RESULTS>`;
    const detections = [results('"RESULTS":{'), results('x'.repeat(500)), ''].map((each, n) =>
      detectionOf(String(n), each),
    );
    const page = pageOf(hostOf('7', '<OS>"RESULTS":{"a":1}</OS>', detections.join('')));
    const part = { column: 'DetectionList', member: 'RESULTS' };
    const measure = (options: { maxResultsBytes?: number }, html = page) =>
      decode(html, [], options).chunks.map(({ json }) => billedOf(json, part))[0]!;
    const none = measure(
      {},
      pageOf(hostOf('7', '<OS>"RESULTS":{"a":1}</OS>', [0, 1, 2].map((n) => detectionOf(String(n))).join(''))),
    );
    const full = measure({});
    expect(none.optional).toBe(0);
    expect(full.bytes - full.optional).toBe(none.bytes);
    const capped = measure({ maxResultsBytes: 100 });
    expect(capped.cut).toBe(400);
    expect(capped.bytes - capped.optional).toBe(none.bytes);
  });
});
