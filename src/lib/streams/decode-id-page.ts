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
  long: LongRecord | undefined;
}

/** Decodes a page of a list whose records have no items. */
export function createIdPageDecoder(options: IdPageOptions): ListDecoder<object> {
  const table = compileTable(options.table);
  return createListDecoder(options, (page) => {
    const rows: Rows = { page, table, generatedAt: options.generatedAt, keys: new Set(), long: undefined };
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
function takeLong(rows: Rows, xml: Uint8Array, isLast: boolean, { id: idText, path }: LongElement): void {
  const { generatedAt, page, table } = rows;
  if (!placeRecord(page, idText)) return;
  const error = `${path} is too long to be held: RecordPart holds its XML`;
  const id = idOf(idText)?.toString();
  rows.long ??= startLongRecord(table, { digest: digestOf(table, xml), id, error }, generatedAt);
  addRows(rows, rows.long(xml, isLast));
  if (!isLast) return;
  rows.long = undefined;
  page.unreadable++;
}

function addRows({ keys, page }: Rows, rows: readonly RecordRow[]): void {
  for (const { key, text } of rows) {
    if (keys.has(key)) continue;
    keys.add(key);
    addRow(page, text);
  }
}
