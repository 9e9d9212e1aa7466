import type { KeyTree } from './key-tree.ts';

/** Kinds of a value on the tape. */
export const KIND = {
  string: 1,
  /** A string with an escape that `JSON.stringify` would not write (`\/`, `\u…`). */
  escapedString: 2,
  number: 3,
  true: 4,
  false: 5,
  null: 6,
  object: 7,
  array: 8,
} as const;

/** Words of a value on the tape, from its first: `cells[value + CELL.start]`. */
export const CELL = {
  kind: 0,
  /** Position of the key's opening quote; -1 for an element of an array and for the root. */
  keyStart: 1,
  /** Position behind the key's closing quote. */
  keyEnd: 2,
  start: 3,
  end: 4,
  /** The value behind this one and all that it holds. */
  next: 5,
  /**
   * Objects: index of their last key in the key tree, -1 when their keys are not remembered. Other values but arrays:
   * `COMPACT` or 0.
   */
  shape: 6,
  /** The value found before this one for the same field, -1 for none. */
  earlier: 7,
} as const;

/** Marks a member that holds no others and stands in the text as it does in canonical form. */
export const COMPACT = 1;

/** Words a value takes on the tape. */
export const CELL_SIZE = 8;

/**
 * One scanned JSON value: where its parts lie in the source. The tape lists the values in the order of the text;
 * the first child of a container follows it, a sibling is found by `CELL.next`.
 */
export interface JsonTape {
  /** Bytes that all positions refer to. */
  source: Buffer;
  /** The same bytes; at least `GUARD_BYTES` follow the value. */
  view: DataView;
  cells: Int32Array;
  /** Words used. */
  length: number;
  /** For each field the value found last, -1 for none. */
  readonly slots: Int32Array;
  readonly keys: KeyTree;
}

/** Kind of the value. */
export function kindOf(tape: JsonTape, value: number): number {
  return tape.cells[value] ?? 0;
}

/** First byte of the value. */
export function startOf(tape: JsonTape, value: number): number {
  return tape.cells[value + CELL.start] ?? 0;
}

/** First byte behind the value. */
export function endOf(tape: JsonTape, value: number): number {
  return tape.cells[value + CELL.end] ?? 0;
}

/** The string between the quotes at `start` and before `end`, decoded; control characters stay, broken UTF-8 becomes U+FFFD. */
export function nameOf(source: Buffer, start: number, end: number): string {
  const text = source.toString('utf8', start + 1, end - 1);
  return text.includes('\\') ? decodeEscapes(text) : text;
}

function decodeEscapes(text: string): string {
  // JSON.parse takes no raw control character.
  const strict = text.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return JSON.parse(`"${strict}"`) as string;
}
