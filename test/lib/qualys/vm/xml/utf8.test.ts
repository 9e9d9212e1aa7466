import { describe, expect, test } from 'vitest';
import { codePointOf, isXmlCharacter, putCodePoint, sequenceAt } from '../../../../../src/lib/qualys/vm/xml/utf8.ts';

/** Text as `sequenceAt` tells characters apart. */
function decode(bytes: readonly number[]): string {
  const buffer = Uint8Array.from(bytes);
  let text = '';
  for (let at = 0; at < buffer.length;) {
    const byte = buffer[at] ?? 0;
    const length = byte < 0x80 ? 1 : sequenceAt(buffer, at, buffer.length);
    text += length < 0 ? '\ufffd' : String.fromCodePoint(length === 1 ? byte : codePointOf(buffer, at, length));
    at += Math.abs(length);
  }
  return text;
}

describe('UTF-8', () => {
  test('is told from ill-formed sequences as the Encoding Standard does', () => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    for (let lead = 0x80; lead <= 0xff; lead++) {
      for (let second = 0x70; second <= 0xff; second++) {
        for (const rest of [
          [0x80, 0x80, 0x41],
          [0xbf, 0x41, 0x41],
          [0x41, 0x80, 0x41],
        ]) {
          const bytes = [lead, second, ...rest, 0x41, 0x41];
          const expected = decoder.decode(Uint8Array.from(bytes)).replaceAll(/[\ufffe\uffff]/g, '\ufffd');
          expect(decode(bytes), bytes.map((byte) => byte.toString(16)).join(' ')).toBe(expected);
        }
      }
    }
  });

  test('of a sequence that is not over waits for its rest', () => {
    const [two, three, four] = ['é', '€', '𝄞'].map((text) => Buffer.from(text));
    for (const bytes of [two, three, four]) {
      for (let length = 1; length < (bytes?.length ?? 0); length++) expect(sequenceAt(bytes!, 0, length)).toBe(0);
    }
    expect(sequenceAt(Uint8Array.of(0xe2, 0x28), 0, 2)).toBe(-1);
  });

  test('is written as it is read, for the first and last character of each length', () => {
    for (const code of [0x24, 0x7f, 0x80, 0x7ff, 0x800, 0xfffd, 0x10000, 0x10ffff]) {
      const bytes = new Uint8Array(4);
      const length = putCodePoint(bytes, 0, code);
      expect(Buffer.from(bytes.subarray(0, length)).toString()).toBe(String.fromCodePoint(code));
      if (length > 1) expect([sequenceAt(bytes, 0, length), codePointOf(bytes, 0, length)]).toEqual([length, code]);
    }
  });

  test('holds the characters of XML 1.0 only', () => {
    const legal = [0x9, 0xa, 0xd, 0x20, 0x7f, 0xd7ff, 0xe000, 0xfffd, 0x10000, 0x10ffff];
    const illegal = [0, 0x8, 0xb, 0x1f, 0xd800, 0xdfff, 0xfffe, 0xffff, 0x110000, Infinity];
    expect(legal.filter(isXmlCharacter)).toEqual(legal);
    expect(illegal.filter(isXmlCharacter)).toEqual([]);
  });
});
