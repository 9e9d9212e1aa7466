import type { JsonTape } from '../../json/json-tape.ts';
import { compileFieldPaths, type FieldPaths } from '../../json/field-paths.ts';
import { EVENT_COLUMNS, type ColumnKind } from './event-columns.ts';
import { isNearlyIso, readTime } from './event-time.ts';
import { findText, readBoolean, readInteger, valuesOf, type TextSpan } from './event-values.ts';
import { putFilePath } from './file-path.ts';
import { createRowBytes, putAll, putAscii, putByte, putBytes, putText, type RowBytes } from './row-bytes.ts';
import { severityOf, type SeverityLimit } from './severity.ts';

/** Azure cuts fields at 64 KB; a longer text stays in the record only. */
const MAX_FIELD_BYTES = 60_000;
const INT_LIMIT = 2n ** 31n - 1n;
const LONG_LIMIT = 2n ** 63n - 1n;
const QUOTE = 0x22;

export interface RowOptions {
  /** Stands for the time of a record that tells none. */
  readonly generatedAt: Date;
  readonly severityTable: readonly SeverityLimit[];
}

interface CompiledColumn {
  readonly kind: ColumnKind;
  /** `,"Name":` */
  readonly prefix: Buffer;
  readonly slots: Int32Array;
}

/** Writes the typed columns of records. */
export interface RowEncoder {
  readonly row: RowBytes;
  /** Most bytes of a row's columns, so that the row with a part of its record fits in a chunk. */
  readonly maxColumnsBytes: number;
  /** End of `{"TimeGenerated":"…"` in the row, with which its further rows begin too. */
  timeEnd: number;
  readonly columns: readonly CompiledColumn[];
  readonly eventTime: Int32Array;
  readonly severityTable: readonly SeverityLimit[];
  readonly generatedAt: string;
  readonly span: TextSpan;
  severity: string | undefined;
}

/** Paths of all fields that the columns are made from, and further ones. */
export function eventFields(further: readonly string[]): FieldPaths {
  return compileFieldPaths([...EVENT_COLUMNS.flatMap((column) => column.from), ...further]);
}

/** An encoder of rows of up to `maxRowBytes`, `maxColumnsBytes` of which are columns made from fields. */
export function createRowEncoder(
  fields: FieldPaths,
  options: RowOptions,
  maxRowBytes: number,
  maxColumnsBytes: number,
): RowEncoder {
  const slotsOf = (paths: readonly string[]) => Int32Array.from(paths, fields.slotOf);
  const timesOf = (name: string) => EVENT_COLUMNS.find((column) => column.name === name)?.from ?? [];
  return {
    row: createRowBytes(maxRowBytes),
    maxColumnsBytes,
    timeEnd: 0,
    columns: EVENT_COLUMNS.map(({ name, kind, from }) => ({
      kind,
      prefix: Buffer.from(`,"${name}":`),
      slots: slotsOf(from),
    })),
    eventTime: slotsOf([...timesOf('EventTime'), ...timesOf('ProcessedTime')]),
    severityTable: options.severityTable,
    generatedAt: options.generatedAt.toISOString(),
    span: { start: 0, end: 0 },
    severity: undefined,
  };
}

/** Starts a row that knows nothing but when it was made. */
export function putUnknown(encoder: RowEncoder): void {
  encoder.row.length = 0;
  putText(encoder.row, `{"TimeGenerated":"${encoder.generatedAt}"`);
  encoder.timeEnd = encoder.row.length;
}

/**
 * Starts a row with `TimeGenerated` and all typed columns that the record gives; a column whose value is missing, odd
 * or too long is left out, which the table shows as null.
 */
export function putColumns(encoder: RowEncoder, tape: JsonTape): void {
  const { row, columns } = encoder;
  row.length = 0;
  putAscii(row, '{"TimeGenerated":');
  if (!putFirstTime(encoder, tape)) putText(row, `"${encoder.generatedAt}"`);
  encoder.timeEnd = row.length;
  encoder.severity = undefined;
  for (const column of columns) {
    const before = row.length;
    putAll(row, column.prefix);
    if (!putValue(encoder, tape, column)) row.length = before;
  }
}

function putFirstTime(encoder: RowEncoder, tape: JsonTape): boolean {
  for (const slot of encoder.eventTime) {
    if (putTime(encoder, tape, tape.slots[slot] ?? -1)) return true;
  }
  return false;
}

function putValue(encoder: RowEncoder, tape: JsonTape, column: CompiledColumn): boolean {
  switch (column.kind) {
    case 'list':
      return putList(encoder, tape, column.slots);
    case 'filePath':
      return putFilePath(encoder.row, tape, column.slots, fieldRoom(encoder));
    case 'severity':
      return encoder.severity !== undefined && putJsonText(encoder.row, encoder.severity);
    default:
      for (const slot of column.slots) {
        const value = tape.slots[slot] ?? -1;
        if (value >= 0 && putScalar(encoder, tape, value, column.kind)) return true;
      }
      return false;
  }
}

function putScalar(encoder: RowEncoder, tape: JsonTape, value: number, kind: ColumnKind): boolean {
  const { row, span } = encoder;
  switch (kind) {
    case 'string':
      return findText(tape, value, span) && putString(encoder, tape);
    case 'dateTime':
      return putTime(encoder, tape, value);
    case 'boolean': {
      const flag = readBoolean(tape, value, span);
      if (flag !== undefined) putAscii(row, String(flag));
      return flag !== undefined;
    }
    default: {
      const number = readInteger(tape, value, span, kind === 'long' ? LONG_LIMIT : INT_LIMIT);
      if (number === undefined) return false;
      putAscii(row, String(number));
      if (kind === 'score') encoder.severity = severityOf(Number(number), encoder.severityTable);
      return true;
    }
  }
}

/** Longest text that a column may still take. */
function fieldRoom({ row, maxColumnsBytes }: RowEncoder): number {
  return Math.min(MAX_FIELD_BYTES, maxColumnsBytes - row.length);
}

function putString(encoder: RowEncoder, tape: JsonTape): boolean {
  const { row, span } = encoder;
  if (span.end - span.start > fieldRoom(encoder)) return false;
  putByte(row, QUOTE);
  putBytes(row, tape.source, span.start, span.end);
  putByte(row, QUOTE);
  return true;
}

function putJsonText(row: RowBytes, text: string): true {
  putText(row, JSON.stringify(text));
  return true;
}

function putTime({ row, span }: RowEncoder, tape: JsonTape, value: number): boolean {
  if (!findText(tape, value, span)) return false;
  const time = readTime(tape.source, span.start, span.end);
  if (Number.isNaN(time)) return false;
  if (isNearlyIso(tape.source, span.start, span.end)) {
    putByte(row, QUOTE);
    putBytes(row, tape.source, span.start, span.start + 23);
    putAscii(row, 'Z"');
  } else {
    putText(row, `"${new Date(time).toISOString()}"`);
  }
  return true;
}

/** Each text once, in the order in which they were found. */
function putList(encoder: RowEncoder, tape: JsonTape, slots: Int32Array): boolean {
  const { row, span } = encoder;
  const start = row.length;
  const limit = start + fieldRoom(encoder);
  const seen = new Set<string>();
  for (const slot of slots) {
    if ((tape.slots[slot] ?? -1) < 0) continue;
    for (const value of valuesOf(tape, slot)) {
      if (!findText(tape, value, span)) continue;
      const text = tape.source.toString('latin1', span.start, span.end);
      if (seen.has(text)) continue;
      if (row.length + text.length + 4 > limit) return false;
      putByte(row, seen.size === 0 ? 0x5b : 0x2c);
      seen.add(text);
      putString(encoder, tape);
    }
  }
  if (seen.size > 0) putByte(row, 0x5d);
  return seen.size > 0;
}
