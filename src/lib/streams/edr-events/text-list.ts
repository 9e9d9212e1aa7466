import type { JsonTape } from '../../json/json-tape.ts';
import { earlierOf, findText, type TextSpan } from './event-values.ts';
import { putByte, putShort, type RowBytes } from './row-bytes.ts';

/** Memory for making one list after the other. */
export interface TextList {
  /** Values in the order of the record. */
  readonly values: number[];
  /** Start and end of the texts listed so far. */
  readonly places: number[];
  readonly span: TextSpan;
}

/** Lists of more texts look them up in a set instead of comparing each with each. */
const MAX_COMPARED = 16;
/** Quotes, separator and bracket of a text. */
const FRAME_BYTES = 4;

/** Memory for lists, empty. */
export function createTextList(): TextList {
  return { values: [], places: [], span: { start: 0, end: 0 } };
}

/**
 * Appends the texts found for the fields as a JSON array, each once, in the order of the fields and of the record.
 * @returns false, with the row to be cut back, when there is none or the list takes more than `maxBytes`.
 */
export function putTexts(
  row: RowBytes,
  list: TextList,
  tape: JsonTape,
  slots: readonly number[],
  maxBytes: number,
): boolean {
  const { span } = list;
  const limit = row.length + maxBytes;
  const count = collect(list, tape, slots);
  let known: Set<string> | undefined;
  let texts = 0;
  for (let index = 0; index < count; index++) {
    if (!findText(tape, list.values[index] ?? -1, span)) continue;
    if (texts >= MAX_COMPARED) {
      known ??= new Set(Array.from({ length: texts }, (_, at) => placeText(list, tape, at)));
      const text = tape.source.toString('latin1', span.start, span.end);
      if (known.has(text)) continue;
      known.add(text);
    } else if (isListed(list, tape.source, texts)) continue;
    if (row.length + span.end - span.start + FRAME_BYTES > limit) return false;
    putText(row, list, tape, texts++);
  }
  if (texts > 0) putByte(row, 0x5d);
  return texts > 0;
}

function collect(list: TextList, tape: JsonTape, slots: readonly number[]): number {
  let end = 0;
  for (const slot of slots) {
    const start = end;
    for (let value = tape.slots[slot] ?? -1; value >= 0; value = earlierOf(tape, value)) {
      list.values[end++] = value;
    }
    if (end - start > 1) reverse(list.values, start, end - 1);
  }
  return end;
}

function reverse(values: number[], first: number, last: number): void {
  for (let left = first, right = last; left < right; left++, right--) {
    const value = values[left] ?? 0;
    values[left] = values[right] ?? 0;
    values[right] = value;
  }
}

function isListed({ places, span }: TextList, source: Buffer, texts: number): boolean {
  const size = span.end - span.start;
  for (let index = 0; index < texts; index++) {
    const start = places[2 * index] ?? 0;
    if ((places[2 * index + 1] ?? 0) - start === size && isSame(source, start, span.start, size)) return true;
  }
  return false;
}

function isSame(source: Buffer, left: number, right: number, size: number): boolean {
  for (let index = 0; index < size; index++) {
    if (source[left + index] !== source[right + index]) return false;
  }
  return true;
}

function placeText({ places }: TextList, { source }: JsonTape, index: number): string {
  return source.toString('latin1', places[2 * index], places[2 * index + 1]);
}

function putText(row: RowBytes, { places, span }: TextList, tape: JsonTape, index: number): void {
  putByte(row, index === 0 ? 0x5b : 0x2c);
  putByte(row, 0x22);
  putShort(row, tape.source, tape.view, span.start, span.end);
  putByte(row, 0x22);
  if (index >= MAX_COMPARED) return;
  places[2 * index] = span.start;
  places[2 * index + 1] = span.end;
}
