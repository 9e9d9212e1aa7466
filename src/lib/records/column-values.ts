import { endOf, KIND, latin1, nameOf, startOf, type JsonTape } from '../json/json-tape.ts';
import { memberOf, rawOf, valuesIn } from '../json/walk-tape.ts';
import { isNearlyIso, readTime } from './read-time.ts';
import { toBytes, type CompiledColumn, type CompiledTable, type RecordColumnKind } from './record-table.ts';

const INT_LIMIT = 2n ** 31n - 1n;
const LONG_LIMIT = 2n ** 63n - 1n;
const [SPACE, BACKSLASH, NON_ASCII] = [0x20, 0x5c, 0x80];
/** Where the XML reader puts the text of an element that has attributes. */
const TEXT_KEYS = ['#text', '#cdata-section'] as const;
const WHOLE = /^[+-]?\d{1,19}$/;
/** A whole number, and what is behind its point. */
const CUT = /^([+-]?\d{1,40})(?:\.\d*)?$/;
const POWER = /^[+-]?\d+(?:\.\d+)?[eE][+-]?\d+$/;

/**
 * JSON text of a column, one character a byte; undefined where the record has no value or an odd one, which the table shows as null.
 * @param held takes the values that need not stand in `Record` besides.
 */
export function readColumn(
  table: CompiledTable,
  { from, kind, slots }: CompiledColumn,
  tape: JsonTape,
  held: Set<number>,
): string | undefined {
  if (!isFound(tape, slots)) return undefined;
  if (typeof kind === 'object')
    return kind.read(
      tape,
      slots.map((slot) => tape.slots[slot] ?? -1),
      held,
    );
  if (kind === 'list') return listOf(tape, slots);
  for (let n = 0; n < slots.length; n++) {
    const [path = '', slot = 0] = [from[n], slots[n]];
    if ((tape.slots[slot] ?? -1) < 0) continue;
    const json = kind === 'dynamic' ? dynamicOf(tape, slot, path, held) : scalarAt(table, kind, tape, slot, path, held);
    if (json !== undefined) return json;
  }
  return undefined;
}

function isFound({ slots: found }: JsonTape, slots: readonly number[]): boolean {
  for (const slot of slots) if ((found[slot] ?? -1) >= 0) return true;
  return false;
}

function listOf(tape: JsonTape, slots: readonly number[]): string | undefined {
  const texts: string[] = [];
  for (const slot of slots) {
    if ((tape.slots[slot] ?? -1) < 0) continue;
    for (const value of valuesIn(tape, slot)) {
      const json = stringOf(tape, value);
      if (json !== undefined) texts.push(json);
    }
  }
  if (texts.length < 2) return texts.length === 0 ? undefined : `[${texts[0] ?? ''}]`;
  return `[${[...new Set(texts)].join(',')}]`;
}

/** An empty element and an empty array are no value. */
function dynamicOf(tape: JsonTape, slot: number, path: string, held: Set<number>): string | undefined {
  const given = valuesIn(tape, slot).filter((value) => tape.cells[value] !== KIND.null && rawOf(tape, value) !== '""');
  const [first] = given;
  if (first === undefined) return undefined;
  if (path.endsWith('[]')) return `[${given.map((value) => rawOf(tape, value)).join(',')}]`;
  held.add(first);
  return rawOf(tape, first);
}

function scalarAt(
  { record, zoneMinutes }: CompiledTable,
  kind: Exclude<RecordColumnKind, 'list' | 'dynamic'>,
  tape: JsonTape,
  slot: number,
  path: string,
  held: Set<number>,
): string | undefined {
  for (const value of path.includes('[]') ? valuesIn(tape, slot) : [tape.slots[slot] ?? -1]) {
    const json = scalarOf(kind, tape, value, zoneMinutes, record !== 'rest');
    if (json === undefined) continue;
    // Of an element with attributes a column holds the text only.
    if (record === 'rest' && isString(tape, value)) held.add(value);
    return json;
  }
  return undefined;
}

function scalarOf(
  kind: Exclude<RecordColumnKind, 'list' | 'dynamic'>,
  tape: JsonTape,
  value: number,
  zoneMinutes = 0,
  mayCut = false,
): string | undefined {
  if (kind === 'string') return stringOf(tape, value);
  if (kind === 'dateTime') return timeOf(tape, value, zoneMinutes);
  if (kind === 'boolean') return booleanOf(tape, value);
  const text = textOf(tape, value);
  if (text === undefined) return undefined;
  if (kind === 'real') return /^[+-]?\d{1,15}(\.\d{1,15})?$/.test(text) ? String(Number(text)) : undefined;
  // What a column cuts off must be in `Record`.
  if (!mayCut && !WHOLE.test(text)) return undefined;
  return integerOf(text, kind === 'long' ? LONG_LIMIT : INT_LIMIT)?.toString();
}

/** A whole number, or what stands before its point; undefined beyond the limit. */
function integerOf(text: string, limit: bigint): bigint | number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const digits = CUT.exec(text)?.[1];
  const float = digits === undefined && POWER.test(text) ? Math.trunc(Number(text)) : Number.NaN;
  if (digits === undefined && !Number.isSafeInteger(float)) return undefined;
  const number = BigInt(digits?.replace('+', '') ?? float);
  return number >= -limit && number <= limit ? number : undefined;
}

/** The same of a value, within 32 bits. */
export function wholeNumberOf(tape: JsonTape, value: number): number | undefined {
  const text = value < 0 ? undefined : textOf(tape, value);
  const number = text === undefined ? undefined : integerOf(text, INT_LIMIT);
  return number === undefined ? undefined : Number(number);
}

function isString({ cells }: JsonTape, value: number): boolean {
  return cells[value] === KIND.string || cells[value] === KIND.escapedString;
}

/** Whether a string says what it says without a look at its escapes, and neither begins nor ends with white space. */
function isPlain(tape: JsonTape, value: number): boolean {
  const { cells, source } = tape;
  if (cells[value] !== KIND.string) return false;
  const [start, end] = [startOf(tape, value), endOf(tape, value)];
  return (
    end - start > 2 &&
    isVisible(source[start + 1] ?? 0) &&
    isVisible(source[end - 2] ?? 0) &&
    source[end - 3] !== BACKSLASH
  );
}

function isVisible(byte: number): boolean {
  return byte > SPACE && byte < NON_ASCII && byte !== BACKSLASH;
}

/** The text of a value as a JSON string, one character a byte, without the blanks around it; digits beyond 2^53 stay. */
export function stringOf(tape: JsonTape, value: number): string | undefined {
  if (isPlain(tape, value)) return rawOf(tape, value);
  const text = textOf(tape, value);
  return text === undefined ? undefined : toBytes(JSON.stringify(text));
}

/** The text of a value, without the blanks around it: a string, a number as it stands, or an XML element with attributes. A blank one is none. */
export function textOf(tape: JsonTape, value: number): string | undefined {
  if (tape.cells[value] === KIND.number) return rawOf(tape, value);
  if (isString(tape, value)) {
    const text = nameOf(tape.source, startOf(tape, value), endOf(tape, value)).trim();
    return text === '' ? undefined : text;
  }
  for (const key of TEXT_KEYS) {
    const member = memberOf(tape, value, key);
    const text = member >= 0 && isString(tape, member) ? textOf(tape, member) : undefined;
    if (text !== undefined) return text;
  }
  return undefined;
}

function timeOf(tape: JsonTape, value: number, zoneMinutes: number): string | undefined {
  if (isPlain(tape, value)) return timeIn(tape.source, startOf(tape, value) + 1, endOf(tape, value) - 1, zoneMinutes);
  const text = textOf(tape, value);
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text);
  return timeIn(bytes, 0, bytes.length, zoneMinutes);
}

function timeIn(bytes: Buffer, from: number, to: number, zoneMinutes: number): string | undefined {
  const time = readTime(bytes, from, to, zoneMinutes);
  if (Number.isNaN(time)) return undefined;
  if (isNearlyIso(bytes, from, to)) return `"${latin1(bytes, from, from + 23)}Z"`;
  return `"${new Date(time).toISOString()}"`;
}

/** Milliseconds since 1970 of the time found for a slot, or NaN. */
export function millisecondsOf(tape: JsonTape, value: number, zoneMinutes: number): number {
  const text = value < 0 ? undefined : textOf(tape, value);
  if (text === undefined) return Number.NaN;
  const bytes = Buffer.from(text);
  return readTime(bytes, 0, bytes.length, zoneMinutes);
}

/** The VM API writes 1 and 0. */
function booleanOf(tape: JsonTape, value: number): string | undefined {
  const kind = tape.cells[value];
  if (kind === KIND.true || kind === KIND.false) return String(kind === KIND.true);
  const text = kind === KIND.number ? undefined : textOf(tape, value)?.toLowerCase();
  if (text === '1' || text === 'true') return 'true';
  return text === '0' || text === 'false' ? 'false' : undefined;
}
