import { isSpace, malformed, type XmlReader } from './xml-reader.ts';

/** What XML forbids, of UTF-8 as one character a byte. */
const ILLEGAL = /[^\t\n\r -\xff]/g;
/** What stands in JSON otherwise, or must not. */
const NOT_PLAIN = /[^ !#-[\]-\xff]/;
const REPLACEMENT = '\xef\xbf\xbd';
/** Longest reference: 64 bytes, leading zeros included. Only five entities exist here: what a document type declares is never looked at. */
const REFERENCE = /&([\w:.#\x80-\xff-]{0,62});/y;
const ENTITIES: ReadonlyMap<string, number> = new Map([
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['amp', 0x26],
  ['quot', 0x22],
  ['apos', 0x27],
]);

/** A text without references as JSON; what XML forbids becomes U+FFFD and is counted. */
export function plainJson(reader: XmlReader, text: string): string {
  if (!NOT_PLAIN.test(text)) return text;
  if (text.search(ILLEGAL) < 0) return JSON.stringify(text).slice(1, -1);
  reader.illegal += text.match(ILLEGAL)?.length ?? 0;
  return JSON.stringify(text.replaceAll(ILLEGAL, REPLACEMENT)).slice(1, -1);
}

/** A text that stands at `at` as JSON, its references resolved. */
export function textJson(reader: XmlReader, text: string, at: number): string {
  let json = '';
  let from = 0;
  for (let to = text.indexOf('&'); to >= 0; to = text.indexOf('&', from)) {
    REFERENCE.lastIndex = to;
    const name = REFERENCE.exec(text)?.[1];
    if (name === undefined) throw malformed(reader, at + to, '"&" without ";" within 64 bytes');
    json += plainJson(reader, text.slice(from, to)) + referenceJson(reader, name, at + to);
    from = to + name.length + 2;
  }
  return json + plainJson(reader, text.slice(from));
}

function referenceJson(reader: XmlReader, name: string, at: number): string {
  const code = name.startsWith('#') ? numberOf(name) : ENTITIES.get(name);
  if (code === undefined) throw malformed(reader, at, `unknown or malformed reference "&${name.slice(0, 32)};"`);
  // U+FFFE and U+FFFF can be written, and are forbidden too.
  const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) && code !== 0xfffe && code !== 0xffff;
  return plainJson(reader, isCharacter ? Buffer.from(String.fromCodePoint(code)).toString('latin1') : '\0');
}

function numberOf(name: string): number | undefined {
  if (/^#\d+$/.test(name)) return Number(name.slice(1));
  return /^#x[\da-fA-F]+$/.test(name) ? Number.parseInt(name.slice(2), 16) : undefined;
}

/** How many characters of JSON the white space at the end of a text takes. */
export function blankEnd(text: string): number {
  const end = trimmedEnd(text);
  return end === text.length ? 0 : JSON.stringify(text.slice(end)).length - 2;
}

/** A text without the white space around it. */
export function trimmed(text: string): string {
  const end = trimmedEnd(text);
  let from = 0;
  while (from < end && isSpace(text.charCodeAt(from))) from++;
  return text.slice(from, end);
}

function trimmedEnd(text: string): number {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return end;
}
