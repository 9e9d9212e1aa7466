import type { XmlAttribute } from './xml-reader.ts';

/*
 * Microsoft's XML-to-JSON form: an element with text only is a string, one with attributes or children an object ("@name" for attributes,
 * "#text" or "#cdata-section" for text), and elements of one name under one parent become an array in the place of the first. All texts have
 * one character a byte.
 */

/** What a key costs beside its name: a comma, two quotes, a colon, and the quote or brace of the value. */
const KEY_BYTES = 8;

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

/** Members of an object. */
interface Members {
  readonly names: string[];
  /** Their JSON texts. */
  readonly texts: string[];
  /** The texts of those names that have several, by their places. */
  joined: Map<number, string[]> | undefined;
}

/** An object in the making, with the values that are open in it. */
export interface JsonOut {
  /** The innermost open value. */
  top: OpenValue | undefined;
  /** Bytes of JSON so far. */
  size: number;
  /** A key or character may be added while `size` is not above it. */
  limit: number;
}

/** An output that nothing is open in. */
export function createJsonOut(limit: number): JsonOut {
  return { top: undefined, size: 0, limit };
}

/** Forgets all that was written and opens an object. */
export function startObject(out: JsonOut): void {
  out.top = openValue('', false, 0, undefined);
  out.top.members = noMembers();
  out.size = 1;
}

/** Closes the object, and gives its JSON text. */
export function endObject(out: JsonOut): string {
  settleText(out);
  return out.top === undefined ? '' : jsonOf(out.top);
}

function openValue(name: string, isText: boolean, start: number, parent: OpenValue | undefined): OpenValue {
  return { text: '', name, isText, start, parent, members: undefined };
}

function noMembers(): Members {
  return { names: [], texts: [], joined: undefined };
}

/** Opens a member of the innermost value, as a string. False when there is no room for its key; nothing has changed then. */
export function openMember(out: JsonOut, name: string, isText = false): boolean {
  if (out.top === undefined || out.size + name.length + KEY_BYTES > out.limit) return false;
  const { joined, names } = becomeObject(out, out.top);
  const place = names.indexOf(name);
  if (place < 0) out.size += keyBytes(names, name);
  else if (joined?.has(place) !== true) out.size += 2;
  out.top = openValue(name, isText, out.size++, out.top);
  return true;
}

/** Closes the open member and settles it among the others of its object. */
export function closeMember(out: JsonOut): void {
  const value = out.top;
  if (value?.parent === undefined) return;
  const json = jsonOf(value);
  out.top = value.parent;
  const members = becomeObject(out, value.parent);
  const place = members.names.indexOf(value.name);
  out.size = value.start + json.length + (place < 0 ? 0 : 1);
  if (place < 0) push(members, value.name, json);
  else join(members, place, json);
}

/** Adds a member whose value is JSON text, or an object with that under `within`. False when there is no room; nothing has changed then. */
export function addMember(out: JsonOut, name: string, text: string, within?: string): boolean {
  const { top } = out;
  const json = within === undefined ? text : `{"${within}":${text}}`;
  // As much is taken as if the value came piece by piece: what ends it needs no room.
  const least = Math.max(KEY_BYTES + json.length - text.length, 3 + json.length - (within === undefined ? 1 : 2));
  if (top === undefined || out.size + name.length + least > out.limit) return false;
  const members = becomeObject(out, top);
  const place = members.names.indexOf(name);
  out.size += json.length;
  if (place < 0) {
    out.size += keyBytes(members.names, name);
    push(members, name, json);
  } else {
    out.size += members.joined?.has(place) === true ? 1 : 3;
    join(members, place, json);
  }
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
  if (value.members !== undefined) return value.members;
  const members = (value.members = noMembers());
  if (value.text !== '') {
    out.size += keyBytes(members.names, '#text') + 2;
    push(members, '#text', `"${value.text}"`);
  }
  return members;
}

function keyBytes(names: readonly string[], name: string): number {
  return (names.length > 0 ? 1 : 0) + name.length + 3;
}

function push({ names, texts }: Members, name: string, json: string): void {
  names.push(name);
  texts.push(json);
}

/** Elements of one name become an array in the place of the first. */
function join(members: Members, place: number, json: string): void {
  const joined = (members.joined ??= new Map<number, string[]>());
  const texts = joined.get(place) ?? [members.texts[place] ?? ''];
  texts.push(json);
  joined.set(place, texts);
}

function jsonOf({ members, text }: OpenValue): string {
  if (members === undefined) return `"${text}"`;
  const { joined, names, texts } = members;
  for (const [place, several] of joined ?? []) texts[place] = `[${several.join(',')}]`;
  let json = '{';
  for (let place = 0; place < names.length; place++)
    json += `${place === 0 ? '"' : ',"'}${names[place] ?? ''}":${texts[place] ?? ''}`;
  return `${json}}`;
}

/** What the characters of a JSON string say, one character a byte, decoded. */
export function unescaped(json: string): string {
  return JSON.parse(`"${Buffer.from(json, 'latin1').toString()}"`) as string;
}
