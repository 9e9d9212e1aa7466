import { replaceBroken, type RepairedText } from '../utf8.ts';

/** What matters to control characters, in a text of one character a byte. */
const CONTROLS = /\\.|"|[^ -\xff]/gs;

/**
 * Makes a JSON text well-formed whose brackets and quotes are right: bytes that are not UTF-8 become U+FFFD, raw
 * control characters in its strings become escapes such as `\u0000`, which lose nothing.
 */
export function repairJson(text: Buffer): RepairedText {
  const replaced = replaceBroken(text);
  const escaped = escapeControls(replaced.bytes);
  return { bytes: escaped.bytes, count: replaced.count + escaped.count };
}

/** Behind a backslash a control character is no JSON whatever is made of it. */
function escapeControls(text: Buffer): RepairedText {
  let count = 0;
  let inString = false;
  const escaped = text.toString('latin1').replace(CONTROLS, (token) => {
    if (token === '"') inString = !inString;
    if (!inString || token >= ' ') return token;
    count++;
    return `\\u${token.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return { bytes: Buffer.from(escaped, 'latin1'), count };
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
