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

  test('tells names that hold line feeds from others', () => {
    const values = [
      { a: 1, b: 2 },
      { 'a\nb': 1 },
      { 'b\nc': 1, a: 2 },
      { b: 1, 'c\na': 2 },
      { c: 0, b: 1, a: 2 },
      { 'c\nb\na': 2 },
    ];
    expect(readElements(JSON.stringify([...values, ...values])).canonical).toEqual(
      [...values, ...values].map(canonical),
    );
  });

  test('holds for names that an object has in an order of its own, or does not take', () => {
    const spelled = '{"b":{"__proto__":1,"9":1.0,"10":2},"a\\u0000":1,"a":2,"__proto__":{"z":1,"y":2}}';
    const sorted = '{"__proto__":{"y":2,"z":1},"a":2,"a\\u0000":1,"b":{"10":2,"9":1.0,"__proto__":1}}';
    expect(readElements(`[${spelled}]`).canonical).toEqual([sorted]);
  });

  test('keeps numbers that a double spells otherwise, wherever they stand', () => {
    const number = fc.tuple(fc.bigInt(), fc.constantFrom('', '.0', '.50', 'e2', 'E-7')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(number, { minLength: 1 }), (numbers) => {
        const text = `{"l":[${numbers.join(',')}],"n":${numbers.at(-1)!}}`;
        expect(readElements(`[${text}]`, [5]).canonical).toEqual([text]);
      }),
    );
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
