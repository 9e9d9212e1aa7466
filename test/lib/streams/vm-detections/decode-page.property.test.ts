import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, joinRows } from './decode-support.ts';
import { pageArbitrary, uniformPageArbitrary } from './page-arbitrary.ts';
import type { ReferenceHost } from './reference-page.ts';
import { referencePage } from './reference-page.ts';

/** More by hand: `RUNS=5000 npx vitest run …`. */
const RUNS = Number(process.env.RUNS ?? 100);
const SMALL = { maxRowBytes: 4_096, maxChunkBytes: 70_000 };
const SIZES = fc.oneof(
  fc.constant([]),
  fc.constant([1]),
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
  fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 3 }),
);

/** As text where the order of members counts. */
function inOrder({ columns, detections, extras }: ReferenceHost): unknown {
  return {
    columns,
    detections: JSON.stringify(detections),
    extras: Object.entries(extras)
      .map((e) => JSON.stringify(e))
      .sort(),
  };
}

/** The rows, or why there are none. */
function outcome(page: string, sizes: readonly number[]): unknown {
  try {
    const { end, texts } = decode(page, sizes);
    return { texts, end };
  } catch (error) {
    return String(error);
  }
}

describe('decoding a page', () => {
  test('says the same as a simple reading of the whole document', () => {
    fc.assert(
      fc.property(pageArbitrary({ results: 3_000 }), SIZES, (page, sizes) => {
        const { rows } = decode(page, sizes, { maxRowBytes: 12_000, maxChunkBytes: 200_000 });
        // What fits no row has tests of its own.
        fc.pre(rows.every((row) => row.RecordPart === null));
        expect(joinRows(rows).map(inOrder)).toEqual(referencePage(page).map(inOrder));
      }),
      { numRuns: RUNS },
    );
  });

  test('does not depend on how the document comes in portions', () => {
    fc.assert(
      fc.property(pageArbitrary({ results: 4_000 }), SIZES, SIZES, (page, some, others) => {
        const { chunks, end } = decode(page, some, SMALL);
        expect(decode(page, others, SMALL)).toMatchObject({ chunks, end });
      }),
      { numRuns: RUNS },
    );
  });

  test('takes no short cut that the bytes do not allow', () => {
    const edit = fc.record({
      at: fc.nat(),
      remove: fc.nat(2),
      insert: fc.constantFrom(
        '',
        ' ',
        '\n',
        '<',
        '>',
        '&',
        ']]>',
        '<QID>',
        '</QID>',
        '<!-- x -->',
        '<![CDATA[',
        '/',
        '"',
        'x',
        '\u0001',
      ),
    });
    fc.assert(
      fc.property(uniformPageArbitrary(), fc.array(edit, { maxLength: 2 }), SIZES, (page, edits, sizes) => {
        const edited = edits.reduce((text, { at, insert, remove }) => {
          const from = at % text.length;
          return text.slice(0, from) + insert + text.slice(from + remove);
        }, page);
        expect(outcome(edited, sizes)).toEqual(outcome(edited, [1]));
      }),
      { numRuns: RUNS },
    );
  });

  test('says the same as a simple reading of a page whose detections are alike', () => {
    fc.assert(
      fc.property(uniformPageArbitrary(), SIZES, (page, sizes) => {
        fc.pre(!page.includes('<b>'));
        expect(joinRows(decode(page, sizes).rows).map(inOrder)).toEqual(referencePage(page).map(inOrder));
      }),
      { numRuns: RUNS },
    );
  });

  test('keeps every field and chunk within its limit', () => {
    fc.assert(
      fc.property(pageArbitrary({ results: 20_000 }), SIZES, (page, sizes) => {
        const { chunks, rows } = decode(page, sizes, SMALL);
        for (const chunk of chunks) expect(chunk.json.length).toBeLessThanOrEqual(SMALL.maxChunkBytes);
        for (const row of rows) {
          for (const value of Object.values(row)) {
            const text = typeof value === 'string' ? value : JSON.stringify(value);
            expect(Buffer.byteLength(text)).toBeLessThan(SMALL.maxRowBytes);
          }
        }
      }),
      { numRuns: RUNS },
    );
  });
});
