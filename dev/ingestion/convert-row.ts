import type { ColumnType, Table } from './tables.ts';

/** A row as it is stored. */
export type Row = Record<string, unknown>;

/** What happens to a value on its way into the table. */
export type Loss = 'cut' | 'dropped' | 'unconverted';

/** Called for each value that does not arrive as it was sent. */
export type LossListener = (loss: Loss, column: string) => void;

/** Longest value of a field, in UTF-8 bytes: the rest is cut off without a word. */
export const LONGEST_FIELD = 65_536;

const DAY_MS = 86_400_000;
/** TimeGenerated outside these bounds is replaced by the time of receipt. */
const OLDEST_TIME_MS = 2 * DAY_MS;
const LATEST_TIME_MS = DAY_MS;

/** Stands for a value that does not fit its column. */
const UNFIT = Symbol('unfit');

/** ISO 8601 with a colon in the offset, as Kusto reads it: the vendor's own `+0000` is not. */
const DATE_TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?(?:Z|[+-]\d\d:\d\d)?)?$/u;
const GUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/iu;
const INT_LIMIT = 2n ** 31n;
const LONG_LIMIT = 2n ** 63n;

function toInteger(value: unknown, limit: bigint): unknown {
  const isInteger = typeof value === 'number' ? Number.isInteger(value) : /^[+-]?\d{1,20}$/u.test(String(value));
  if ((typeof value !== 'number' && typeof value !== 'string') || !isInteger) return UNFIT;
  const integer = BigInt(value);
  return integer >= -limit && integer < limit ? Number(integer) : UNFIT;
}

function toReal(value: unknown): unknown {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : UNFIT;
}

function toBoolean(value: unknown): unknown {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.toLowerCase() : value;
  if (text === 'true' || text === 1) return true;
  return text === 'false' || text === 0 ? false : UNFIT;
}

function toDateTime(value: unknown): unknown {
  if (typeof value !== 'string' || !DATE_TIME.test(value)) return UNFIT;
  const hasZone = /(?:Z|[+-]\d\d:\d\d)$/u.test(value) || value.length === 10;
  const instant = Date.parse(hasZone ? value : `${value}Z`);
  return Number.isNaN(instant) ? UNFIT : new Date(instant).toISOString();
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function convert(value: unknown, type: ColumnType): unknown {
  switch (type) {
    case 'string':
      return toText(value);
    case 'int':
      return toInteger(value, INT_LIMIT);
    case 'long':
      return toInteger(value, LONG_LIMIT);
    case 'real':
      return toReal(value);
    case 'boolean':
      return toBoolean(value);
    case 'dateTime':
      return toDateTime(value);
    case 'guid':
      return typeof value === 'string' && GUID.test(value) ? value : UNFIT;
    case 'dynamic':
      return value;
  }
}

/** The longest start of the text that takes at most so many bytes, cut between characters. */
export function cutText(text: string, mostBytes: number): string {
  const bytes = Buffer.from(text);
  let end = Math.min(bytes.length, mostBytes);
  while (end < bytes.length && end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

/** A dynamic value is measured by its JSON text; cut off, that text is no JSON any more and stays a string. */
function cutField(value: unknown): { value: unknown; isCut: boolean } {
  if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) return { value, isCut: false };
  const text = toText(value);
  if (text.length * 3 <= LONGEST_FIELD || Buffer.byteLength(text) <= LONGEST_FIELD) return { value, isCut: false };
  return { value: cutText(text, LONGEST_FIELD), isCut: true };
}

/** The time a row is filed under, and whether it is the sender's. */
export function fileTime(time: unknown, now: number): { time: string; isReplaced: boolean } {
  const instant = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  const isKept = instant >= now - OLDEST_TIME_MS && instant <= now + LATEST_TIME_MS;
  return { time: new Date(isKept ? instant : now).toISOString(), isReplaced: !isKept };
}

/**
 * The row as the table keeps it: unknown columns are dropped, values take the column's type or become null, long ones
 * are cut. A null stays a null.
 */
export function convertRow(row: Row, table: Table, onLoss: LossListener): Row {
  const kept: Row = {};
  for (const [name, given] of Object.entries(row)) {
    const type = table.columns.get(name);
    if (type === undefined) {
      onLoss('dropped', name);
      continue;
    }
    const converted = given === null ? null : convert(given, type);
    if (converted === UNFIT) onLoss('unconverted', name);
    const { value, isCut } = cutField(converted === UNFIT ? null : converted);
    if (isCut) onLoss('cut', name);
    kept[name] = value;
  }
  return kept;
}
