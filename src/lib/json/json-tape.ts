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
  /** The value found before this one for the same field, -1 for none. */
  earlier: 6,
} as const;

/** Words a value takes on the tape. */
export const CELL_SIZE = 7;

/**
 * One scanned JSON value: where its parts lie in the source. The tape lists the values in the order of the text;
 * the first child of a container follows it, a sibling is found by `CELL.next`.
 */
export interface JsonTape {
  /** Bytes that all positions refer to. */
  source: Buffer;
  cells: Int32Array;
  /** Words used. */
  length: number;
  /** For each field the value found last, -1 for none. */
  readonly slots: Int32Array;
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

/** Node has this without a look at the name of an encoding, which for short texts takes longer than the rest. */
interface Latin1Buffer extends Buffer {
  readonly latin1Slice: (start: number, end: number) => string;
}

/** The bytes `[start, end)` as they stand, one character a byte. */
export function latin1(source: Buffer, start: number, end: number): string {
  return (source as Latin1Buffer).latin1Slice(start, end);
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
