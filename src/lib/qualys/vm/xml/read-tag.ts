import type { Before, XmlAttribute, XmlHandlers, XmlReader } from './xml-reader.ts';
import { malformed, matchAt, MAX_ATTRIBUTES, MAX_DEPTH, MAX_NAME_BYTES, MAX_TAG_BYTES } from './xml-reader.ts';
import { textJson } from './xml-text.ts';

/** Names of ASCII as they must be; bytes beyond are looked at as characters. */
const NAME = '[A-Za-z_:\\x80-\\xff][\\w:.\\x80-\\xff-]*';
const SPACE = '[ \\t\\r\\n]';
const ATTRIBUTE = `(${NAME})${SPACE}*=${SPACE}*(?:"([^"<]*)"|'([^'<]*)')`;
const ATTRIBUTES = new RegExp(ATTRIBUTE, 'g');
const START_TAG = new RegExp(
  `<(${NAME})((?:${SPACE}+${ATTRIBUTE.replaceAll(/\((?!\?)/g, '(?:')})*)${SPACE}*(/?)>`,
  'y',
);
const END_TAG = new RegExp(`</(${NAME})${SPACE}*>`, 'y');
const BEGINNING = new RegExp(`^<(?:/|${NAME})`);
const UNFINISHED = /^<(?:[^<>"']|"[^"<]*"|'[^'<]*')*(?:"[^"<]*|'[^'<]*)?$/;

/** `Name` of XML 1.0 (fifth edition), but for U+FFFD, which stands for broken bytes. */
const START =
  ':A-Z_a-z\\xc0-\\xd6\\xd8-\\xf6\\xf8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c-\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffc\\u{10000}-\\u{effff}';
const CHARACTERS = new RegExp(`^[${START}][\\u0300-\\u036f${START}\\-.0-9\\xb7\\u203f\\u2040]*$`, 'u');

/** Reads the start tag or empty element at the reader's place; false when it is not whole. */
export function readStartTag(reader: XmlReader, handlers: XmlHandlers): boolean {
  const match = matchAt(reader, START_TAG);
  if (match === null) return awaitTag(reader);
  const [name, attributes] = [match[1] ?? '', match[2] ?? ''];
  checkName(reader, name);
  if (reader.names.length >= MAX_DEPTH) throw malformed(reader, reader.at, `elements nest deeper than ${MAX_DEPTH}`);
  const read = attributes === '' ? [] : attributesOf(reader, attributes, reader.at + 1 + name.length);
  endText(reader, handlers, 'startTag');
  takeTag(reader, match[0]);
  reader.names.push(name);
  reader.hasRoot = true;
  handlers.startElement(name, read);
  if (match[3] === '/') popElement(reader, handlers);
  return true;
}

/** Reads the end tag at the reader's place, which must close the innermost element; false when it is not whole. */
export function readEndTag(reader: XmlReader, handlers: XmlHandlers): boolean {
  const match = matchAt(reader, END_TAG);
  if (match === null) return awaitTag(reader);
  if (match[1] !== reader.names.at(-1)) throw mismatch(reader);
  endText(reader, handlers, 'endTag');
  takeTag(reader, match[0]);
  popElement(reader, handlers);
  return true;
}

function takeTag(reader: XmlReader, tag: string): void {
  if (tag.length > MAX_TAG_BYTES) throw malformed(reader, reader.at, `a tag above ${MAX_TAG_BYTES} bytes`);
  reader.tagFrom = reader.at;
  reader.at += tag.length;
  reader.isBlank = true;
}

/** Ends the run of text that is being read, if there is one: white space at its end is dropped before a tag, and where it is all there is. */
export function endText(reader: XmlReader, handlers: XmlHandlers, before: Before): void {
  const { run, runBlank } = reader;
  if (run === '') return;
  reader.run = '';
  reader.runBlank = 0;
  const isKept = before === 'more' || (before === 'cdata' && run.length > runBlank);
  handlers.text(run, isKept ? 0 : runBlank, before);
}

function popElement(reader: XmlReader, handlers: XmlHandlers): void {
  handlers.endElement();
  reader.names.pop();
}

function mismatch(reader: XmlReader): Error {
  return malformed(reader, reader.at, `expected "</${reader.names.at(-1) ?? ''}>"`);
}

/** Nothing of a tag is taken before it is whole; a tag that never ends must not fill the memory. */
function awaitTag(reader: XmlReader): false {
  const tag = reader.text.slice(reader.at);
  if (UNFINISHED.test(tag)) {
    if (tag.length > MAX_TAG_BYTES) throw malformed(reader, reader.at, `a tag above ${MAX_TAG_BYTES} bytes`);
    return false;
  }
  if (tag.startsWith('</')) throw mismatch(reader);
  if (!BEGINNING.test(tag)) throw malformed(reader, reader.at, 'expected a name');
  const isLess = /^<[^<>]*=[ \t\r\n]*(?:"[^"<]*|'[^'<]*)</.test(tag);
  const why = isLess ? '"<" in an attribute value' : 'expected quoted attributes and ">" in a tag';
  throw malformed(reader, reader.at, why);
}

/** @throws MalformedXmlError for a name that no element may have. */
export function checkName(reader: XmlReader, name: string): void {
  if (name.length > MAX_NAME_BYTES) throw malformed(reader, reader.at, `a name above ${MAX_NAME_BYTES} bytes`);
  if (/[\x80-\xff]/.test(name) && !CHARACTERS.test(Buffer.from(name, 'latin1').toString()))
    throw malformed(reader, reader.at, 'a character that no name may hold');
}

function attributesOf(reader: XmlReader, text: string, at: number): XmlAttribute[] {
  const attributes: XmlAttribute[] = [];
  for (const match of text.matchAll(ATTRIBUTES)) {
    const [whole, name = '', value = match[3] ?? ''] = match;
    checkName(reader, name);
    if (attributes.some((other) => other.name === name))
      throw malformed(reader, at + match.index, `attribute "${name}" twice`);
    if (attributes.length >= MAX_ATTRIBUTES)
      throw malformed(reader, at + match.index, `more than ${MAX_ATTRIBUTES} attributes`);
    const valueAt = at + match.index + whole.length - 1 - value.length;
    attributes.push({ name, json: textJson(reader, value.replaceAll(/[\t\r\n]/g, ' '), valueAt) });
  }
  return attributes;
}
