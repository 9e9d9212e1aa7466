import type { JsonTape } from '../../json/json-tape.ts';
import { compileFieldPaths, type FieldPaths } from '../../json/field-paths.ts';
import { EVENT_COLUMNS, type ColumnKind } from './event-columns.ts';
import { isNearlyIso, readTime } from './event-time.ts';
import { findText, readBoolean, readInteger, type TextSpan } from './event-values.ts';
import { putFilePath } from './file-path.ts';
import {
  createRowBytes,
  putAscii,
  putByte,
  putBytes,
  putRowText,
  putShort,
  putText,
  toRowText,
  type RowBytes,
  type RowText,
} from './row-bytes.ts';
import { severityOf, type SeverityLimit } from './severity.ts';
import { createTextList, putTexts, type TextList } from './text-list.ts';

/** Azure cuts fields at 64 KB; a longer text stays in the record only. */
const MAX_FIELD_BYTES = 60_000;
const INT_LIMIT = 2n ** 31n - 1n;
const LONG_LIMIT = 2n ** 63n - 1n;
const TIME_GENERATED = toRowText('{"TimeGenerated":');
const TIME_START = TIME_GENERATED.size;
const QUOTE = 0x22;

export interface RowOptions {
  /** Stands for the time of a record that tells none. */
  readonly generatedAt: Date;
  readonly severityTable: readonly SeverityLimit[];
}

interface CompiledColumn {
  readonly kind: ColumnKind;
  /** `,"Name":` */
  readonly prefix: RowText;
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
  /** The value that `TimeGenerated` was made from. */
  timeValue: number;
  readonly list: TextList;
  readonly severityTexts: ReadonlyMap<string, RowText>;
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
      prefix: toRowText(`,"${name}":`),
      slots: slotsOf(from),
    })),
    eventTime: slotsOf([...timesOf('EventTime'), ...timesOf('ProcessedTime')]),
    severityTable: options.severityTable,
    generatedAt: options.generatedAt.toISOString(),
    span: { start: 0, end: 0 },
    severity: undefined,
    timeValue: -1,
    list: createTextList(),
    severityTexts: new Map(
      options.severityTable.map(({ severity }) => [severity, toRowText(JSON.stringify(severity))]),
    ),
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
  putRowText(row, TIME_GENERATED);
  if (!putFirstTime(encoder, tape)) putText(row, `"${encoder.generatedAt}"`);
  encoder.timeEnd = row.length;
  encoder.severity = undefined;
  for (const column of columns) {
    if (column.kind !== 'severity' && !isPresent(tape, column.slots)) continue;
    const before = row.length;
    putRowText(row, column.prefix);
    if (!putValue(encoder, tape, column)) row.length = before;
  }
}

function isPresent({ slots }: JsonTape, wanted: Int32Array): boolean {
  for (let index = 0; index < wanted.length; index++) {
    if ((slots[wanted[index] ?? 0] ?? -1) >= 0) return true;
  }
  return false;
}

function putFirstTime(encoder: RowEncoder, tape: JsonTape): boolean {
  encoder.timeValue = -1;
  for (const slot of encoder.eventTime) {
    const value = tape.slots[slot] ?? -1;
    if (value < 0 || !putTime(encoder, tape, value)) continue;
    encoder.timeValue = value;
    return true;
  }
  return false;
}

function putValue(encoder: RowEncoder, tape: JsonTape, column: CompiledColumn): boolean {
  switch (column.kind) {
    case 'list':
      return putTexts(encoder.row, encoder.list, tape, column.slots, fieldRoom(encoder));
    case 'filePath':
      return putFilePath(encoder.row, tape, column.slots, fieldRoom(encoder));
    case 'severity':
      return putSeverity(encoder);
    default:
      for (let index = 0; index < column.slots.length; index++) {
        const value = tape.slots[column.slots[index] ?? 0] ?? -1;
        if (value >= 0 && putScalar(encoder, tape, value, column.kind)) return true;
      }
      return false;
  }
}

function putSeverity({ row, severity, severityTexts }: RowEncoder): boolean {
  const text = severity === undefined ? undefined : severityTexts.get(severity);
  if (text !== undefined) putRowText(row, text);
  return text !== undefined;
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
  putShort(row, tape.source, tape.view, span.start, span.end);
  putByte(row, QUOTE);
  return true;
}

function putTime({ row, span, timeValue, timeEnd }: RowEncoder, tape: JsonTape, value: number): boolean {
  if (value === timeValue) {
    putBytes(row, row.bytes, TIME_START, timeEnd);
    return true;
  }
  if (!findText(tape, value, span)) return false;
  const time = readTime(tape.source, span.start, span.end);
  if (Number.isNaN(time)) return false;
  if (isNearlyIso(tape.source, span.start, span.end)) {
    putByte(row, QUOTE);
    putShort(row, tape.source, tape.view, span.start, span.start + 23);
    putAscii(row, 'Z"');
  } else {
    putText(row, `"${new Date(time).toISOString()}"`);
  }
  return true;
}
