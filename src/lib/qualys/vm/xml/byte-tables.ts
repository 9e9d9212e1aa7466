/** What each byte means to the XML reader and to the JSON writer, as tables of 256 entries. */

export const TAB = 0x09;
export const NEWLINE = 0x0a;
export const RETURN = 0x0d;
export const SPACE = 0x20;
export const EXCLAMATION = 0x21;
export const QUOTE = 0x22;
export const HASH = 0x23;
export const AMPERSAND = 0x26;
export const APOSTROPHE = 0x27;
export const COMMA = 0x2c;
export const DASH = 0x2d;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const LESS = 0x3c;
export const EQUALS = 0x3d;
export const GREATER = 0x3e;
export const QUESTION = 0x3f;
export const AT = 0x40;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** Bytes at and above this one belong to a UTF-8 sequence of more than one byte. */
export const NON_ASCII = 0x80;

/** 1 for the four white space bytes of XML. */
export const IS_SPACE = tableOf(' \t\r\n', 1);

/** 1 where an ASCII byte may start a name, 2 where it may only continue one, 0 elsewhere (bytes beyond ASCII are looked at as code points). */
export const NAME_CLASS = nameClasses();

/** In {@link TEXT_ACTION} and {@link CDATA_ACTION}: the byte needs a closer look. */
export const LOOK = 1;

/**
 * What to do with a byte of character data that becomes part of a JSON string: 0 copies it, {@link LOOK} stops the
 * copying, anything else is the letter that follows the backslash of its JSON escape.
 */
export const TEXT_ACTION = actionTable('<&]');

/** The same for the inside of a CDATA section, where only `]` is markup. */
export const CDATA_ACTION = actionTable(']');

function tableOf(characters: string, value: number): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = value;
  return table;
}

function nameClasses(): Uint8Array {
  const table = tableOf('-.0123456789', 2);
  for (let letter = 0; letter < 26; letter++) table[0x41 + letter] = table[0x61 + letter] = 1;
  table[COLON] = table[0x5f] = 1;
  return table;
}

function actionTable(markup: string): Uint8Array {
  const table = tableOf(markup, LOOK).fill(LOOK, 0, SPACE);
  const escapes: readonly (readonly [number, string])[] = [
    [TAB, 't'],
    [NEWLINE, 'n'],
    [RETURN, 'r'],
    [QUOTE, '"'],
    [BACKSLASH, '\\'],
  ];
  for (const [byte, letter] of escapes) table[byte] = letter.charCodeAt(0);
  return table;
}
