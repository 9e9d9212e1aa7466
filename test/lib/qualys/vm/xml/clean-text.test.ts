import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTextCleaner } from '../../../../../src/lib/qualys/vm/xml/clean-text.ts';

/** The bytes, cleaned in portions of these sizes, with an A behind them so that nothing is held back. */
function clean(bytes: Uint8Array, sizes: readonly number[]): { text: string; replaced: number } {
  const cleaner = createTextCleaner();
  const parts: Uint8Array[] = [];
  for (let from = 0, n = 0; from < bytes.length; n++) {
    const to = from + (sizes[n % sizes.length] ?? 1);
    parts.push(Buffer.from(cleaner.write(bytes.subarray(from, to))));
    from = to;
  }
  parts.push(cleaner.write(Buffer.from('A')));
  return { text: Buffer.concat(parts).toString(), replaced: cleaner.replaced() };
}

const BYTES = fc
  .array(
    fc.oneof(
      fc.constantFrom('a', '<', 'é', '€', '𝄞', '\ufffd', '\ufffe', '\uffff').map((text) => Buffer.from(text)),
      fc
        .constantFrom([0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0x80], [0xff], [0xed, 0xa0, 0x80], [0xc0, 0xaf])
        .map((list) => Buffer.from(list)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts));

describe('the bytes of a document', () => {
  test('are made UTF-8 as the Encoding Standard does, without the characters that XML forbids, wherever they are cut', () => {
    fc.assert(
      fc.property(BYTES, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }), (bytes, sizes) => {
        const { text, replaced } = clean(bytes, sizes);
        const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
        expect(text).toBe(`${decoded.replaceAll(/[\ufffe\uffff]/g, '\ufffd')}A`);
        const own = Buffer.from(bytes).toString('latin1').split('\u00ef\u00bf\u00bd').length - 1;
        expect(replaced).toBe(text.split('\ufffd').length - 1 - own);
      }),
    );
  });

  test('hold a character back that is not over', () => {
    const cleaner = createTextCleaner();
    expect(String(cleaner.write(Buffer.from([0x61, 0xe2, 0x82])))).toBe('a');
    expect(cleaner.isWithin()).toBe(true);
    expect(String(cleaner.write(Buffer.from([0xac])))).toBe('€');
    expect([cleaner.isWithin(), cleaner.replaced()]).toEqual([false, 0]);
  });
});
