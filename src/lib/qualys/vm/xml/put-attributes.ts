import { QUOTE } from './byte-tables.ts';
import { copyAttribute } from './copy-character.ts';
import type { JsonOut } from './json-out.ts';
import { openAttribute } from './xml-json.ts';
import type { XmlReader } from './xml-reader.ts';

/** Writes the attributes of the last start tag as members of the open value. False when there is no room. */
export function putAttributes(reader: XmlReader, out: JsonOut): boolean {
  const { attributes, bytes } = reader;
  for (let n = 0; n < 4 * reader.attributeCount; n += 4) {
    if (!openAttribute(out, bytes, attributes[n] ?? 0, attributes[n + 1] ?? 0)) return false;
    if (!copyAttribute(reader, out, attributes[n + 2] ?? 0, attributes[n + 3] ?? 0)) return false;
    out.bytes[out.at++] = QUOTE;
  }
  return true;
}
