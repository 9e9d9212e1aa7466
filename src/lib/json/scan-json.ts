import type { FieldPath } from './field-paths.ts';
import { failAt, SCAN, skipSpace, type JsonScan } from './json-scan.ts';
import { CELL, CELL_SIZE, COMPACT, KIND } from './json-tape.ts';
import { insideOf, type KeyNode } from './key-tree.ts';
import { isKeyAt, scanKey } from './scan-key.ts';
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
  scan.backslash = -1;
  scan.controlsInStrings = false;
  return scanValue(scan, at, open(scan, -1, -1), scan.keys.root, scan.fields, 0);
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

/** `key` is what the value stands under, where its objects' keys are remembered. */
function scanValue(
  scan: JsonScan,
  at: number,
  value: number,
  key: KeyNode | undefined,
  field: FieldPath | undefined,
  depth: number,
): number {
  if (value < 0) return value;
  switch (scan.source[at]) {
    case QUOTE:
      return scanStringValue(scan, at, value, field);
    case 0x7b: {
      if (depth >= MAX_DEPTH) return SCAN.tooDeep;
      return close(scan, value, KIND.object, at, scanObject(scan, at, value, key, field, depth + 1), field);
    }
    case 0x5b: {
      if (depth >= MAX_DEPTH) return SCAN.tooDeep;
      return close(scan, value, KIND.array, at, scanArray(scan, at, key, field, depth + 1), field);
    }
    case 0x74:
      return closeScalar(scan, value, KIND.true, at, scanLiteral(scan, at, 'true'), field);
    case 0x66:
      return closeScalar(scan, value, KIND.false, at, scanLiteral(scan, at, 'false'), field);
    case 0x6e:
      return closeScalar(scan, value, KIND.null, at, scanLiteral(scan, at, 'null'), field);
    default:
      return closeScalar(scan, value, KIND.number, at, scanNumber(scan, at), field);
  }
}

function scanStringValue(scan: JsonScan, at: number, value: number, field: FieldPath | undefined): number {
  const end = scanString(scan, at);
  return closeScalar(scan, value, scan.isEscaped ? KIND.escapedString : KIND.string, at, end, field);
}

/** Stores a value that holds no others; `end` may be one of `SCAN`, which is passed on. */
function closeScalar(
  scan: JsonScan,
  value: number,
  kind: number,
  at: number,
  end: number,
  field: FieldPath | undefined,
): number {
  const { cells } = scan;
  cells[value + CELL.shape] = kind !== KIND.escapedString && cells[value + CELL.keyEnd] === at - 1 ? COMPACT : 0;
  return close(scan, value, kind, at, end, field);
}

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

function scanArray(
  scan: JsonScan,
  from: number,
  key: KeyNode | undefined,
  field: FieldPath | undefined,
  depth: number,
): number {
  const { source } = scan;
  const elementField = field?.isList === true ? field : undefined;
  let at = skipSpace(source, from + 1);
  if (source[at] === CLOSING_BRACKET) return at + 1;
  for (;;) {
    const end = scanValue(scan, at, open(scan, -1, -1), key, elementField, depth);
    if (end < 0) return end;
    at = skipSpace(source, end);
    if (source[at] === CLOSING_BRACKET) return at + 1;
    if (source[at] !== COMMA) return failAt(scan, at);
    at = skipSpace(source, at + 1);
  }
}

function scanObject(
  scan: JsonScan,
  from: number,
  object: number,
  key: KeyNode | undefined,
  field: FieldPath | undefined,
  depth: number,
): number {
  const { source } = scan;
  let node = key === undefined ? undefined : insideOf(scan.keys, key);
  let at = skipSpace(source, from + 1);
  while (source[at] !== CLOSING_BRACE) {
    const expected: KeyNode | undefined = node?.expected;
    const isExpected = expected !== undefined && isKeyAt(scan, at, expected);
    const keyEnd = isExpected ? at + expected.size - 1 : scanKey(scan, at, node, field);
    if (keyEnd < 0) return keyEnd;
    node = isExpected ? expected : scan.key;
    const value = open(scan, at, keyEnd);
    at = isExpected ? keyEnd : skipSpace(source, keyEnd);
    if (source[at] !== COLON) return failAt(scan, at);
    at = skipSpace(source, at + 1);
    const memberField = isExpected ? expected.field : scan.keyField;
    const isString = source[at] === QUOTE && value >= 0;
    at = isString
      ? scanStringValue(scan, at, value, memberField)
      : scanValue(scan, at, value, node, memberField, depth);
    if (at < 0) return at;
    at = skipSpace(source, at);
    if (source[at] === CLOSING_BRACE) break;
    if (source[at] !== COMMA) return failAt(scan, at);
    at = skipSpace(source, at + 1);
    if (source[at] === CLOSING_BRACE) return failAt(scan, at);
  }
  scan.cells[object + CELL.shape] = node === undefined ? -1 : node.index;
  return at + 1;
}
