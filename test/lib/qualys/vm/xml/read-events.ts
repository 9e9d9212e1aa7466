import { SaxesParser } from 'saxes';
import { assertEnded, readNext } from '../../../../../src/lib/qualys/vm/xml/read-xml.ts';
import { unescaped } from '../../../../../src/lib/qualys/vm/xml/xml-json.ts';
import type { XmlHandlers, XmlReader } from '../../../../../src/lib/qualys/vm/xml/xml-reader.ts';
import {
  createXmlReader,
  fromBytes,
  illegalCharacters,
  nameOf,
  write,
} from '../../../../../src/lib/qualys/vm/xml/xml-reader.ts';

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
  return {
    leaf: (name, json, attribute) => {
      events.push(['start', name, attribute === undefined ? {} : { [attribute.name]: attribute.json }]);
      if (json !== '""') events.push(['text', unescaped(json.slice(1, -1))]);
      events.push(['end', name]);
      return true;
    },
    startElement: (_, attributes) => {
      const members = attributes.map(({ name, json }) => [fromBytes(name), unescaped(json)]);
      events.push(['start', nameOf(reader), Object.fromEntries(members) as Record<string, string>]);
    },
    endElement: () => void events.push(['end', nameOf(reader)]),
    text: (json) => void events.push(['text', unescaped(json)]),
    cdata: (json) => void events.push(['text', unescaped(json)]),
  };
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
