/*
 * Four bytes are looked at together: a word of plain characters is recognised by a dozen operations instead of four
 * look-ups and branches. In each function below, the lowest set bit of the result lies in the first byte that is not
 * plain; higher ones may be set without cause, by a borrow.
 */

const HIGH_BITS = 0x80808080;
const ONES = 0x01010101;
const BLANKS = 0x20202020;
const QUOTES = 0x22222222;
const LESSES = 0x3c3c3c3c;
const CLOSE_BRACKETS = 0x5d5d5d5d;
/** Turns `&` into `"`. */
const NOT_AMPERSAND = ~0x04040404;

/** Non-zero when a byte of a word of CDATA is a control character, a quote, a backslash, `]` or beyond ASCII. */
export function cdataMarks(word: number): number {
  const quote = word ^ QUOTES;
  // A backslash (5C) and a closing bracket (5D) differ in the last bit only.
  const bracket = (word | ONES) ^ CLOSE_BRACKETS;
  return (word | (word - BLANKS) | ((quote - ONES) & ~quote) | ((bracket - ONES) & ~bracket)) & HIGH_BITS;
}

/** Non-zero when a byte of a word of text is one of these, `<` or `&`. */
export function textMarks(word: number): number {
  const quote = (word & NOT_AMPERSAND) ^ QUOTES;
  const bracket = (word | ONES) ^ CLOSE_BRACKETS;
  const less = word ^ LESSES;
  const found = ((quote - ONES) & ~quote) | ((bracket - ONES) & ~bracket) | ((less - ONES) & ~less);
  return (word | (word - BLANKS) | found) & HIGH_BITS;
}

/** How many bytes of the word are plain, given marks that are not zero. The word was read with its first byte lowest. */
export function plainBytes(marks: number): number {
  return (31 - Math.clz32(marks & -marks)) >> 3;
}
