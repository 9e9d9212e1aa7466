import { SaxesParser } from 'saxes';
import { putAttributes } from '../../../../../src/lib/qualys/vm/xml/copy-text.ts';
import { clear, createJsonOut } from '../../../../../src/lib/qualys/vm/xml/json-out.ts';
import { closeValue, openString } from '../../../../../src/lib/qualys/vm/xml/xml-json.ts';
import { assertEnded, readNext } from '../../../../../src/lib/qualys/vm/xml/read-xml.ts';
import type { XmlReader, XmlHandlers } from '../../../../../src/lib/qualys/vm/xml/xml-reader.ts';
import { createXmlReader, illegalCharacters, nameAt, write } from '../../../../../src/lib/qualys/vm/xml/xml-reader.ts';

/** What a document says: starts with attributes, ends, and text without its white space. */
export type XmlEvent =
  readonly ['start', string, Record<string, string>] | readonly ['end', string] | readonly ['text', string];

/** What the reader under test makes of a document that comes in portions of `size` bytes, and how many illegal characters it counted. */
export function readEvents(document: string | Uint8Array, size = Infinity): { events: XmlEvent[]; illegal: number } {
  const bytes = typeof document === 'string' ? Buffer.from(document) : document;
  const reader = createXmlReader();
  const events: XmlEvent[] = [];
  const handlers = collectingSink(reader, events);
  for (let from = 0; from < bytes.length; from += size) {
    write(reader, bytes.subarray(from, from + size), () => readNext(reader, handlers));
  }
  assertEnded(reader);
  return { events: mergeTexts(events), illegal: illegalCharacters(reader) };
}

function collectingSink(reader: XmlReader, events: XmlEvent[]): XmlHandlers {
  const out = createJsonOut(64);
  const flush = (): void => {
    const text = jsonText(out.bytes.subarray(0, out.at));
    clear(out);
    out.runAt = out.trimAt = 0;
    if (text !== '') events.push(['text', text]);
  };
  return {
    startElement: () => {
      flush();
      reader.out = out;
      events.push(['start', nameAt(reader, reader.depth), attributesOf(reader)]);
    },
    endElement: () => {
      flush();
      events.push(['end', nameAt(reader, reader.depth)]);
    },
    openText: () => undefined,
    closeText: flush,
    makeRoom: flush,
  };
}

function attributesOf(reader: XmlReader): Record<string, string> {
  const out = createJsonOut(70_000);
  openString(out);
  putAttributes(reader, out);
  closeValue(out);
  const json: unknown = JSON.parse(out.bytes.toString('utf8', 0, out.at));
  const members = typeof json === 'string' ? [] : Object.entries(json as Record<string, string>);
  return Object.fromEntries(members.map(([name, value]) => [name.slice(1), value]));
}

function jsonText(bytes: Uint8Array): string {
  return JSON.parse(`"${Buffer.from(bytes).toString()}"`) as string;
}

/** What saxes makes of it. Throws where saxes finds it malformed. */
export function saxesEvents(document: string): XmlEvent[] {
  const events: XmlEvent[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => events.push(['start', tag.name, { ...tag.attributes }]));
  parser.on('closetag', (tag) => events.push(['end', tag.name]));
  parser.on('text', (text) => events.push(['text', text]));
  parser.on('cdata', (text) => events.push(['text', text]));
  parser.write(document).close();
  return mergeTexts(events);
}

function mergeTexts(events: readonly XmlEvent[]): XmlEvent[] {
  const merged: XmlEvent[] = [];
  for (const event of events) {
    const last = merged.at(-1);
    if (event[0] !== 'text') merged.push(event);
    else if (last?.[0] === 'text') merged[merged.length - 1] = ['text', last[1] + event[1].replaceAll(/\s/g, '')];
    else if (event[1].trim() !== '') merged.push(['text', event[1].replaceAll(/\s/g, '')]);
  }
  return merged;
}
