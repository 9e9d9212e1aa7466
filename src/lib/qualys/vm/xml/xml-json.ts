import type { XmlAttribute } from './xml-reader.ts';

/*
 * Microsoft's XML-to-JSON form: an element with text only is a string, one with attributes or children an object ("@name" for attributes,
 * "#text" or "#cdata-section" for text), and elements of one name under one parent become an array in the place of the first. All texts have
 * one character a byte.
 */

/** What a key costs beside its name: a comma, two quotes, a colon, and the quote or brace of the value. */
const KEY_BYTES = 8;

/** Members of an object: their names, and the JSON text of each, or those of an array. */
interface Members {
  readonly names: string[];
  readonly texts: (string | string[])[];
}

/** A value that is open: a string, until it has members. */
interface OpenValue {
  /** Characters of the string so far. */
  text: string;
  readonly name: string;
  /** Whether it is the text of the object around it. */
  readonly isText: boolean;
  /** Bytes before the value. */
  readonly start: number;
  readonly parent: OpenValue | undefined;
  members: Members | undefined;
}

/** An object in the making. @param limit a key or character may be added while `size` is not above it. */
export function createJsonOut(limit: number) {
  return {
    limit,
    /** The innermost of the values that are open. */
    top: undefined as OpenValue | undefined,
    /** Bytes of JSON so far. */
    size: 0,
  };
}

export type JsonOut = ReturnType<typeof createJsonOut>;

/** Forgets all that was written and opens an object. */
export function startObject(out: JsonOut): void {
  out.top = { text: '', name: '', isText: false, start: 0, parent: undefined, members: { names: [], texts: [] } };
  out.size = 1;
}

/** Closes the object, and gives its JSON text. */
export function endObject(out: JsonOut): string {
  settleText(out);
  return out.top === undefined ? '' : jsonOf(out.top);
}

/** Opens a member of the innermost value, as a string. False when there is no room for its key; nothing has changed then. */
export function openMember(out: JsonOut, name: string, isText = false): boolean {
  const { top } = out;
  if (top === undefined || out.size + name.length + KEY_BYTES > out.limit) return false;
  const members = becomeObject(out, top);
  out.size += keyBytes(members, name, members.names.indexOf(name));
  out.top = { text: '', name, isText, start: out.size++, parent: top, members: undefined };
  return true;
}

/** Closes the open member and settles it among the others of its object. */
export function closeMember(out: JsonOut): void {
  const value = out.top;
  if (value?.parent === undefined) return;
  const json = jsonOf(value);
  out.top = value.parent;
  out.size = value.start;
  const members = becomeObject(out, value.parent);
  put(out, members, value.name, json, members.names.indexOf(value.name));
}

/** Adds a member whose value is JSON text. False when there is no room; nothing has changed then. */
export function addMember(out: JsonOut, name: string, json: string): boolean {
  const { top } = out;
  // As much is taken as if the value came piece by piece: what ends it needs no room.
  const room = Math.max(KEY_BYTES, json.length + 2);
  if (top === undefined || out.size + name.length + room > out.limit) return false;
  const members = becomeObject(out, top);
  const place = members.names.indexOf(name);
  out.size += keyBytes(members, name, place);
  put(out, members, name, json, place);
  return true;
}

/** Adds attributes to the innermost value. False when there is no room. */
export function addAttributes(out: JsonOut, attributes: readonly XmlAttribute[]): boolean {
  return attributes.every(({ json, name }) => addMember(out, `@${name}`, `"${json}"`));
}

/** Makes the innermost value ready for text: a string takes it as it is, an object under a key of its own. False without room. */
export function openText(out: JsonOut, isCdata: boolean): boolean {
  return out.top?.members === undefined || openMember(out, isCdata ? '#cdata-section' : '#text', true);
}

/** Closes the text of an object, if it is open, before the object gets a child or ends. */
export function settleText(out: JsonOut): void {
  if (out.top?.isText === true) closeMember(out);
}

/** Adds characters to the innermost value. False when they are more than there is room for. */
export function addText(out: JsonOut, json: string): boolean {
  if (out.top !== undefined) out.top.text += json;
  out.size += json.length;
  return out.size <= out.limit;
}

/** Takes back all that is open in the object, and the bytes above `size`. */
export function rollback(out: JsonOut, size: number): void {
  while (out.top?.parent !== undefined) out.top = out.top.parent;
  out.size = size;
}

/** Members of a value, which becomes an object; the text that it has had is one of them. */
function becomeObject(out: JsonOut, value: OpenValue): Members {
  if (value.members === undefined && value.text !== '') out.size += '"#text":""'.length;
  value.members ??= value.text === '' ? { names: [], texts: [] } : { names: ['#text'], texts: [`"${value.text}"`] };
  return value.members;
}

/** What stands before a further value of this name: a comma and its key, or the brackets of an array. */
function keyBytes({ names, texts }: Members, name: string, place: number): number {
  if (place < 0) return (names.length > 0 ? 1 : 0) + name.length + 3;
  return typeof texts[place] === 'string' ? 2 : 0;
}

/** Puts a value among the others. Elements of one name become an array in the place of the first. */
function put(out: JsonOut, { names, texts }: Members, name: string, json: string, place: number): void {
  out.size += json.length + (place < 0 ? 0 : 1);
  if (place < 0) {
    names.push(name);
    texts.push(json);
  } else if (typeof texts[place] === 'string') texts[place] = [texts[place], json];
  else texts[place]?.push(json);
}

function jsonOf({ members, text }: OpenValue): string {
  if (members === undefined) return `"${text}"`;
  const { names, texts } = members;
  let json = '{';
  for (let place = 0; place < names.length; place++) {
    const held = texts[place] ?? '';
    const value = typeof held === 'string' ? held : `[${held.join(',')}]`;
    json += `${place === 0 ? '"' : ',"'}${names[place] ?? ''}":${value}`;
  }
  return `${json}}`;
}

/** What the characters of a JSON string say, one character a byte, decoded. */
export function unescaped(json: string): string {
  return JSON.parse(`"${Buffer.from(json, 'latin1').toString()}"`) as string;
}
