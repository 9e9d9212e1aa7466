import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/lib/pipeline/stream.ts';
import { parseExact } from '../../../src/lib/records/parse-exact.ts';
import { column, findColumn, type RecordColumnKind } from '../../../src/lib/records/record-columns.ts';

const read = (kind: RecordColumnKind, value: Json): Json | undefined =>
  findColumn(column('C', kind, 'f'), { f: value })?.value;

describe('a column', () => {
  test.each<[RecordColumnKind, Json, Json | undefined]>([
    ['string', ' text ', 'text'],
    ['string', ' ', undefined],
    ['string', 12, '12'],
    ['string', true, undefined],
    ['string', { '@a': '1', '#text': 'x' }, 'x'],
    ['string', { '@a': '1', '#cdata-section': 'y' }, 'y'],
    ['string', ['first', 'second'], undefined],
    ['int', '5', 5],
    ['int', 7, 7],
    ['int', '2147483648', undefined],
    ['int', '1.5', undefined],
    ['int', '0x10', undefined],
    ['real', { '@source': 'service', '#text': '7.5' }, 7.5],
    ['real', '-', undefined],
    ['boolean', '1', true],
    ['boolean', '0', false],
    ['boolean', 'TRUE', true],
    ['boolean', false, false],
    ['boolean', '2', undefined],
    ['dateTime', '2026-01-31T10:00:00Z', '2026-01-31T10:00:00.000Z'],
    ['dateTime', '2020-08-17T04:15:06.000+0000', '2020-08-17T04:15:06.000Z'],
    ['dateTime', 1767225600000, '2026-01-01T00:00:00.000Z'],
    ['dateTime', '1970-01-01T00:00:00.000+0000', undefined],
    ['dateTime', '2026-02-30T00:00:00Z', undefined],
    ['dynamic', { a: [1] }, { a: [1] }],
    ['dynamic', '', undefined],
    ['dynamic', null, undefined],
  ])('of kind %s reads %j as %j', (kind, value, wanted) => {
    expect(read(kind, value)).toEqual(wanted);
  });

  test('takes the first usable of its paths', () => {
    const record = { a: ' ', b: { c: 'x' } };
    expect(findColumn(column('C', 'string', 'a', 'b.c', 'd'), record)).toEqual({ value: 'x', path: 'b.c' });
    expect(findColumn(column('C', 'string', 'd', 'b'), record)).toBeUndefined();
  });

  test('collects distinct texts of one value or many', () => {
    const ids = column('C', 'list', 'L.I[].ID', 'other');
    expect(findColumn(ids, { L: { I: { ID: 'a' } } })?.value).toEqual(['a']);
    expect(findColumn(ids, { L: { I: [{ ID: 'a' }, { ID: 'b' }, { ID: 'a' }, {}, 'x'] }, other: 'c' })?.value).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(findColumn(ids, { L: '' })).toBeUndefined();
  });

  test('gives an array path as an array, however many there are', () => {
    const tags = column('C', 'dynamic', 'TAGS.TAG[]');
    expect(findColumn(tags, { TAGS: { TAG: { NAME: 'a' } } })?.value).toEqual([{ NAME: 'a' }]);
    expect(findColumn(tags, { TAGS: '' })).toBeUndefined();
  });

  test('is not fooled by names of the prototype', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'length'])
      expect(findColumn(column('C', 'string', name, `${name}.name`), { a: [] })).toBeUndefined();
  });
});

test('numbers beyond 2^53 keep their digits as texts, others stay numbers', () => {
  expect(parseExact('{"id":9007199254740993,"n":[-9223372036854775808,12,1.5,1e300]}')).toEqual({
    id: '9007199254740993',
    n: ['-9223372036854775808', 12, 1.5, 1e300],
  });
});
