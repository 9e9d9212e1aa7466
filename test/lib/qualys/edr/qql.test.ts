import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError, FatalError } from '../../../../src/lib/errors.ts';
import {
  EVENT_TYPES,
  type FilterSettings,
  quoteValue,
  typeSlices,
  windowFilter,
  windowSort,
} from '../../../../src/lib/qualys/edr/qql.ts';

const WINDOW = { from: '2026-01-31T12:00:00Z', to: '2026-01-31T12:15:00.000Z' };
const RANGE = "event.eventProcessedTime : ['2026-01-31T12:00:00Z' .. '2026-01-31T12:15:00Z']";

const settings = (more: Partial<FilterSettings> = {}): FilterSettings => ({
  EDR_TIME_TOKEN: 'event.eventProcessedTime',
  EDR_FILTER: undefined,
  EDR_EVENT_TYPES: undefined,
  EDR_MIN_SCORE: 0,
  ...more,
});

describe('windowFilter', () => {
  test('asks for the range only, when nothing narrows it', () => {
    expect(windowFilter(settings(), WINDOW)).toBe(RANGE);
  });

  test('joins every condition by AND in parentheses', () => {
    const all = settings({
      EDR_FILTER: " action: 'Created' or action: 'Running' ",
      EDR_EVENT_TYPES: ['file', 'network'],
      EDR_MIN_SCORE: 5,
    });
    expect(windowFilter(all, WINDOW)).toBe(
      `${RANGE} AND (action: 'Created' or action: 'Running') AND (type:'file' OR type:'network') AND (indicator.score >=5)`,
    );
  });

  test('uses another time token', () => {
    expect(windowFilter(settings({ EDR_TIME_TOKEN: 'event.dateTime' }), WINDOW)).toMatch(/^event\.dateTime : \['/);
  });

  test('narrows to one type, or to none of the known ones', () => {
    expect(windowFilter(settings(), { ...WINDOW, type: 'process' })).toBe(`${RANGE} AND (type:'process')`);
    expect(windowFilter(settings(), { ...WINDOW, type: 'other' })).toBe(
      `${RANGE} AND (NOT (type:'file' OR type:'process' OR type:'network' OR type:'registry' OR type:'mutex'))`,
    );
  });

  test('a score of 1 is the lowest that adds a condition', () => {
    expect(windowFilter(settings({ EDR_MIN_SCORE: 1 }), WINDOW)).toBe(`${RANGE} AND (indicator.score >=1)`);
  });

  test.each(['a) OR (b', "type:'file", '(a', 'x"', '`a', "a: ['1' .. '2'", ']', "a: '\\'"])(
    'EDR_FILTER %j is refused',
    (filter) => {
      expect(() => windowFilter(settings({ EDR_FILTER: filter }), WINDOW)).toThrow(ConfigError);
    },
  );

  test.each(["a: ['1' .. '2']", '(a: \'it)\' or b: "(") and c', 'a: `(`', "a: 'it\\'s)'"])(
    'EDR_FILTER %j is taken',
    (filter) => {
      expect(windowFilter(settings({ EDR_FILTER: filter }), WINDOW)).toBe(`${RANGE} AND (${filter})`);
    },
  );

  test.each(['', 'yesterday', '2026-01-31T12:00:00.500Z'])('the edge %j is refused', (from) => {
    expect(() => windowFilter(settings(), { ...WINDOW, from })).toThrow(
      'from must be an ISO 8601 time on a whole second',
    );
  });
});

describe('slices and sort', () => {
  test('all types and the rest, when none are chosen', () => {
    expect(typeSlices(settings())).toEqual([...EVENT_TYPES, 'other']);
  });

  test('the chosen types only', () => {
    expect(typeSlices(settings({ EDR_EVENT_TYPES: ['file', 'file', 'amsi'] }))).toEqual(['file', 'amsi']);
  });

  test('sorts ascending by the time token, unless set', () => {
    expect(windowSort({ EDR_SORT: undefined, EDR_TIME_TOKEN: 'event.dateTime' })).toBe('[{"event.dateTime":"asc"}]');
    expect(windowSort({ EDR_SORT: '[{"a":"desc"}]', EDR_TIME_TOKEN: 'event.dateTime' })).toBe('[{"a":"desc"}]');
  });
});

/** Where a literal that starts a text ends, and what it says: with and without backslash as an escape. */
function readLiteral(text: string, hasEscapes: boolean): { value: string; rest: string } {
  const quote = text[0];
  let value = '';
  for (let at = 1; at < text.length; at += 1) {
    if (text[at] === quote) return { value, rest: text.slice(at + 1) };
    if (hasEscapes && text[at] === '\\') at += 1;
    value += text[at] ?? '';
  }
  return { value, rest: 'unclosed' };
}

describe('quoteValue', () => {
  const hostile = fc.string({
    unit: fc.constantFrom("'", '"', '`', '\\', ')', ' ', 'a', 'or', ':', '\n', '\u0000', '\u2028', 'ö'),
  });

  test('a literal ends where it should under either reading of the backslash, or the value is refused', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (value) => {
        let literal: string;
        try {
          literal = quoteValue(value);
        } catch (error) {
          expect(error).toBeInstanceOf(FatalError);
          expect(/[`\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(value) || (value.includes("'") && value.includes('"'))).toBe(true);
          return;
        }
        expect(readLiteral(literal, false).rest).toBe('');
        expect(readLiteral(literal, true)).toEqual({ value, rest: '' });
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['file', "'file'"],
    ["it's", '"it\'s"'],
    ['say "x"', '\'say "x"\''],
    ['C:\\dir\\', "'C:\\\\dir\\\\'"],
    ["bogus' or type:'x", '"bogus\' or type:\'x"'],
  ])('%s becomes %s', (value, literal) => {
    expect(quoteValue(value)).toBe(literal);
  });
});
