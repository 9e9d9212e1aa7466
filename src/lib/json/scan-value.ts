/** What {@link scanValue} returns when the value goes on behind the bytes at hand, and when it is malformed. */
export const [INCOMPLETE, MALFORMED] = [-1, -2];

/** Deepest nesting that is read, and most values and names of one element: they bound what a text can make of itself in memory. */
const MAX_DEPTH = 100;
const MAX_VALUES = 1 << 17;
/** Of so many digits a double keeps all. */
const EXACT_DIGITS = 15;

/** A value or a name begins; a number or word goes on; something was whole. */
const [BEFORE, WITHIN, BEHIND] = [0, 1, 2];
const SPACE_BYTE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
/** What a byte is outside of strings: 0 for one that never stands there. */
const [SPACE, SCALAR, DIGIT, OPENING, CLOSING, COMMA, COLON, STRING] = [1, 2, 3, 4, 5, 6, 7, 8];
const KINDS = new Uint8Array(256);
const KIND_OF = { ' \t\r\n': SPACE, '+-.': SCALAR, '{[': OPENING, '}]': CLOSING, ',': COMMA, ':': COLON, '"': STRING };
for (const [bytes, kind] of Object.entries(KIND_OF)) for (const byte of Buffer.from(bytes)) KINDS[byte] = kind;
KINDS.fill(DIGIT, 0x30, 0x3a);
for (const letter of Buffer.from('abcdefghijklmnopqrstuvwxyzE')) KINDS[letter] = SCALAR;
/** What a byte is within strings: 0 for one that stands for itself. */
const [CONTROL, ESCAPE, END] = [1, 2, 3];
const STRING_KINDS = new Uint8Array(256).fill(CONTROL, 0, SPACE_BYTE);
STRING_KINDS[BACKSLASH] = ESCAPE;
STRING_KINDS[QUOTE] = END;

/** How far the search for the end of one JSON value has come, and what was seen of it. */
export type ValueScan = ReturnType<typeof startScan>;

/** A scan that starts at the first byte of a value. */
export function startScan() {
  return {
    depth: 0,
    inString: false,
    /** The byte before was a backslash that escapes the next one. */
    isEscaped: false,
    /** What may come next, outside of strings. */
    place: BEFORE,
    /** Deepest nesting; values, names of members among them; these names. */
    deepest: 0,
    values: 0,
    names: 0,
    /** Digits in a row, of a number. */
    digits: 0,
    /** Whether a number may be one that a double does not give back as it is spelled. */
    hasExact: false,
    /** Whether its strings hold control characters as they are. */
    hasControls: false,
    /** Position of the byte that cannot stand where it does. */
    faultAt: 0,
  };
}

/**
 * Goes on looking for the end of a JSON value in the bytes `[from, to)`; returns the position behind it, or one of the two above. Values and
 * separators must take turns, so that a stray quote is noticed at once; brackets are counted without their kinds, and what is within a string,
 * a number or a word is for `JSON.parse` to judge.
 */
export function scanValue(scan: ValueScan, source: Uint8Array, from: number, to: number): number {
  let { depth, digits, inString, place } = scan;
  let at = from;
  let end = INCOMPLETE;
  for (; at < to; at++) {
    if (inString) {
      at = stringEnd(scan, source, at, to);
      if (at === to) break;
      inString = false;
      if (depth > 0) continue;
      end = at + 1;
      break;
    }
    const byte = source[at] ?? 0;
    const kind = KINDS[byte];
    if (kind === STRING) {
      if (place !== BEFORE) break;
      inString = true;
      place = BEHIND;
      scan.values++;
    } else if (kind === COMMA || kind === COLON) {
      if (place === BEFORE) break;
      if (depth === 0) {
        end = at;
        break;
      }
      if (kind === COLON) scan.names++;
      place = BEFORE;
    } else if (kind === OPENING) {
      if (place !== BEFORE) break;
      scan.values++;
      if (++depth > scan.deepest) scan.deepest = depth;
    } else if (kind === CLOSING) {
      if (depth === 0) {
        if (place !== BEFORE) end = at;
        break;
      }
      place = BEHIND;
      if (--depth > 0) continue;
      end = at + 1;
      break;
    } else if (kind === SPACE) {
      if (place !== WITHIN) continue;
      place = BEHIND;
      if (depth > 0) continue;
      end = at;
      break;
    } else {
      if (kind === 0 || place === BEHIND) break;
      if (place === BEFORE) {
        scan.values++;
        digits = 0;
      }
      place = WITHIN;
      if (kind === DIGIT) {
        if (++digits > EXACT_DIGITS || (byte === ZERO && source[at - 1] === MINUS)) scan.hasExact = true;
      } else {
        if (digits > 0 && (byte === POINT || (byte | 0x20) === 0x65)) scan.hasExact = true;
        digits = 0;
      }
    }
  }
  scan.depth = depth;
  scan.digits = digits;
  scan.inString = inString;
  scan.place = place;
  if (end >= 0 || at >= to) return end;
  scan.faultAt = at;
  return MALFORMED;
}

/** Position of the quote that ends a string, or `to` where that is not at hand. */
function stringEnd(scan: ValueScan, source: Uint8Array, from: number, to: number): number {
  let at = from;
  if (scan.isEscaped && at < to) {
    scan.isEscaped = false;
    if ((source[at++] ?? 0) < SPACE_BYTE) scan.hasControls = true;
  }
  for (; at < to; at++) {
    while (at < to && STRING_KINDS[source[at] ?? 0] === 0) at++;
    const kind = at < to ? STRING_KINDS[source[at] ?? 0] : END;
    if (kind === END) return at;
    if (kind === CONTROL) scan.hasControls = true;
    else if (++at === to) scan.isEscaped = true;
    else if ((source[at] ?? 0) < SPACE_BYTE) scan.hasControls = true;
  }
  return to;
}

/** Why a value that may be well-formed is not read; undefined for one that is. */
export function reasonOf({ deepest, values }: ValueScan): string | undefined {
  if (deepest > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} levels`;
  return values > MAX_VALUES ? `more than ${MAX_VALUES} values and names` : undefined;
}
