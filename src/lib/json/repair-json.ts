import { replaceBroken, type RepairedText } from '../utf8.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Makes a JSON text well-formed whose brackets and quotes are right: bytes that are not UTF-8 become U+FFFD, raw
 * control characters in its strings become escapes such as `\u0000`, which lose nothing.
 */
export function repairJson(text: Buffer): RepairedText {
  const replaced = replaceBroken(text);
  const escaped = escapeControls(replaced.bytes);
  return { bytes: escaped.bytes, count: replaced.count + escaped.count };
}

function escapeControls(text: Buffer): RepairedText {
  const controls = text.reduce((sum, byte) => sum + (byte < 0x20 ? 1 : 0), 0);
  const bytes = Buffer.allocUnsafe(text.length + 5 * controls);
  let length = 0;
  let count = 0;
  let inString = false;
  let isAfterBackslash = false;
  for (const byte of text) {
    const isEscape: boolean = isAfterBackslash;
    if (byte === QUOTE && !isEscape) inString = !inString;
    isAfterBackslash = byte === BACKSLASH && !isEscape;
    // Behind a backslash it is no JSON whatever is made of it.
    if (inString && byte < 0x20 && !isEscape) {
      length += bytes.write(`\\u${byte.toString(16).padStart(4, '0')}`, length, 'latin1');
      count++;
    } else {
      bytes[length++] = byte;
    }
  }
  return { bytes: bytes.subarray(0, length), count };
}

const TOKENS = /\\.|["[\]{},]/gs;

/** The beginning of a JSON text as a whole one: without what its end cuts through. Empty where nothing is whole. */
export function closeJson(beginning: string): string {
  let inString = false;
  let brackets = '';
  let whole = { end: 0, brackets };
  for (const { 0: token, index } of beginning.matchAll(TOKENS)) {
    if (token === '"') inString = !inString;
    else if (inString) continue;
    else if (token === '{') brackets = `}${brackets}`;
    else if (token === '[') brackets = `]${brackets}`;
    else if (token === ',') whole = { end: index, brackets };
    else brackets = brackets.slice(1);
  }
  return beginning.slice(0, whole.end) + whole.brackets;
}
