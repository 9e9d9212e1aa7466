import { lastOf, type Fields, type Found } from '../json/find-fields.ts';
import { isMembers, isSpelled } from '../json/parse-json.ts';
import { readTime, USUAL_TIME } from './read-time.ts';
import { toBytes, type CompiledColumn, type CompiledTable, type RecordColumnKind } from './record-table.ts';

const INT_LIMIT = 2n ** 31n - 1n;
const LONG_LIMIT = 2n ** 63n - 1n;
/** Where the XML reader puts the text of an element that has attributes. */
const TEXT_KEYS = ['#text', '#cdata-section'] as const;
const WHOLE = /^[+-]?\d{1,19}$/;
/** A whole number, and what is behind its point. */
const CUT = /^([+-]?\d{1,40})(?:\.\d*)?$/;
const POWER = /^[+-]?\d+(?:\.\d+)?[eE][+-]?\d+$/;
/** What does not stand for itself in a JSON string of one character a byte. */
const ESCAPED = /[^ !#-[\]-~]/;

/**
 * JSON text of a column, one character a byte; undefined where the record has no value or an odd one, which the table shows as null.
 * @param held takes the values that need not stand in `Record` besides.
 */
export function readColumn(
  table: CompiledTable,
  { from, kind, slots }: CompiledColumn,
  fields: Fields,
  held: Found[],
): string | undefined {
  if (typeof kind === 'object')
    return kind.read(
      slots.map((slot) => lastOf(fields, slot)),
      held,
    );
  if (kind === 'list') return listOf(fields, slots);
  for (let n = 0; n < slots.length; n++) {
    const found = fields.slots[slots[n] ?? -1];
    if (found === undefined) continue;
    const isList = from[n]?.includes('[]') === true;
    const json = kind === 'dynamic' ? dynamicOf(found, isList, held) : scalarAt(table, kind, found, isList, held);
    if (json !== undefined) return json;
  }
  return undefined;
}

function listOf({ slots: found }: Fields, slots: readonly number[]): string | undefined {
  const texts: string[] = [];
  for (const slot of slots) {
    for (const { value } of found[slot] ?? []) {
      const text = textOf(value);
      if (text !== undefined) texts.push(jsonOf(text));
    }
  }
  if (texts.length < 2) return texts.length === 0 ? undefined : `[${texts[0] ?? ''}]`;
  return `[${[...new Set(texts)].join(',')}]`;
}

/** An empty element and an empty array are no value. */
function dynamicOf(found: readonly Found[], isList: boolean, held: Found[]): string | undefined {
  const given = found.filter(({ value }) => value !== null && value !== '');
  const [first] = given;
  if (first === undefined) return undefined;
  if (isList) return jsonOf(given.map(({ value }) => value));
  held.push(first);
  return jsonOf(first.value);
}

function scalarAt(
  { record, zoneMinutes }: CompiledTable,
  kind: Exclude<RecordColumnKind, 'list' | 'dynamic'>,
  found: readonly Found[],
  isList: boolean,
  held: Found[],
): string | undefined {
  for (let index = isList ? 0 : found.length - 1; index < found.length; index++) {
    const each = found[index];
    if (each === undefined) continue;
    const json = scalarOf(kind, each.value, zoneMinutes, record !== 'rest');
    if (json === undefined) continue;
    // Of an element with attributes a column holds the text only.
    if (record === 'rest' && typeof each.value === 'string') held.push(each);
    return json;
  }
  return undefined;
}

function scalarOf(
  kind: Exclude<RecordColumnKind, 'list' | 'dynamic'>,
  value: unknown,
  zoneMinutes = 0,
  mayCut = false,
): string | undefined {
  if (kind === 'boolean') return booleanOf(value);
  const text = textOf(value);
  if (text === undefined) return undefined;
  if (kind === 'string') return jsonOf(text);
  if (kind === 'dateTime') return timeOf(text, zoneMinutes);
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
export function wholeNumberOf(value: unknown): number | undefined {
  const text = textOf(value);
  const number = text === undefined ? undefined : integerOf(text, INT_LIMIT);
  return number === undefined ? undefined : Number(number);
}

/** What was written last: a value is compared with the column that was made of it. */
let lastText = '';
let lastJson = '""';

/** A value as JSON without white space, one character a byte. */
export function jsonOf(value: unknown): string {
  if (typeof value !== 'string') return toBytes(JSON.stringify(value));
  if (value === lastText) return lastJson;
  lastText = value;
  lastJson = ESCAPED.test(value) ? toBytes(JSON.stringify(value)) : `"${value}"`;
  return lastJson;
}

/** The text of a value, without the blanks around it: a string, a number as it stands, or an XML element with attributes. A blank one is none. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') {
    const text = value.trim();
    return text === '' ? undefined : text;
  }
  if (typeof value === 'number') return String(value);
  if (isSpelled(value)) return value.rawJSON;
  if (!isMembers(value)) return undefined;
  for (const key of TEXT_KEYS) {
    const member = Object.hasOwn(value, key) ? value[key] : undefined;
    const text = typeof member === 'string' ? textOf(member) : undefined;
    if (text !== undefined) return text;
  }
  return undefined;
}

function timeOf(text: string, zoneMinutes: number): string | undefined {
  if (USUAL_TIME.test(text)) return `"${text.slice(0, 23)}Z"`;
  const time = readTime(text, zoneMinutes);
  return Number.isNaN(time) ? undefined : `"${new Date(time).toISOString()}"`;
}

/** Milliseconds since 1970 of the time found for a slot, or NaN. */
export function millisecondsOf(found: Found | undefined, zoneMinutes = 0): number {
  return readTime(textOf(found?.value) ?? '', zoneMinutes);
}

/** The VM API writes 1 and 0. */
function booleanOf(value: unknown): string | undefined {
  if (typeof value === 'boolean') return String(value);
  const text = typeof value === 'number' || isSpelled(value) ? undefined : textOf(value)?.toLowerCase();
  if (text === '1' || text === 'true') return 'true';
  return text === '0' || text === 'false' ? 'false' : undefined;
}
