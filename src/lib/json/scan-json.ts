import type { FieldPath } from './field-paths.ts';
import { failAt, SCAN, skipSpace, type JsonScan } from './json-scan.ts';
import { CELL, CELL_SIZE, KIND, latin1, nameOf } from './json-tape.ts';
import { scanLiteral, scanNumber, scanString } from './scan-scalar.ts';

/** Deepest nesting that is read. */
export const MAX_DEPTH = 100;
/** Most values of one scan: 32 MiB of tape. */
export const MAX_VALUES = 1 << 20;
/** Values that the tape has room for at first. */
const FIRST_VALUES = 1 << 9;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSING_BRACKET = 0x5d;
const CLOSING_BRACE = 0x7d;

/**
 * Scans the value at `at` strictly by RFC 8259, but for control characters in strings, which are let through and
 * reported. Returns the position behind it, or one of `SCAN`.
 */
export function scanJson(scan: JsonScan, at: number): number {
  scan.length = 0;
  scan.slots.fill(-1);
  scan.controlsInStrings = false;
  return scanValue(scan, at, open(scan, -1, -1), scan.fields, 0);
}

function open(scan: JsonScan, keyStart: number, keyEnd: number): number {
  const value = scan.length;
  if (value >= scan.capacity && !grow(scan)) return SCAN.tooManyValues;
  scan.length = value + CELL_SIZE;
  scan.cells[value + CELL.keyStart] = keyStart;
  scan.cells[value + CELL.keyEnd] = keyEnd;
  return value;
}

/** Doubles the tape; false when it has its largest size. */
function grow(scan: JsonScan): boolean {
  if (scan.capacity >= MAX_VALUES * CELL_SIZE) return false;
  const cells = new Int32Array(Math.max(FIRST_VALUES * CELL_SIZE, 2 * scan.capacity));
  cells.set(scan.cells);
  scan.cells = cells;
  scan.capacity = cells.length;
  return true;
}

function scanValue(scan: JsonScan, at: number, value: number, field: FieldPath | undefined, depth: number): number {
  if (value < 0) return value;
  switch (scan.source[at]) {
    case QUOTE:
      return scanStringValue(scan, at, value, field);
    case 0x7b: {
      if (depth >= MAX_DEPTH) return SCAN.tooDeep;
      return close(scan, value, KIND.object, at, scanObject(scan, at, field, depth + 1), field);
    }
    case 0x5b: {
      if (depth >= MAX_DEPTH) return SCAN.tooDeep;
      return close(scan, value, KIND.array, at, scanArray(scan, at, field, depth + 1), field);
    }
    case 0x74:
      return close(scan, value, KIND.true, at, scanLiteral(scan, at, 'true'), field);
    case 0x66:
      return close(scan, value, KIND.false, at, scanLiteral(scan, at, 'false'), field);
    case 0x6e:
      return close(scan, value, KIND.null, at, scanLiteral(scan, at, 'null'), field);
    default:
      return close(scan, value, KIND.number, at, scanNumber(scan, at), field);
  }
}

function scanStringValue(scan: JsonScan, at: number, value: number, field: FieldPath | undefined): number {
  const end = scanString(scan, at);
  return close(scan, value, scan.isEscaped ? KIND.escapedString : KIND.string, at, end, field);
}

/** Stores a value; `end` may be one of `SCAN`, which is passed on. */
function close(
  scan: JsonScan,
  value: number,
  kind: number,
  at: number,
  end: number,
  field: FieldPath | undefined,
): number {
  if (end < 0) return end;
  const { cells } = scan;
  cells[value] = kind;
  cells[value + CELL.start] = at;
  cells[value + CELL.end] = end;
  cells[value + CELL.next] = scan.length;
  if (field !== undefined) remember(scan, value, kind, field);
  return end;
}

function remember(scan: JsonScan, value: number, kind: number, field: FieldPath): void {
  if (field.slot < 0 || (kind === KIND.array && field.isList)) return;
  scan.cells[value + CELL.earlier] = scan.slots[field.slot] ?? -1;
  scan.slots[field.slot] = value;
}

function scanArray(scan: JsonScan, from: number, field: FieldPath | undefined, depth: number): number {
  const { source } = scan;
  const elementField = field?.isList === true ? field : undefined;
  let at = skipSpace(source, from + 1);
  if (source[at] === CLOSING_BRACKET) return at + 1;
  for (;;) {
    const end = scanValue(scan, at, open(scan, -1, -1), elementField, depth);
    if (end < 0) return end;
    at = skipSpace(source, end);
    if (source[at] === CLOSING_BRACKET) return at + 1;
    if (source[at] !== COMMA) return failAt(scan, at);
    at = skipSpace(source, at + 1);
  }
}

function scanObject(scan: JsonScan, from: number, field: FieldPath | undefined, depth: number): number {
  const { source } = scan;
  let at = skipSpace(source, from + 1);
  if (source[at] === CLOSING_BRACE) return at + 1;
  for (;;) {
    const keyEnd = scanString(scan, at);
    if (keyEnd < 0) return keyEnd;
    // Only where some member is looked for its name is needed.
    const memberField = field === undefined || field.members.size === 0 ? undefined : memberAt(scan, field, at, keyEnd);
    const value = open(scan, at, keyEnd);
    at = skipSpace(source, keyEnd);
    if (source[at] !== COLON) return failAt(scan, at);
    at = skipSpace(source, at + 1);
    const end = scanValue(scan, at, value, memberField, depth);
    if (end < 0) return end;
    at = skipSpace(source, end);
    if (source[at] === CLOSING_BRACE) return at + 1;
    if (source[at] !== COMMA) return failAt(scan, at);
    at = skipSpace(source, at + 1);
  }
}

function memberAt({ source }: JsonScan, { members }: FieldPath, start: number, end: number): FieldPath | undefined {
  const raw = latin1(source, start + 1, end - 1);
  return members.get(raw) ?? (/[\\\x80-\xff]/.test(raw) ? members.get(nameOf(source, start, end)) : undefined);
}
