import { OPEN_BRACE, QUOTE } from '../../qualys/xml/byte-tables.ts';
import type { JsonOut } from '../../qualys/xml/json-out.ts';
import { addMember, closeValue, findMember, isJoined, memberValue } from '../../qualys/xml/xml-json.ts';
import { nameAt } from '../../qualys/xml/xml-reader.ts';
import { stopCapture } from './decode-capture.ts';
import { spillWholeValue } from './decode-spill.ts';
import type { Decoder } from './decode-state.ts';
import { COLUMN_OF, EXTRA_OF, HOST_COLUMNS } from './host-columns.ts';
import { hasColumn, setColumn } from './host-state.ts';
import { toIntText, toUtcTime } from './host-values.ts';

const ID = COLUMN_OF.get('ID');
const SCAN_DATE = COLUMN_OF.get('LAST_VM_SCANNED_DATE');

/** Puts the child of HOST that has just been read, and is still open, where it belongs: what has no column of its own goes to HostRecord. */
export function storeHostValue(decoder: Decoder): void {
  const { host, reader } = decoder;
  const name = nameAt(reader, reader.depth);
  if (name === 'DNS_DATA' && storeDnsData(decoder)) return;
  const items = EXTRA_OF.get(name)?.item;
  const array = items === undefined ? undefined : itemsOf(host.value, Buffer.from(items));
  closeValue(host.value);
  const column = COLUMN_OF.get(name);
  const isStored =
    column === undefined ? storeExtra(decoder, name, array) : storeColumn(decoder, column, jsonOf(host.value));
  if (!isStored && !addMember(host.record, Buffer.from(name), jsonOf(host.value))) spillWholeValue(decoder);
}

function jsonOf(value: JsonOut): Uint8Array {
  return value.bytes.subarray(0, value.at);
}

function textOf(json: Uint8Array): string {
  return JSON.parse(Buffer.from(json).toString()) as string;
}

/** False when the value is not what the column holds, or the column has one already: then HostRecord keeps it. */
function storeColumn(decoder: Decoder, column: number, json: Uint8Array): boolean {
  const { host, limits } = decoder;
  if (json[0] !== QUOTE || hasColumn(host, column)) return false;
  const type = HOST_COLUMNS[column]?.type;
  if (type !== 'string') return storeTyped(decoder, column, textOf(json));
  if (json.length > limits.column) spillWholeValue(decoder);
  else if (column === ID) storeId(decoder, json);
  else setColumn(host, column, json);
  return true;
}

function storeId(decoder: Decoder, json: Uint8Array): void {
  const id = textOf(json);
  if (id === '') return;
  decoder.host.id = id;
  setColumn(decoder.host, COLUMN_OF.get('ID') ?? 0, json);
  stopCapture(decoder.capture);
}

function storeTyped({ host }: Decoder, column: number, text: string): boolean {
  if (column === SCAN_DATE) host.scanDate = text;
  if (text === '') return true;
  const value = HOST_COLUMNS[column]?.type === 'int' ? toIntText(text) : toUtcTime(text);
  if (value === undefined) return false;
  setColumn(host, column, Buffer.from(HOST_COLUMNS[column]?.type === 'int' ? value : `"${value}"`));
  return true;
}

/** The children of that name as an array; undefined when the open value holds anything else. */
function itemsOf(value: JsonOut, item: Uint8Array): Uint8Array | undefined {
  const first = value.base[0] ?? 0;
  if (value.bytes[0] === QUOTE) return value.at === 1 ? Buffer.from('[]') : undefined;
  if (!isOnlyMembers(value) || value.memberCount - first !== 1 || findMember(value, item, 0, item.length) !== first)
    return undefined;
  const json = Buffer.from(value.bytes.subarray(...memberValue(value, first)));
  return isJoined(value, first) ? json : Buffer.concat([Buffer.from('['), json, Buffer.from(']')]);
}

/** Whether the open value is an object without attributes: the first member follows the brace. */
function isOnlyMembers(value: JsonOut): boolean {
  const first = value.base[0] ?? 0;
  return value.bytes[0] === OPEN_BRACE && value.memberCount > first && (value.members[first] ?? 0) >> 1 === 1;
}

function storeExtra(decoder: Decoder, name: string, items: Uint8Array | undefined): boolean {
  const { host, limits } = decoder;
  const extra = EXTRA_OF.get(name);
  if (extra === undefined || host.extras.has(extra.column)) return false;
  const value = jsonOf(host.value);
  const json = extra.item === undefined ? objectOf(value) : items;
  if (json === undefined) return false;
  if (json.length >= limits.field) spillWholeValue(decoder);
  else if (json.length > 0) host.extras.set(extra.column, json);
  return true;
}

/** An object as it is, nothing for an empty element. */
function objectOf(json: Uint8Array): Uint8Array | undefined {
  if (json[0] === OPEN_BRACE) return Buffer.from(json);
  return json.length === 2 ? new Uint8Array() : undefined;
}

/** DNS_DATA becomes three columns when it holds nothing but these, each once. */
function storeDnsData(decoder: Decoder): boolean {
  const { value } = decoder.host;
  if (!isOnlyMembers(value)) return false;
  const parts = ['HOSTNAME', 'DOMAIN', 'FQDN'].map((name) => dnsPart(decoder, name));
  const found = parts.flatMap((part) => (part === undefined ? [] : [part]));
  if (found.length !== value.memberCount - (value.base[0] ?? 0)) return false;
  for (const { column, json } of found) setColumn(decoder.host, column, json);
  return true;
}

function dnsPart(decoder: Decoder, name: string): { column: number; json: Uint8Array } | undefined {
  const { host, limits } = decoder;
  const column = COLUMN_OF.get(`DNS_DATA/${name}`) ?? -1;
  const key = Buffer.from(name);
  const member = findMember(host.value, key, 0, key.length);
  if (member < 0 || hasColumn(host, column)) return undefined;
  const json = host.value.bytes.subarray(...memberValue(host.value, member));
  return json[0] === QUOTE && json.length <= limits.column ? { column, json } : undefined;
}
