import { TextDecoder } from 'node:util';
import { characterEnd } from './cut-text.ts';
import {
  digestOf,
  MAX_FIELD_BYTES,
  partColumns,
  rowText,
  textColumns,
  type RecordRow,
  type RecordTable,
} from './record-rows.ts';

/** Makes rows of a record that is too long to be held, while its bytes come. */
export type LongRecord = (bytes: Uint8Array, isLast: boolean) => RecordRow[];

/**
 * Starts a record beyond the decoder's bound: its text goes to `RecordPart` as it comes, with an error, so that nothing of it is lost.
 * The keys of its rows are made from its first bytes, and only its last row tells how many there are.
 * @param beginning the bytes held so far; they are still to be given to the record.
 * @param id the record's id as the table's first column has it, where it is known.
 */
export function startLongRecord(
  table: RecordTable,
  beginning: Uint8Array,
  id: string | undefined,
  generatedAt: Date,
): LongRecord {
  const digest = digestOf(table, beginning);
  const error = `the record is above ${beginning.length} bytes`;
  const time = JSON.stringify(generatedAt.toISOString());
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const idColumn = id === undefined ? [] : [{ name: table.columns[0].name, json: JSON.stringify(id) }];
  let rest = Buffer.alloc(0);
  let parts = 0;
  const part = (text: Buffer, isLast: boolean): RecordRow => {
    const key = `${digest}-${++parts}`;
    const columns = [
      ...idColumn,
      ...partColumns(key, parts, isLast ? parts : undefined),
      ...textColumns(text.toString('utf8'), error),
    ];
    return { key, json: rowText(table, time, columns) };
  };
  return (bytes, isLast) => {
    const rows: RecordRow[] = [];
    let text = Buffer.concat([rest, Buffer.from(decoder.decode(bytes, { stream: !isLast }))]);
    while (text.length > MAX_FIELD_BYTES) {
      const end = characterEnd(text, MAX_FIELD_BYTES);
      rows.push(part(text.subarray(0, end), false));
      text = text.subarray(end);
    }
    rest = Buffer.from(text);
    if (isLast) rows.push(part(rest, true));
    return rows;
  };
}
