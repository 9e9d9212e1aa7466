import type { Json } from '../pipeline/stream.ts';
import { readTime } from './read-time.ts';

/** How a column is made from the fields of a record. */
export type RecordColumnKind =
  | 'string'
  | 'dateTime'
  | 'int'
  | 'real'
  | 'boolean'
  /** Distinct texts, as a JSON array. */
  | 'list'
  /** The value as it stands; of an array path, the array. */
  | 'dynamic';

/** A typed column of a table and where its value stands in a record. */
export interface RecordColumn {
  readonly name: string;
  readonly kind: RecordColumnKind;
  /** Paths in the record, dotted, `[]` for one value or an array; the first usable value counts, of a list all do. */
  readonly from: readonly string[];
}

/** A column, written short. */
export function column(name: string, kind: RecordColumnKind, ...from: readonly string[]): RecordColumn {
  return { name, kind, from };
}

const MAX_INT = 2 ** 31 - 1;
/** Where the XML reader puts the text of an element that has attributes. */
const TEXT_KEYS = ['#text', '#cdata-section'] as const;

/** The value of a column and the path it stands at; of a list, which has several paths, none. */
export interface FoundColumn {
  readonly value: Json;
  readonly path?: string;
}

/**
 * Finds the value of a column; undefined where the record has none or an odd one, which the table shows as null.
 * @param record the parsed record.
 * @param zoneMinutes how far ahead of UTC times are that tell no zone.
 */
export function findColumn({ kind, from }: RecordColumn, record: Json, zoneMinutes = 0): FoundColumn | undefined {
  if (kind === 'list') {
    const texts = from.flatMap((path) => valuesAt(record, path)).flatMap((value) => textOf(value) ?? []);
    return texts.length === 0 ? undefined : { value: [...new Set(texts)] };
  }
  return firstOf(from, (path) => {
    const values = valuesAt(record, path);
    const value =
      kind === 'dynamic' ? dynamicOf(path, values) : firstOf(values, (each) => scalarOf(kind, each, zoneMinutes));
    return value === undefined ? undefined : { value, path };
  });
}

/** The text of a value, without the blanks around it: a string, a number, or an XML element with attributes. A blank one is none. */
export function textOf(value: Json): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim();
  if (!isObject(value)) return undefined;
  return firstOf(TEXT_KEYS, (key) => (typeof value[key] === 'string' ? textOf(value[key]) : undefined));
}

/** All values at a dotted path. */
export function valuesAt(record: Json, path: string): Json[] {
  return path.split('.').reduce(
    (values: Json[], segment) => {
      const name = segment.replace('[]', '');
      const found = values.flatMap((value) =>
        isObject(value) && Object.hasOwn(value, name) ? [value[name] ?? null] : [],
      );
      return segment.endsWith('[]')
        ? found.flatMap((value) => (Array.isArray(value) ? (value as Json[]) : [value]))
        : found;
    },
    [record],
  );
}

function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstOf<From, To>(values: readonly From[], read: (value: From) => To | undefined): To | undefined {
  for (const value of values) {
    const found = read(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An empty element and an empty array are no value. */
function dynamicOf(path: string, values: readonly Json[]): Json | undefined {
  const given = values.filter((value) => value !== null && value !== '');
  return path.endsWith('[]') && given.length > 0 ? given : given[0];
}

function scalarOf(
  kind: Exclude<RecordColumnKind, 'list' | 'dynamic'>,
  value: Json,
  zoneMinutes: number,
): Json | undefined {
  if (kind === 'boolean' && typeof value === 'boolean') return value;
  const text = textOf(value);
  if (text === undefined) return undefined;
  switch (kind) {
    case 'string':
      return text;
    case 'dateTime':
      return timeOf(text, zoneMinutes);
    case 'int':
      return /^[+-]?\d{1,10}$/.test(text) && Math.abs(Number(text)) <= MAX_INT ? Number(text) : undefined;
    case 'real':
      return /^[+-]?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : undefined;
    case 'boolean':
      return booleanOf(text.toLowerCase());
  }
}

function timeOf(text: string, zoneMinutes: number): string | undefined {
  const bytes = Buffer.from(text);
  const time = readTime(bytes, 0, bytes.length, zoneMinutes);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

/** The VM API writes 1 and 0. */
function booleanOf(text: string): boolean | undefined {
  if (text === '1' || text === 'true') return true;
  return text === '0' || text === 'false' ? false : undefined;
}
