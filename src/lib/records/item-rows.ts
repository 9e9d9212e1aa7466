import { createHash } from 'node:crypto';
import { findFields, type Found } from '../json/find-fields.ts';
import { readJson } from '../json/parse-json.ts';
import type { RowText } from '../pipeline/chunk-writer.ts';
import { readColumn } from './column-values.ts';
import type { ItemLimits } from './item-limits.ts';
import { restOf } from './exact-rest.ts';
import type { ItemHandlers, ItemTable } from './item-table.ts';
import { toBytes } from './record-table.ts';
import { splitItem } from './split-item.ts';
import { startTextParts, type TextParts } from './text-parts.ts';

/** Rows of a record that wait for its end, so that they can say how many they are: about 3 MB. */
const MAX_WAITING = 48;
/** As long as no id is known. */
const MAX_WAITING_WITHOUT_ID = 192;
const KEY_DIGITS = 32;
const LONGEST_ERROR = 2_000;

/** A row that waits: items, or text that belongs to none. */
interface Part {
  readonly number: number;
  readonly bytes: Buffer;
  length: number;
  items: number;
  readonly error: string | undefined;
}

/** A record that is being written. */
interface State {
  readonly spec: ItemTable;
  readonly limits: ItemLimits;
  readonly handlers: ItemHandlers;
  readonly time: string;
  /** Memory of rows that were written. */
  readonly free: Buffer[];
  waiting: Part[];
  count: number;
  /** The row being filled with items. */
  open?: Part;
  /** JSON text of the columns, and of what has none; those that stand in one row only until that is written. */
  readonly columns: (string | undefined)[];
  rest?: string | undefined;
  version: string;
  /** Stands for the id where there is none. */
  record: string;
  /** What is to be kept as text, with the reason. */
  readonly left: [string, string][];
  cut?: TextParts | undefined;
}

/** Makes the rows, of at most `limits`, of one record after the other; its memory does not grow with a record. JSON texts have one character a byte. */
export function createItemRows(spec: ItemTable, limits: ItemLimits, generatedAt: Date, handlers: ItemHandlers) {
  const kept = { spec, limits, handlers, time: generatedAt.toISOString(), free: [] };
  const start = (): State => ({ ...kept, waiting: [], count: 0, columns: [], version: '', record: '', left: [] });
  let state = start();
  return {
    add: (item: string): void => addItem(state, item),
    /** XML of an element that fits no row. */
    addText: (xml: Uint8Array, isLast: boolean, error: string): void => addText(state, xml, isLast, error),
    /** The record ends, of which this is the rest. */
    end: (rest: string): void => {
      if (state.open === undefined) openPart(state);
      learn(state, rest);
      for (const [text, error] of state.left) addText(state, Buffer.from(text, 'latin1'), true, error);
      flush(state, true);
      state = start();
    },
  };
}

function addItem(state: State, item: string): void {
  const { limits, spec } = state;
  if (item.length <= limits.text) {
    putItem(state, item).items++;
    return;
  }
  const [first, ...more] = splitItem(item, spec.text, limits) ?? [];
  if (first === undefined) {
    const error = `${spec.item} is too large for a row: RecordPart holds its JSON`;
    addText(state, Buffer.from(item, 'latin1'), true, error);
    return;
  }
  if (more.length > 0 && (state.open?.length ?? 0) > 0) openPart(state);
  putItem(state, first).items++;
  for (const each of more) {
    openPart(state);
    putItem(state, each);
  }
}

function putItem(state: State, item: string): Part {
  let part = state.open ?? openPart(state);
  if (part.length > 0 && part.length + 1 + item.length > state.limits.list) part = openPart(state);
  if (part.length > 0) part.bytes[part.length++] = 0x2c;
  part.length += part.bytes.write(item, part.length, 'latin1');
  return part;
}

function addText(state: State, text: Uint8Array, isLast: boolean, error: string): void {
  if (state.open === undefined) openPart(state);
  state.cut ??= startTextParts(state.limits.field - 16);
  for (const part of state.cut(text, isLast)) {
    // What XML forbids takes six bytes in JSON, and is no XML anyway.
    const json = JSON.stringify(part.toString('utf8').replaceAll(/[^\t\n\r -\u{10ffff}]/gu, '\ufffd'));
    const bytes = Buffer.from(json.slice(1, -1));
    addPart(state, bytes, bytes.length, error);
  }
  if (isLast) state.cut = undefined;
}

/** Begins a row of items. */
function openPart(state: State): Part {
  const bytes = state.free.pop() ?? Buffer.allocUnsafeSlow(state.limits.field);
  return (state.open = addPart(state, bytes, 0, undefined));
}

/** Begins a row. Rows before it are written first where too many wait. */
function addPart(state: State, bytes: Buffer, length: number, error: string | undefined): Part {
  const { handlers, waiting } = state;
  const most = handlers.id() === undefined ? MAX_WAITING_WITHOUT_ID : MAX_WAITING;
  if (waiting.length >= most) {
    learn(state, handlers.takeRecord());
    flush(state, false);
  }
  const part = { number: ++state.count, bytes, length, items: 0, error };
  state.waiting.push(part);
  return part;
}

/** Writes the rows that wait. Before the end of the record its last one stays back: it alone will tell how many they are. */
function flush(state: State, isEnd: boolean): void {
  const { count, free, handlers, waiting } = state;
  const isWhole = waiting.length === count;
  handlers.place(isEnd, () => waiting.map((part) => keyOf(state, part)));
  const frame = frameOf(state);
  state.waiting = [];
  for (const part of waiting) {
    const isLast = part.number === count;
    if (!isEnd && (isLast || part === state.open)) state.waiting.push(part);
    else {
      const isCounted = isEnd && (isLast || isWhole);
      const key = keyOf(state, part);
      handlers.emit({ key, text: textOf(state, frame, part, key, isCounted ? count : undefined), items: part.items });
      if (part.error === undefined) free.push(part.bytes);
    }
  }
}

/** Takes what is known of a record: each column once, and what has none. */
function learn(state: State, json: string): void {
  const { columns, left, limits, spec } = state;
  const { onceFrom, rest: restName, table, version } = spec;
  if (state.handlers.id() === undefined) state.record = json;
  const read = readJson(Buffer.from(json, 'latin1'));
  if (typeof read === 'string') {
    left.push([json, `${restName} is nested too deep: RecordPart holds its JSON`]);
    return;
  }
  state.version = version(read.value) ?? state.version;
  const fields = findFields(table.fields, read.value);
  const held: Found[] = [];
  for (const [index, column] of table.columns.entries()) {
    if (columns[index] !== undefined) continue;
    const own: Found[] = [];
    const value = readColumn(table, column, fields, own);
    const isKept = value === undefined || value.length < (index < onceFrom ? limits.column + 1 : limits.field);
    if (!isKept) continue;
    columns[index] = value;
    held.push(...own);
  }
  const rest = toBytes(restOf(read.value, held));
  if (rest === '{}') return;
  if (rest.length < limits.field - 16 && state.rest === undefined) state.rest = rest;
  else left.push([rest, `${restName} is too large for a row: RecordPart holds its JSON`]);
}

/** What stands in every row before the list and behind it. */
function frameOf({ columns, spec, time }: State): { readonly head: string; readonly tail: string } {
  const { list, listBefore, onceFrom, table } = spec;
  const texts = table.columns.map(({ key }, index) => `,${key}${columns[index] ?? 'null'}`);
  return {
    head: `{"TimeGenerated":"${time}"${table.commonText}${texts.slice(0, listBefore).join('')},"${list}":`,
    tail: texts.slice(listBefore, onceFrom).join(''),
  };
}

function textOf(
  state: State,
  { head, tail }: ReturnType<typeof frameOf>,
  part: Part,
  key: string,
  count: number | undefined,
): RowText {
  const { handlers, spec } = state;
  const bytes = part.bytes.subarray(0, part.length);
  const { time, type } = handlers.report();
  const counts = `,"${spec.count}":${part.items},"ReportType":"${type}","ReportTime":"${time}"`;
  const numbers = `,"RowKey":"${key}","PartNumber":${part.number},"PartCount":${count ?? 'null'}`;
  const behind = `${tail}${takeOnce(state, part)}${counts}${numbers},"RecordPart":`;
  const [open, close] = [`{"${spec.item}":[`, ']}'];
  if (part.error === undefined) {
    const error = handlers.id() === undefined ? JSON.stringify(spec.noId) : 'null';
    const list = type !== 'Whole' && part.length === 0 ? ['null'] : [open, bytes, close];
    return [head, ...list, `${behind}null,"ParseError":${error}}`];
  }
  const error = Buffer.from(`","ParseError":${JSON.stringify(part.error.slice(0, LONGEST_ERROR))}}`);
  return [head, `${open}${close}${behind}"`, bytes, error];
}

/** The columns that stand in one row only: the first, or the next one where they came late. As long as the first one waits they wait for it. */
function takeOnce(state: State, part: Part): string {
  const { columns, rest, spec, waiting } = state;
  const isHere = part.number === 1 || waiting[0]?.number !== 1;
  const once = spec.table.columns.slice(spec.onceFrom).map(({ key }, index) => {
    const json = isHere ? columns[spec.onceFrom + index] : undefined;
    return `,${key}${json ?? 'null'}`;
  });
  const text = `${once.join('')},"${spec.rest}":${isHere ? (rest ?? 'null') : 'null'}`;
  if (isHere) {
    columns.length = Math.min(columns.length, spec.onceFrom);
    state.rest = undefined;
  }
  return text;
}

/**
 * Key of a row: 32 hex digits of SHA-256 over the table's scope, id and version of its record, the report's type if it is not whole, and the text of
 * its list (and of RecordPart where there is one), and the part number. Whenever and however the record is read, an unchanged row has the same key.
 */
function keyOf({ handlers, record, spec, version }: State, { bytes, error, length, number }: Part): string {
  const { scope } = spec.table;
  const sha256 = createHash('sha256').update(scope === undefined ? '' : `${scope}\n`);
  sha256.update(`${handlers.id() ?? ''}\n${version}\n`);
  if (handlers.id() === undefined) sha256.update(record, 'latin1');
  const { type } = handlers.report();
  if (type !== 'Whole') sha256.update(type);
  const text = bytes.subarray(0, length);
  sha256.update(`{"${spec.item}":[`);
  if (error === undefined) sha256.update(text).update(']}');
  else sha256.update(']}').update(text);
  return `${sha256.digest('hex').slice(0, KEY_DIGITS)}-${number}`;
}
