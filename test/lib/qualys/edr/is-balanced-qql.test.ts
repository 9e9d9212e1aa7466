import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isBalancedQql } from '../../../../src/lib/qualys/edr/is-balanced-qql.ts';
import { workBesideWords } from '../../../support/growth-of-work.ts';

describe('a condition', () => {
  test.for([
    '',
    'a: \'b\' AND (c: [1 .. 2] OR d: "e")',
    "a: ')'",
    'a: "(["',
    'a: `(\\`',
    "a: 'it\\'s)'",
    'a: "\\\\"',
    "a: '\n(' ",
    'a\\b',
  ])('is balanced: %j', (condition) => {
    expect(isBalancedQql(condition)).toBe(true);
  });

  test.for([
    '(',
    ')',
    '([)]',
    'a)(b',
    "a: '",
    'a: "b',
    'a: `b',
    "a: 'b\\'",
    "a: 'b\\",
    'a: "b\\\\" )',
    "a: 'b' 'c",
    '(\'"\')"',
  ])('is not balanced: %j', (condition) => {
    expect(isBalancedQql(condition)).toBe(false);
  });

  test('is judged as by the grammar of its texts', () => {
    const part = fc.constantFrom("'", '"', '`', '\\', '(', ')', '[', ']', 'a', ' ', "'b'", '"c"', '`d`');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
        const condition = parts.join('');
        const outside = condition
          .replace(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`/gs, '')
          .replace(/[^'"`()[\]]/g, '');
        let rest = outside;
        for (let next = ''; next !== rest;) {
          next = rest;
          rest = rest.replace(/\(\)|\[\]/g, '');
        }
        expect(isBalancedQql(condition)).toBe(rest === '');
      }),
      { numRuns: 2000 },
    );
  });

  test.for(["'", '"\\', "'\\'", '`"', '(', '[('] as const)('of 64 KB of %s is read once', (unit) => {
    expect(workBesideWords(unit, isBalancedQql)).toBeLessThan(50);
  });
});
