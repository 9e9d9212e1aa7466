import { describe, expect, test } from 'vitest';
import {
  readBlock,
  readDeclaration,
  readKeys,
  readResources,
  readStrings,
} from '../../scripts/infra-checks/read-bicep.ts';

describe('a block', () => {
  test('ends at its own bracket, whatever strings and comments hold', () => {
    const text = "x = { a: '}' // }\n  b: /* } */ [ '''\n}''' ] }\nrest }";
    expect(readBlock(text, 0)).toBe("{ a: '}' // }\n  b: /* } */ [ '''\n}''' ] }");
  });

  test('ends at its own bracket with escaped quotation marks and interpolation inside', () => {
    expect(readBlock("{ a: 'it\\'s }' b: '${c}' } d", 0)).toBe("{ a: 'it\\'s }' b: '${c}' }");
  });

  test('without an end is an error', () => {
    expect(() => readBlock('var x = { a: 1', 0)).toThrow(/does not end/);
  });

  test('of an unknown declaration is an error', () => {
    expect(() => readDeclaration('var y = {}', 'var x')).toThrow('var x is not declared');
  });
});

test('the keys of an object are those directly in it, quoted ones too', () => {
  const block = "{\n  a: { inner: 1 }\n  'b-c': [\n    { other: 2 }\n  ]\n  // d: 3\n  e: 'f: 4'\n  g: '${h}'\n}";
  expect(readKeys(block)).toEqual(['a', 'b-c', 'e', 'g']);
});

test('strings with interpolation are left out', () => {
  expect(readStrings("['a', 'b-c', '${d}']")).toEqual(['a', 'b-c']);
});

test('resources are found nested, conditional, in loops and existing', () => {
  const text = `resource a 'Microsoft.A/as@2024-01-01' = if (x) {
  tags: t
  resource b 'bs' = [for c in d: { name: c }]
}

resource e 'Microsoft.E/es@2024-01-01' existing = {
  name: f
}
`;
  expect(readResources(text).map(({ symbol, type, existing }) => ({ symbol, type, existing }))).toEqual([
    { symbol: 'a', type: 'Microsoft.A/as', existing: false },
    { symbol: 'b', type: 'bs', existing: false },
    { symbol: 'e', type: 'Microsoft.E/es', existing: true },
  ]);
  expect(readResources(text)[1]?.body).toBe('[for c in d: { name: c }]');
});
