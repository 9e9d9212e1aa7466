import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RetryableError } from '../../../src/lib/errors.ts';
import { readElements } from './read-elements.ts';

const SIZES = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
/** Text of an array, as compact or as spread out as one likes. */
const ARRAY_TEXT = fc
  .tuple(fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 6 }), fc.integer({ min: 0, max: 3 }))
  .map(([values, indent]) => JSON.stringify(values, undefined, indent));

describe('elements', () => {
  test('are those that JSON.parse finds, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(ARRAY_TEXT, SIZES, (text, sizes) => {
        const { texts } = readElements(text, sizes);
        expect(texts.map((element): unknown => JSON.parse(element))).toEqual(JSON.parse(text));
        expect(texts).toEqual(readElements(text).texts);
      }),
    );
  });

  test('come with the text they had, numbers beyond 2^53 included', () => {
    const elements = ['{ "id" : 12345678901234567890.0 ,\n "id":-0 }', '1e400', '"\\u00e9\\/"', '[ ]'];
    expect(readElements(`[${elements.join(' , ')}]`, [3]).texts).toEqual(elements);
  });

  test('may be cut behind any number of opening brackets', () => {
    for (let levels = 1; levels <= 100; levels++) {
      const element = `${'['.repeat(levels)}${']'.repeat(levels)}`;
      expect(readElements(`[${element}]`, [levels]).texts).toEqual([element]);
    }
  });

  test('may be larger than what is looked at in one go', () => {
    const large = JSON.stringify({ id: 'x'.repeat(300_000), list: Array.from({ length: 30_000 }, (_, n) => n) });
    const text = `[${large},1,${large}]`;
    expect(readElements(text, [70_001]).texts).toEqual([large, '1', large]);
    expect(readElements(text).texts).toEqual([large, '1', large]);
  });
});

describe('a text without elements', () => {
  test.each(['[]', ' [ \n ] ', '', ' \r\n\t ', '\uFEFF[]', '\uFEFF'])('is an empty array: %j', (text) => {
    expect(readElements(text, [1]).texts).toEqual([]);
  });
});

describe('a malformed text', () => {
  test.each([
    ['[1,]', 3],
    ['[,1]', 1],
    ['[NaN]', 1],
    ['[{"a" 1}]', 6],
    ["[{'a':1}]", 2],
    ['[{"a":1,,"b":2}]', 8],
    ['[{"a":"b"c"}]', 9],
    ['[1 2]', 3],
    ['[]]', 2],
    ['[]x', 2],
    ['[1]\0', 3],
    ['[1\0]', 2],
    ['[\u00a01]', 1],
  ])('is refused with the place: %j at byte %i', (text, place) => {
    for (const sizes of [[1 << 20], [1], [2, 3]]) {
      expect(() => readElements(text, sizes)).toThrow(RetryableError);
      expect(() => readElements(text, sizes)).toThrow(
        new RegExp(`^the page is not well-formed JSON: .* at byte ${place}$`),
      );
    }
  });

  test.each(
    '01 1. .5 - 1e+ +1 tru nulll {"a":1,} {a:1} {"a":} {"a":1] [1} "\\x" "\\u12g4" {"a"} {1:2} [:1]'.split(' '),
  )('is refused with the place of its element: %s', (element) => {
    for (const sizes of [[1 << 20], [1], [2, 3]]) {
      expect(() => readElements(`[1, ${element}]`, sizes)).toThrow(RetryableError);
      expect(() => readElements(`[1, ${element}]`, sizes)).toThrow(
        /^the page is not well-formed JSON: (the element at byte 4 cannot be read|unexpected byte 0x\w\w at byte \d)$/,
      );
    }
  });

  test('is refused where a stray quote turns it inside out, before the rest passes for one long element', () => {
    const rest = JSON.stringify({ id: 'x', text: 'y'.repeat(50) }).repeat(20);
    expect(() => readElements(`[{"a":"b"c"},${rest}`, [10], 100)).toThrow(/unexpected byte 0x63 at byte 9$/);
  });

  test('is refused where JSON.parse refuses it, and taken where JSON.parse takes it', () => {
    const change = fc.tuple(
      fc.nat(),
      fc.constantFrom(...'{}[]",:\\u0e-.+t xA1'.split('')),
      fc.constantFrom('put', 'insert', 'drop'),
    );
    fc.assert(
      fc.property(ARRAY_TEXT, change, SIZES, (text, [where, character, kind], sizes) => {
        const at = 1 + (where % text.length);
        const rest = text.slice(kind === 'insert' ? at : at + 1);
        const changed = `${text.slice(0, at)}${kind === 'drop' ? '' : character}${rest}`;
        const expected = parse(changed);
        if (expected === undefined) expect(() => readElements(changed, sizes)).toThrow(RetryableError);
        else
          expect(readElements(changed, sizes).texts.map((element): unknown => JSON.parse(element))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe('a text that is cut off', () => {
  test('is refused at every place', () => {
    const text = '[{"a":[1,"\\u00e9\\n",{"b":null}],"c":-1.5e3}, true , "x" ]';
    for (let end = 1; end < text.length; end++) {
      expect(() => readElements(text.slice(0, end), [7]), text.slice(0, end)).toThrow(/is cut off: it ends after byte/);
    }
  });
});

describe('a text that is no array', () => {
  test.each(['{"data":[]}', '<html>', 'Unauthorized', '"text"', '\uFEFF{}', '\0'])('is foreign: %j', (text) => {
    for (const sizes of [[1000], [1]])
      expect(() => readElements(text, sizes)).toThrow(`foreign: ${text.replace('\uFEFF', '')}`);
  });

  test('is not read to its end before it is refused', () => {
    expect(() => readElements(`<html>${'x'.repeat(100_000)}`, [1000])).toThrow(/^foreign: <html>x{4090}$/);
  });
});

describe('characters that may not stand in JSON', () => {
  test('bytes that are not UTF-8 become U+FFFD and are counted', () => {
    const [open, bad, close] = ['[{"a', '":"b', '"},"'].map((text) => Buffer.from(text));
    const pieces = [
      open!,
      [0xff],
      bad!,
      [0xc3],
      Buffer.from('","c\uFFFD":"'),
      [0xed, 0xa0, 0x80],
      close!,
      [0xe9],
      Buffer.from('"]'),
    ];
    const { texts, repaired } = readElements(Buffer.concat(pieces.map((piece) => Buffer.from(piece))), [5]);
    expect(texts).toEqual(['{"a\uFFFD":"b\uFFFD","c\uFFFD":"\uFFFD\uFFFD\uFFFD"}', '"\uFFFD"']);
    expect(repaired).toBe(6);
  });

  test('raw control characters in strings become escapes and are counted', () => {
    const { texts, repaired } = readElements('[{"a\tb":"\u0000\n\\n\u001f"},\n"x"]', [3]);
    expect(texts).toEqual(['{"a\\u0009b":"\\u0000\\u000a\\n\\u001f"}', '"x"']);
    expect(repaired).toBe(4);
  });
});

test('a control character behind a backslash is no JSON', () => {
  expect(() => readElements('["a","\\\u0001"]')).toThrow(/the element at byte 5 cannot be read/);
});

describe('an element that is broken', () => {
  const sizes = [[1], [7], [65_536]];

  test.for(sizes)('is told with its place and bytes before it is repaired, cut in pieces of %i', ([size]) => {
    const text = Buffer.from(
      '[{"a":"\u00e9"}, {"a":"b\u0001"},\n"\u00e9",{"a\u0002":"\u001f"},"\u00ff\u00e9"]',
      'latin1',
    );
    const { broken, texts } = readElements(Buffer.concat([Buffer.from('[ "\u00e9\u20ac",'), text.subarray(1)]), [
      size!,
    ]);
    expect(texts).toHaveLength(6);
    expect(broken.map(([, bytes]) => bytes)).toEqual([
      '{"a":"\u00e9"}',
      '{"a":"b\u0001"}',
      '"\u00e9"',
      '{"a\u0002":"\u001f"}',
      '"\u00ff\u00e9"',
    ]);
    expect(broken[0]![0]).toBe(10);
  });

  test.for(sizes)('but kept as text is told too, cut in pieces of %i', ([size]) => {
    const deep = (text: string) => `${'['.repeat(101)}"${text}"${']'.repeat(101)}`;
    const { broken, unscanned } = readElements(`[${deep('a')},${deep('\t')}]`, [size!]);
    expect(unscanned).toHaveLength(2);
    expect(broken).toEqual([[207, deep('\t')]]);
  });

  test.for(sizes)('and too long to be held is told once, with its place, cut in pieces of %i', ([size]) => {
    const good = `"${'\u00e9\u20ac\ud83d\ude00'.repeat(100)}"`;
    expect(readElements(`[${good},\n${good}]`, [size!], 100).broken).toEqual([]);
    const bad = Buffer.from(`[${good},"${'x'.repeat(500)}\u0001\u0002${'x'.repeat(500)}\u0001"]`);
    expect(readElements(bad, [size!], 100).broken).toEqual([[Buffer.byteLength(good) + 2, '']]);
    const other = Buffer.concat([Buffer.from(`["${'x'.repeat(500)}`), Buffer.from([0xff, 0x41]), Buffer.from('"]')]);
    expect(readElements(other, [size!], 100).broken).toEqual([[1, '']]);
  });
});

describe('elements that cannot be scanned', () => {
  test('nested too deeply are handed on as text, whatever their depth', () => {
    const deep = (levels: number) => '[{"a":'.repeat(levels / 2) + '1' + '}]'.repeat(levels / 2);
    expect(readElements(`[${deep(100)}]`, [11]).unscanned).toEqual([]);
    for (const levels of [102, 100_000]) {
      const { unscanned, texts } = readElements(`[1,${deep(levels)},2]`, [1000]);
      expect(unscanned).toEqual(['nested deeper than 100 levels']);
      expect(texts).toEqual(['1', '2']);
    }
  });

  test('a nesting that never ends is a text that is cut off', () => {
    expect(() => readElements('['.repeat(500_000), [10_000])).toThrow(/is cut off/);
  });

  test('with too many values or names are handed on as text', () => {
    const list = (items: string) => `[${items.repeat(70_000)}0]`;
    for (const many of [list('0,0,'), list('{"a":0},'), `{${'"a":0,'.repeat(70_000)}"b":0}`])
      expect(readElements(`[${many}]`, [65_536], 1 << 24).unscanned).toEqual(['more than 131072 values and names']);
    expect(readElements(`[${list('0,')}]`, [65_536], 1 << 24).unscanned).toEqual([]);
  });
});

describe('elements above the bound', () => {
  test('are handed on in pieces that make up the whole, wherever the bytes are cut', () => {
    const long = JSON.stringify({ id: 'i', text: 'a"b\\c{[é'.repeat(40) });
    for (const sizes of [[1 << 20], [1], [7, 64], [300]]) {
      const { long: found, texts } = readElements(`[1,${long},"${'x'.repeat(96)}","${'y'.repeat(99)}",2]`, sizes, 100);
      expect(found.map((text) => Buffer.from(text, 'latin1').toString())).toEqual([long, `"${'y'.repeat(99)}"`]);
      expect(texts).toEqual(['1', `"${'x'.repeat(96)}"`, '2']);
    }
  });

  test('that are cut off are refused', () => {
    expect(() => readElements(`["${'x'.repeat(1000)}`, [64], 100)).toThrow(/is cut off/);
  });
});
