import { CELL, endOf, KIND, kindOf, nameOf, startOf, type JsonTape } from '../../json/json-tape.ts';

/** Bytes of a text in the tape's source, without its quotes. */
export interface TextSpan {
  start: number;
  end: number;
}

const SPACE = 0x20;
const BACKSLASH = 0x5c;
/** Numbers of so few digits are within the limits of every column. */
const MAX_FAST_DIGITS = 9;

/**
 * Finds the text of a value, without the blanks around it: a string or, as it stands, a number.
 * The vendor writes a missing text as `" "` or `""`; these, and values of any other kind, count as missing.
 */
export function findText(tape: JsonTape, value: number, span: TextSpan): boolean {
  if (value < 0) return false;
  const kind = kindOf(tape, value);
  span.start = startOf(tape, value);
  span.end = endOf(tape, value);
  if (kind === KIND.number) return true;
  if (kind !== KIND.string && kind !== KIND.escapedString) return false;
  span.start++;
  span.end--;
  const { source } = tape;
  while (span.start < span.end && source[span.start] === SPACE) span.start++;
  while (span.start < span.end && source[span.end - 1] === SPACE) span.end--;
  if (span.start === span.end) return false;
  const first = source[span.start] ?? 0;
  return (first !== BACKSLASH && first < 0x80) || !isBlank(source, span);
}

/** Whether the text is nothing but escaped or non-ASCII white space. */
function isBlank(source: Buffer, { start, end }: TextSpan): boolean {
  const second = source[start + 1];
  if (source[start] === BACKSLASH && (second === BACKSLASH || second === 0x22)) return false;
  return nameOf(source, start - 1, end + 1).trim() === '';
}

/** The value found for a field first, given the one found last. */
export function earlierOf(tape: JsonTape, value: number): number {
  return tape.cells[value + CELL.earlier] ?? -1;
}

/**
 * Reads a whole number from a number or its text; a fraction is cut. Beyond 2^53 it is a bigint, digit for digit.
 * @returns undefined when the value is none, or not within `-limit` and `limit`.
 */
export function readInteger(tape: JsonTape, value: number, span: TextSpan, limit: bigint): number | bigint | undefined {
  if (!findText(tape, value, span)) return undefined;
  const { source } = tape;
  const { start, end } = span;
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = (source[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9 || at - start >= MAX_FAST_DIGITS) {
      return parseInteger(source.toString('latin1', start, end), limit);
    }
    number = number * 10 + digit;
  }
  return number;
}

const WHOLE = /^([+-]?\d{1,40})(\.\d*)?$/;

function parseInteger(text: string, limit: bigint): number | bigint | undefined {
  const digits = WHOLE.exec(text)?.[1];
  const float =
    digits === undefined && /^[+-]?\d+(\.\d+)?[eE][+-]?\d+$/.test(text) ? Math.trunc(Number(text)) : Number.NaN;
  if (digits === undefined && !Number.isSafeInteger(float)) return undefined;
  const number = BigInt(digits?.replace('+', '') ?? float);
  return number >= -limit && number <= limit ? number : undefined;
}

/** Reads a boolean, or its text (`"false"` in the vendor's detail answer). */
export function readBoolean(tape: JsonTape, value: number, span: TextSpan): boolean | undefined {
  if (value < 0) return undefined;
  const kind = kindOf(tape, value);
  if (kind === KIND.true || kind === KIND.false) return kind === KIND.true;
  if (kind === KIND.number || !findText(tape, value, span)) return undefined;
  const text = tape.source.toString('latin1', span.start, span.end).toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : undefined;
}
