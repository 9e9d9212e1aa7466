import { findFields } from '../json/find-fields.ts';
import { readJson } from '../json/parse-json.ts';
import type { LongElement } from '../qualys/vm/lists/record-list-state.ts';
import { digestOf, recordRows, startLongRecord, type LongRecord, type RecordRow } from '../records/record-rows.ts';
import { compileTable, type CompiledTable, type RecordTable } from '../records/record-table.ts';
import {
  addRow,
  createListDecoder,
  endRecord,
  idOf,
  placeRecord,
  type ListDecoder,
  type ListOptions,
  type ListPage,
} from './decode-list.ts';

/** How a page is decoded. */
export interface IdPageOptions extends ListOptions {
  readonly table: RecordTable;
  readonly generatedAt: Date;
}

interface Rows {
  readonly page: ListPage;
  readonly table: CompiledTable;
  readonly generatedAt: Date;
  /** Keys of the rows written, so that a record that comes twice gives its rows once. */
  readonly keys: Set<string>;
  /** The beginning of an element that is too long to be held, until it is enough for the keys of its rows; and who takes its rest. */
  held: Buffer;
  long: LongRecord | undefined;
}

/** Bytes of such an element by which it is told from others: the keys must not depend on how the page is cut on its way. */
const MOST_KEYED_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);

/** Decodes a page of a list whose records have no items. */
export function createIdPageDecoder(options: IdPageOptions): ListDecoder<object> {
  const table = compileTable(options.table);
  return createListDecoder(options, (page) => {
    const { generatedAt } = options;
    const rows: Rows = { page, table, generatedAt, keys: new Set(), held: NOTHING, long: undefined };
    return {
      record: (json, id) => takeRecord(rows, json, id),
      long: (xml, isLast, element) => takeLong(rows, xml, isLast, element),
      told: () => ({}),
    };
  });
}

function takeRecord(rows: Rows, json: string, idText: string | undefined): void {
  const { generatedAt, page, table } = rows;
  if (placeRecord(page, idText)) {
    const text = Buffer.from(json, 'latin1');
    const read = readJson(text);
    const digest = digestOf(table, text);
    const error =
      idOf(idText) === undefined ? `the record has no ${page.options.shape.id} that is a number` : undefined;
    if (error !== undefined || typeof read === 'string') page.unreadable++;
    addRows(
      rows,
      typeof read === 'string'
        ? startLongRecord(table, { digest, id: idText, error: `the record is ${read}` }, generatedAt)(text, true)
        : recordRows(table, { fields: findFields(table.fields, read.value), text, digest, error }, generatedAt),
    );
  }
  endRecord(page, idText);
}

/** An element that is too long to be held; its record comes without it. */
function takeLong(rows: Rows, xml: Uint8Array, isLast: boolean, element: LongElement): void {
  const { page } = rows;
  if (!placeRecord(page, element.id)) return;
  const bytes = Buffer.concat([rows.held, xml]);
  const isEnough = isLast || rows.long !== undefined || bytes.length >= MOST_KEYED_BYTES;
  rows.held = isEnough ? NOTHING : bytes;
  if (!isEnough) return;
  rows.long ??= startLong(rows, bytes, element);
  addRows(rows, rows.long(bytes, isLast));
  if (!isLast) return;
  rows.long = undefined;
  page.unreadable++;
}

function startLong({ generatedAt, table }: Rows, bytes: Buffer, { id: idText, path }: LongElement): LongRecord {
  const id = idOf(idText)?.toString();
  const keyed = Buffer.concat([Buffer.from(`${id ?? ''} ${path}\n`), bytes.subarray(0, MOST_KEYED_BYTES)]);
  const error = `${path} is too long to be held: RecordPart holds its XML`;
  return startLongRecord(table, { digest: digestOf(table, keyed), id, error }, generatedAt);
}

function addRows({ keys, page }: Rows, rows: readonly RecordRow[]): void {
  for (const { key, text } of rows) {
    if (keys.has(key)) continue;
    keys.add(key);
    addRow(page, text);
  }
}
