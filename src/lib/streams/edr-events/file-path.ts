import { KIND, kindOf, nameOf, type JsonTape } from '../../json/json-tape.ts';
import { findText, type TextSpan } from './event-values.ts';
import { putByte, putBytes, type RowBytes } from './row-bytes.ts';

/** Bytes of a text, escaped as `JSON.stringify` does. */
interface EscapedText extends TextSpan {
  readonly bytes: Buffer;
}

const SLASH = 0x2f;
const BACKSLASH = 0x5c;

/**
 * Appends the full path of a file as a JSON string: `fullPath` where it ends with the name, else the folder, a
 * separator of the kind that the folder uses and the name (the vendor's list gives the folder as `fullPath`).
 * @returns false, with nothing appended, when the record tells no path or one above `maxBytes`.
 */
export function putFilePath(row: RowBytes, tape: JsonTape, slots: readonly number[], maxBytes: number): boolean {
  const fullPath = textOf(tape, slots[0]);
  const folder = textOf(tape, slots[1]);
  const name = textOf(tape, slots[2]);
  const isFull = fullPath !== undefined && (name === undefined || endsWithName(fullPath, name));
  const base = isFull ? fullPath : (folder ?? fullPath);
  if (base === undefined) return false;
  const added = isFull || name === undefined ? undefined : name;
  if (base.end - base.start + (added === undefined ? 0 : added.end - added.start) > maxBytes) return false;
  putByte(row, 0x22);
  putBytes(row, base.bytes, base.start, base.end);
  if (added !== undefined) {
    putSeparator(row, base);
    putBytes(row, added.bytes, added.start, added.end);
  }
  putByte(row, 0x22);
  return true;
}

function textOf(tape: JsonTape, slot = 0): EscapedText | undefined {
  const value = tape.slots[slot] ?? -1;
  const text = { bytes: tape.source, start: 0, end: 0 };
  if (!findText(tape, value, text)) return undefined;
  if (kindOf(tape, value) !== KIND.escapedString) return text;
  const bytes = Buffer.from(JSON.stringify(nameOf(tape.source, text.start - 1, text.end + 1)));
  return { bytes, start: 1, end: bytes.length - 1 };
}

/** Whether the last part of the path is the name; ASCII letters in any case, as file systems of Windows see them. */
function endsWithName(path: EscapedText, name: EscapedText): boolean {
  const before = path.end - (name.end - name.start) - 1;
  if (before + 1 < path.start) return false;
  const separator = path.bytes[before];
  if (before >= path.start && separator !== SLASH && separator !== BACKSLASH) return false;
  for (let at = name.start, other = before + 1; at < name.end; at++, other++) {
    if (lower(name.bytes[at] ?? 0) !== lower(path.bytes[other] ?? 0)) return false;
  }
  return true;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

function putSeparator(row: RowBytes, folder: EscapedText): void {
  const last = folder.bytes[folder.end - 1];
  if (last === SLASH || last === BACKSLASH) return;
  const usesSlashes = hasByte(folder, SLASH) && !hasByte(folder, BACKSLASH);
  putByte(row, usesSlashes ? SLASH : BACKSLASH);
  if (!usesSlashes) putByte(row, BACKSLASH);
}

function hasByte({ bytes, start, end }: EscapedText, byte: number): boolean {
  const at = bytes.indexOf(byte, start);
  return at >= 0 && at < end;
}
