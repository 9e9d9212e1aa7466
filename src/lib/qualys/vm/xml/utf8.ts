/**
 * UTF-8 sequences of more than one byte, judged as the Encoding Standard does (a maximal ill-formed part counts as one
 * error), and the code points that XML 1.0 allows.
 */

/** The bytes of U+FFFD, which stands for every illegal character. */
export const REPLACEMENT = Uint8Array.of(0xef, 0xbf, 0xbd);

/** {@link sequenceAt} has too few bytes to decide. */
export const INCOMPLETE = 0;

/**
 * Length of the sequence that starts at `at` with a byte beyond ASCII: 2 to 4 when it encodes a character that XML
 * allows, {@link INCOMPLETE} when it may still become one after `end`, and the negated count of bytes that one U+FFFD
 * replaces otherwise.
 */
export function sequenceAt(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  if (at + 1 >= end) return INCOMPLETE;
  const second = bytes[at + 1] ?? 0;
  if (second < lowestSecond(lead) || second > highestSecond(lead)) return -1;
  if (lead < 0xe0) return 2;
  if (at + 2 >= end) return INCOMPLETE;
  const third = bytes[at + 2] ?? 0;
  if ((third & 0xc0) !== 0x80) return -2;
  if (lead < 0xf0) return lead === 0xef && second === 0xbf && third >= 0xbe ? -3 : 3;
  if (at + 3 >= end) return INCOMPLETE;
  return ((bytes[at + 3] ?? 0) & 0xc0) === 0x80 ? 4 : -3;
}

// Overlong forms (E0, F0), surrogates (ED) and code points above U+10FFFF (F4) show in the second byte.
function lowestSecond(lead: number): number {
  if (lead === 0xe0) return 0xa0;
  return lead === 0xf0 ? 0x90 : 0x80;
}

function highestSecond(lead: number): number {
  if (lead === 0xed) return 0x9f;
  return lead === 0xf4 ? 0x8f : 0xbf;
}

/** Decodes a sequence that {@link sequenceAt} has measured. */
export function codePointOf(bytes: Uint8Array, at: number, length: number): number {
  let code = (bytes[at] ?? 0) & (0x7f >> length);
  for (let n = 1; n < length; n++) code = (code << 6) | ((bytes[at + n] ?? 0) & 0x3f);
  return code;
}

/** Writes a code point and returns the index after it. */
export function putCodePoint(bytes: Uint8Array, at: number, code: number): number {
  let next = at;
  if (code < 0x80) {
    bytes[next++] = code;
    return next;
  }
  if (code < 0x800) bytes[next++] = 0xc0 | (code >> 6);
  else {
    if (code < 0x10000) bytes[next++] = 0xe0 | (code >> 12);
    else {
      bytes[next++] = 0xf0 | (code >> 18);
      bytes[next++] = 0x80 | ((code >> 12) & 0x3f);
    }
    bytes[next++] = 0x80 | ((code >> 6) & 0x3f);
  }
  bytes[next++] = 0x80 | (code & 0x3f);
  return next;
}

/** The `Char` production of XML 1.0. */
export function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  if (code >= 0xd800 && code <= 0xdfff) return false;
  return code <= 0x10ffff && code !== 0xfffe && code !== 0xffff;
}

// NameStartChar of XML 1.0 (fifth edition) beyond ASCII, as pairs of first and last code point.
const NAME_START = [
  0xc0, 0xd6, 0xd8, 0xf6, 0xf8, 0x2ff, 0x370, 0x37d, 0x37f, 0x1fff, 0x200c, 0x200d, 0x2070, 0x218f, 0x2c00, 0x2fef,
  0x3001, 0xd7ff, 0xf900, 0xfdcf, 0xfdf0, 0xfffd, 0x10000, 0xeffff,
];
const NAME_CONTINUATION = [0xb7, 0xb7, 0x300, 0x36f, 0x203f, 0x2040];

/** Whether a code point beyond ASCII may stand in a name. */
export function isNameCharacter(code: number, isFirst: boolean): boolean {
  return isWithin(NAME_START, code) || (!isFirst && isWithin(NAME_CONTINUATION, code));
}

function isWithin(ranges: readonly number[], code: number): boolean {
  for (let n = 0; n < ranges.length; n += 2) {
    if (code >= (ranges[n] ?? 0) && code <= (ranges[n + 1] ?? 0)) return true;
  }
  return false;
}
