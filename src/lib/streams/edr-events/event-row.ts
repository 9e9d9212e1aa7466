import { CELL, KIND, type JsonTape } from '../../json/json-tape.ts';
import type { ColumnKind } from './event-columns.ts';
import type { CompiledColumn, EventPlan } from './event-plan.ts';
import { isNearlyIso, readTime } from '../../records/read-time.ts';
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
const SPACE = 0x20;
const ZERO = 0x30;
const BACKSLASH = 0x5c;

/** What rows are made with. */
export interface RowOptions {
  /** Stands for the time of a record that tells none. */
  readonly generatedAt: Date;
  readonly severityTable: readonly SeverityLimit[];
}

/** Writes the typed columns of records. */
export interface RowEncoder {
  readonly plan: EventPlan;
  readonly row: RowBytes;
  /** Most bytes of a row's columns, so that the row with a part of its record fits in a chunk. */
  readonly maxColumnsBytes: number;
  /** End of `{"TimeGenerated":"…"` in the row, with which its further rows begin too. */
  timeEnd: number;
  /** The value that `TimeGenerated` was made from. */
  timeValue: number;
  readonly generatedAt: string;
  readonly severityTable: readonly SeverityLimit[];
  readonly severityTexts: ReadonlyMap<string, RowText>;
  severity: string | undefined;
  /** Score of the row; NaN when it has none. */
  score: number;
  readonly span: TextSpan;
  readonly list: TextList;
}

/** An encoder of rows of up to `maxColumnsBytes` in columns made from fields, and `restBytes` in others. */
export function createRowEncoder(
  plan: EventPlan,
  { generatedAt, severityTable }: RowOptions,
  maxColumnsBytes: number,
  restBytes: number,
): RowEncoder {
  const rowBytes = maxColumnsBytes + restBytes;
  if (plan.row.bytes.length < rowBytes) plan.row = createRowBytes(rowBytes);
  const severityTexts = severityTable.map(({ severity }) => [severity, toRowText(JSON.stringify(severity))] as const);
  return {
    plan,
    row: plan.row,
    maxColumnsBytes,
    timeEnd: 0,
    timeValue: -1,
    generatedAt: generatedAt.toISOString(),
    severityTable,
    severityTexts: new Map(severityTexts),
    severity: undefined,
    score: Number.NaN,
    span: { start: 0, end: 0 },
    list: createTextList(),
  };
}

/** Starts a row that knows nothing but when it was made. */
export function putUnknown(encoder: RowEncoder): void {
  encoder.row.length = 0;
  encoder.score = Number.NaN;
  putText(encoder.row, `{"TimeGenerated":"${encoder.generatedAt}"`);
  encoder.timeEnd = encoder.row.length;
}

/**
 * Starts a row with `TimeGenerated` and all typed columns that the record gives; a column whose value is missing, odd
 * or too long is left out, which the table shows as null.
 */
export function putColumns(encoder: RowEncoder, tape: JsonTape): void {
  const { row, plan } = encoder;
  row.length = 0;
  putRowText(row, TIME_GENERATED);
  if (!putFirstTime(encoder, tape)) putText(row, `"${encoder.generatedAt}"`);
  encoder.timeEnd = row.length;
  encoder.severity = undefined;
  encoder.score = Number.NaN;
  for (const { slot, columns } of plan.groups) {
    if (slot >= 0 && (tape.slots[slot] ?? -1) < 0) continue;
    for (const column of columns) putColumn(encoder, tape, column);
  }
}

function putColumn(encoder: RowEncoder, tape: JsonTape, column: CompiledColumn): void {
  const { row } = encoder;
  const value = firstValue(tape, column.slots);
  if (value < 0 && column.kind !== 'severity') return;
  const before = row.length;
  putRowText(row, column.prefix);
  if (column.kind === 'string' && putPlain(encoder, tape, value)) return;
  if (!putValue(encoder, tape, column)) row.length = before;
}

function firstValue({ slots }: JsonTape, wanted: readonly number[]): number {
  for (const slot of wanted) {
    const value = slots[slot] ?? -1;
    if (value >= 0) return value;
  }
  return -1;
}

/** Appends a string with its quotes as it stands, where nothing is to be trimmed or looked at closer: the usual case, made short. */
function putPlain({ row, maxColumnsBytes }: RowEncoder, tape: JsonTape, value: number): boolean {
  const { cells, source, view } = tape;
  if (cells[value] !== KIND.string) return false;
  const start = cells[value + CELL.start] ?? 0;
  const end = cells[value + CELL.end] ?? 0;
  const first = source[start + 1] ?? 0;
  const isPlain = first > QUOTE && first < 0x80 && first !== BACKSLASH && source[end - 2] !== SPACE;
  if (!isPlain || end - start > MAX_FIELD_BYTES || end - start > maxColumnsBytes - row.length) return false;
  putShort(row, source, view, start, end);
  return true;
}

function putFirstTime(encoder: RowEncoder, tape: JsonTape): boolean {
  encoder.timeValue = -1;
  for (const slot of encoder.plan.eventTime) {
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
      for (const slot of column.slots) {
        const value = tape.slots[slot] ?? -1;
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
      putInteger(encoder, tape, number);
      if (kind === 'score') putScore(encoder, Number(number));
      return true;
    }
  }
}

function putScore(encoder: RowEncoder, score: number): void {
  encoder.score = score;
  encoder.severity = severityOf(score, encoder.severityTable);
}

/** Appends the number in the span; its text as it stands, where that is the number's shortest one. */
function putInteger({ row, span }: RowEncoder, tape: JsonTape, number: number | bigint): void {
  const isShortest = typeof number === 'number' && (tape.source[span.start] !== ZERO || span.end === span.start + 1);
  if (isShortest) putShort(row, tape.source, tape.view, span.start, span.end);
  else putAscii(row, String(number));
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

function putTime({ row, span, timeValue, timeEnd, plan }: RowEncoder, tape: JsonTape, value: number): boolean {
  if (value === timeValue) {
    putBytes(row, row.bytes, TIME_START, timeEnd);
    return true;
  }
  if (!findText(tape, value, span)) return false;
  const time = readTime(tape.source, span.start, span.end, plan.zoneMinutes);
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
