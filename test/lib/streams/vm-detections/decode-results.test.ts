import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, detectionOf, hostOf, pageOf, type Decoded } from './decode-support.ts';

function decodeText(text: string, maxResultsBytes?: number): Decoded {
  const results = `<RESULTS format="table"><![CDATA[${text}]]></RESULTS>`;
  const detections = detectionOf('1', results) + detectionOf('2', `<STATUS>New</STATUS>${results}<QDS>75</QDS>`);
  return decode(pageOf(hostOf('7', '', detections)), [], maxResultsBytes === undefined ? {} : { maxResultsBytes });
}

function textsOf({ rows }: Decoded): string[] {
  return rows
    .flatMap(({ DetectionList: { DETECTION: all } }) => all)
    .map(({ RESULTS }) => RESULTS?.['#cdata-section'] ?? '');
}

const MARK = /… \[cut by VM_RESULTS: the first (\d+) of (\d+) bytes\]$/;

describe('RESULTS with a cap', () => {
  test('keep as many whole characters as fit, and say where they were cut', () => {
    const unit = fc.constantFrom('a', '\n', '"', '\\', 'é', '€', '𝄞');
    fc.assert(
      fc.property(fc.array(unit, { minLength: 1, maxLength: 60 }), fc.integer({ min: 10, max: 90 }), (units, cap) => {
        const whole = textsOf(decodeText(`<${units.join('')}>`))[0] ?? '';
        const bytes = Buffer.from(whole);
        for (const text of textsOf(decodeText(whole, cap))) {
          if (bytes.length <= cap) {
            expect(text).toBe(whole);
            continue;
          }
          const [mark = '', kept, all] = MARK.exec(text) ?? [];
          const beginning = text.slice(0, -mark.length);
          expect(whole.startsWith(beginning)).toBe(true);
          expect([Number(kept), Number(all)]).toEqual([Buffer.byteLength(beginning), bytes.length]);
          const next = String.fromCodePoint(whole.codePointAt(beginning.length) ?? 0);
          expect(Number(kept)).toBeLessThanOrEqual(cap);
          expect(Number(kept) + Buffer.byteLength(next)).toBeGreaterThan(cap);
        }
      }),
    );
  });

  test('of none keep nothing of what comes all the same', () => {
    // `VM_PARAMS` may ask for them, or the vendor give what nobody asked for.
    const mark = '… [cut by VM_RESULTS: the first 0 of 3 bytes]';
    expect(textsOf(decodeText('é1', 0))).toEqual([mark, mark]);
  });

  test('leave everything else of a detection as it is', () => {
    const [whole, cut] = [decodeText('x'.repeat(500)), decodeText('x'.repeat(500), 20)].map(({ rows }) =>
      rows
        .flatMap(({ DetectionList: { DETECTION: all } }) => all)
        .map(({ RESULTS, ...rest }) => ({ ...rest, RESULTS: { ...RESULTS, '#cdata-section': '' } })),
    );
    expect(cut).toEqual(whole);
    expect(cut?.[1]).toMatchObject({ STATUS: 'New', QDS: '75', RESULTS: { '@format': 'table' } });
  });

  test('make other keys of the rows they cut, the same with each read, and none of rows they leave', () => {
    const keys = ({ rows }: Decoded): string[] => rows.map(({ RowKey }) => RowKey);
    const text = 'x'.repeat(500);
    expect(keys(decodeText(text, 20))).toEqual(keys(decodeText(text, 20)));
    expect(keys(decodeText(text, 20))).not.toEqual(keys(decodeText(text)));
    expect(keys(decodeText(text, 500))).toEqual(keys(decodeText(text)));
    // What differs behind the cut only, and not in length, is one row.
    expect(keys(decodeText(`${text}a`, 20))).toEqual(keys(decodeText(`${text}b`, 20)));
    expect(keys(decodeText(`${text}aa`, 20))).not.toEqual(keys(decodeText(`${text}b`, 20)));
  });

  test('spare the rows that a long text would go on in', () => {
    const { rows } = decodeText('row\n'.repeat(50_000), 2_000);
    expect(rows).toHaveLength(1);
    expect(decodeText('row\n'.repeat(50_000)).rows.length).toBeGreaterThan(6);
  });
});
