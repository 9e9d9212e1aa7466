import { expect, test } from 'vitest';
import { takeExcess } from '../../../src/lib/streams/held-chunks.ts';

const MEBIBYTE = 1024 * 1024;
const chunk = (name: string, bytes: number) => ({ name, json: Buffer.allocUnsafe(bytes) });
const namesOf = (chunks: readonly { readonly name: string }[]) => chunks.map(({ name }) => name);

test('a page is held up to 24 MiB', () => {
  const held = [chunk('a', 20 * MEBIBYTE), chunk('b', 4 * MEBIBYTE)];
  expect(namesOf(takeExcess(held))).toEqual([]);
  expect(namesOf(held)).toEqual(['a', 'b']);
});

test('what is beyond is given, the oldest first, and no more than that', () => {
  const held = [chunk('a', 1), chunk('b', 8 * MEBIBYTE), chunk('c', 20 * MEBIBYTE)];
  expect(namesOf(takeExcess(held))).toEqual(['a', 'b']);
  expect(namesOf(held)).toEqual(['c']);
  held.push(chunk('d', 4 * MEBIBYTE + 1));
  expect(namesOf(takeExcess(held))).toEqual(['c']);
  expect(namesOf(held)).toEqual(['d']);
});

test('a chunk larger than all that may be held is given at once', () => {
  const held = [chunk('a', 25 * MEBIBYTE)];
  expect(namesOf(takeExcess(held))).toEqual(['a']);
  expect(held).toEqual([]);
});
