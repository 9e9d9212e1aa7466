import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/lib/pipeline/stream.ts';
import { findFields, type Found } from '../../../src/lib/json/find-fields.ts';
import { parseSpelled } from '../../../src/lib/json/parse-json.ts';
import { readColumn } from '../../../src/lib/records/column-values.ts';
import {
  column,
  compileTable,
  type RecordColumn,
  type RecordColumnKind,
  type RecordTable,
} from '../../../src/lib/records/record-table.ts';

/** What a column makes of a record, as text, and the keys of what it holds. */
function textIn(each: RecordColumn, text: string, record: RecordTable['record'] = 'rest') {
  const table = compileTable({ columns: [each], record });
  const held: Found[] = [];
  const json = readColumn(table, table.columns[0]!, findFields(table.fields, parseSpelled(text)), held);
  return { json, held: held.map(({ key }) => key) };
}

function find(each: RecordColumn, record: Json): Json | undefined {
  const { json } = textIn(each, JSON.stringify(record));
  return json === undefined ? undefined : (JSON.parse(Buffer.from(json, 'latin1').toString()) as Json);
}

const read = (kind: RecordColumnKind, value: Json): Json | undefined =>
  find(column('C', kind, 'of a test', 'f'), { f: value });

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
    expect(find(column('C', 'string', 'of a test', 'a', 'b.c', 'd'), record)).toBe('x');
    expect(find(column('C', 'string', 'of a test', 'd', 'b'), record)).toBeUndefined();
  });

  test('collects distinct texts of one value or many', () => {
    const ids = column('C', 'list', 'of a test', 'L.I[].ID', 'other');
    expect(find(ids, { L: { I: { ID: 'a' } } })).toEqual(['a']);
    expect(find(ids, { L: { I: [{ ID: 'a' }, { ID: 'b' }, { ID: 'a' }, {}, 'x'] }, other: 'c' })).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(find(ids, { L: '' })).toBeUndefined();
  });

  test('gives an array path as an array, however many there are', () => {
    const tags = column('C', 'dynamic', 'of a test', 'TAGS.TAG[]');
    expect(find(tags, { TAGS: { TAG: { NAME: 'a' } } })).toEqual([{ NAME: 'a' }]);
    expect(find(tags, { TAGS: '' })).toBeUndefined();
  });

  test('is not fooled by names of the prototype', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'length'])
      expect(find(column('C', 'string', 'of a test', name, `${name}.name`), { a: [] })).toBeUndefined();
  });
});

test('numbers keep all their digits as texts', () => {
  const text = '{"id":9007199254740993,"n":[-9223372036854775808,12,1.50]}';
  expect(textIn(column('C', 'string', 'of a test', 'id'), text).json).toBe('"9007199254740993"');
  expect(textIn(column('C', 'long', 'of a test', 'id'), text).json).toBe('9007199254740993');
  expect(textIn(column('C', 'list', 'of a test', 'n[]'), text).json).toBe('["-9223372036854775808","12","1.50"]');
});

describe('a whole number with a fraction', () => {
  test('is cut where the record is kept whole, and left to the record otherwise', () => {
    const number = column('C', 'int', 'of a test', 'f');
    expect(textIn(number, '{"f":"7.9"}', 'whole').json).toBe('7');
    expect(textIn(number, '{"f":"7.9"}', 'rest')).toEqual({ json: undefined, held: [] });
  });
});

test('a column holds a text, not an element with attributes', () => {
  const text = column('C', 'string', 'of a test', 'f');
  expect(textIn(text, '{"f":"x"}').held).toEqual(['f']);
  expect(textIn(text, '{"f":{"@a":"1","#text":"x"}}')).toEqual({ json: '"x"', held: [] });
});
