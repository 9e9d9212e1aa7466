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
    if (byte === QUOTE && !isAfterBackslash) inString = !inString;
    isAfterBackslash = byte === BACKSLASH && !isAfterBackslash;
    if (inString && byte < 0x20) {
      length += bytes.write(`\\u${byte.toString(16).padStart(4, '0')}`, length, 'latin1');
      count++;
    } else {
      bytes[length++] = byte;
    }
  }
  return { bytes: bytes.subarray(0, length), count };
}
