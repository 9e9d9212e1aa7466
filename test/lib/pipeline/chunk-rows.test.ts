import { describe, expect, test } from 'vitest';
import { nameOfRows, rowsOf, toChunk } from '../../../src/lib/pipeline/chunk-rows.ts';
import { chunkOf } from '../../support/pipeline.ts';

const ROWS = [{ text: 'a "quoted, [one]" \\' }, { nested: [1, { deep: [2, 3] }] }, { last: null }];

describe('the rows of a chunk', () => {
  test('are as many as are asked for, from the first on, each as its bytes are', () => {
    const texts = (most?: number) => rowsOf(chunkOf(...ROWS), most).map((row) => row.toString());
    expect(texts()).toEqual(ROWS.map((row) => JSON.stringify(row)));
    expect(texts(2)).toEqual(texts().slice(0, 2));
    expect(texts(1)).toEqual(texts().slice(0, 1));
  });

  test('make the same chunk again', () => {
    const { json, rows } = toChunk(rowsOf(chunkOf(...ROWS)));
    expect([JSON.parse(Buffer.from(json).toString()), rows]).toEqual([ROWS, 3]);
  });
});

describe('the name of rows', () => {
  const nameOf = (...rows: object[]) => nameOfRows(chunkOf(...rows).json);

  test('follows from their keys, whatever else is in them', () => {
    expect(nameOf({ RowKey: 'a', at: 1 }, { RowKey: 'b' })).toBe(nameOf({ RowKey: 'a', at: 2 }, { RowKey: 'b' }));
    expect(nameOf({ RowKey: 'a' })).not.toBe(nameOf({ RowKey: 'b' }));
  });

  test('follows from their text where one has no key', () => {
    expect(nameOf({ RowKey: 'a' }, { at: 1 })).not.toBe(nameOf({ RowKey: 'a' }, { at: 2 }));
    expect(nameOf({ at: 1 })).not.toBe(nameOf({ at: 2 }));
  });
});
