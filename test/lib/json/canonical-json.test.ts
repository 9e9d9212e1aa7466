import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readElements } from './read-elements.ts';

/** The same form, made the slow way. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}

const WORDS = ['id', 'score', 'asset', 'Z', 'é', 'a"b', '\u2028', '\uFFFD', '😀'];
/** Objects with keys of a few kinds, so that they meet again. */
const VALUE = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...WORDS), tie('node'), { maxKeys: 6 }),
  ),
})).node;

describe('canonical text', () => {
  test('is compact, with sorted keys, and strings as JSON.stringify writes them', () => {
    fc.assert(
      fc.property(fc.array(VALUE, { maxLength: 8 }), fc.integer({ min: 0, max: 2 }), (values, indent) => {
        const { canonical: found } = readElements(JSON.stringify(values, undefined, indent), [50]);
        expect(found).toEqual(values.map(canonical));
      }),
    );
  });

  test('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.array(VALUE, { minLength: 1, maxLength: 8 }), (values) => {
        const text = JSON.stringify(values);
        expect(readElements(JSON.stringify(reversed(values))).canonical).toEqual(readElements(text).canonical);
      }),
    );
  });

  test('does not depend on how a string is escaped', () => {
    const spellings = ['{"é":"a/b\\n"}', '{"\\u00e9":"\\u0061\\/b\\u000A"}', '{"\\u00E9":"a\\/b\\n"}'];
    expect(readElements(`[${spellings.join(',')}]`).canonical).toEqual(Array(3).fill('{"é":"a/b\\n"}'));
  });

  test('keeps numbers as they stand', () => {
    const numbers = ['9007199254740992', '9007199254740993', '1.0', '1', '1e2', '-0'];
    expect(readElements(`[${numbers.join(' , ')}]`).canonical).toEqual(numbers);
  });

  test('keeps repeated keys in their order', () => {
    expect(readElements('[{"b":1,"a":2,"b":0,"a":1}]').canonical).toEqual(['{"a":2,"a":1,"b":1,"b":0}']);
  });

  test('sorts keys by UTF-16 code units', () => {
    expect(readElements('[{"\uFFFD":1,"😀":2,"10":3,"9":4}]').canonical).toEqual(['{"10":3,"9":4,"😀":2,"\uFFFD":1}']);
  });

  test('holds for more kinds of objects than are remembered', () => {
    const values = Array.from({ length: 9000 }, (_, n) => ({ [`k${n}`]: 1, b: { z: n, a: [{ y: 1, x: 2 }] }, a: 0 }));
    expect(readElements(JSON.stringify(values)).canonical).toEqual(values.map(canonical));
  });

  test('holds for objects of very many keys', () => {
    const value = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${(n * 7919) % 20_000}`, n]));
    expect(readElements(JSON.stringify([value, value])).canonical).toEqual([canonical(value), canonical(value)]);
  });
});
