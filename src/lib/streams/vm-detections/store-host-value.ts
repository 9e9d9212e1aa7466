import { OPEN_BRACE, QUOTE } from '../../qualys/xml/byte-tables.ts';
import { unescapedText, type JsonOut } from '../../qualys/xml/json-out.ts';
import { findMember, isJoined, memberValue } from '../../qualys/xml/json-members.ts';
import { addMember, closeValue } from '../../qualys/xml/xml-json.ts';
import { nameAt } from '../../qualys/xml/xml-reader.ts';
import { stopCapture } from './decode-capture.ts';
import { spillWholeValue } from './decode-spill.ts';
import type { Decoder } from './decode-state.ts';
import { COLUMN_OF, EXTRA_OF, HOST_COLUMNS } from './host-columns.ts';
import { hasColumn, setColumn } from './host-state.ts';
import { toIntText, toUtcTime } from './host-values.ts';

const ID = COLUMN_OF.get('ID') ?? 0;
const SCAN_DATE = COLUMN_OF.get('LAST_VM_SCANNED_DATE');

/**
 * Puts the child of HOST that has just been read, and is still open, where it belongs: what has no column of its own
 * goes to HostRecord.
 */
export function storeHostValue(decoder: Decoder): void {
  const { host, valueName } = decoder;
  const column = COLUMN_OF.get(valueName);
  if (column === undefined) {
    if (valueName === 'DNS_DATA' && storeDnsData(decoder)) return;
    const items = EXTRA_OF.get(valueName)?.item;
    const array = items === undefined ? undefined : itemsOf(host.value, Buffer.from(items));
    closeValue(host.value);
    if (!storeExtra(decoder, valueName, array)) storeRecord(decoder);
  } else {
    closeValue(host.value);
    if (!storeColumn(decoder, column)) storeRecord(decoder);
  }
}

function storeRecord(decoder: Decoder): void {
  const { host, reader } = decoder;
  const key = Buffer.from(nameAt(reader, reader.depth));
  if (!addMember(host.record, key, jsonOf(host.value))) spillWholeValue(decoder);
}

function jsonOf({ at, bytes }: JsonOut): Buffer {
  return bytes.subarray(0, at);
}

/** What a string says. */
function textOf(value: JsonOut): string {
  return unescapedText(value, 1, value.at - 1);
}

/** False when the value is not what the column holds, or the column has one already: then HostRecord keeps it. */
function storeColumn(decoder: Decoder, column: number): boolean {
  const { host, limits } = decoder;
  const { at, bytes } = host.value;
  if (bytes[0] !== QUOTE || hasColumn(host, column)) return false;
  if (HOST_COLUMNS[column]?.type !== 'string') return storeTyped(decoder, column);
  if (at > limits.column) spillWholeValue(decoder);
  else if (column === ID) storeId(decoder);
  else setColumn(host, column, bytes, at);
  return true;
}

function storeId({ capture, host }: Decoder): void {
  const id = textOf(host.value);
  if (id === '') return;
  host.id = id;
  setColumn(host, ID, host.value.bytes, host.value.at);
  stopCapture(capture);
}

function storeTyped({ host }: Decoder, column: number): boolean {
  const text = textOf(host.value);
  if (column === SCAN_DATE) host.scanDate = text;
  if (text === '') return true;
  const isInt = HOST_COLUMNS[column]?.type === 'int';
  const value = isInt ? toIntText(text) : toUtcTime(text);
  if (value === undefined) return false;
  const json = Buffer.from(isInt ? value : `"${value}"`);
  setColumn(host, column, json, json.length);
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

const DNS_PARTS = ['HOSTNAME', 'DOMAIN', 'FQDN'].map((name) => ({
  key: Buffer.from(name),
  column: COLUMN_OF.get(`DNS_DATA/${name}`) ?? 0,
}));

/** DNS_DATA becomes three columns when it holds nothing but these, each once. */
function storeDnsData(decoder: Decoder): boolean {
  const { host } = decoder;
  if (!isOnlyMembers(host.value)) return false;
  const found = DNS_PARTS.map((part) => findMember(host.value, part.key, 0, part.key.length));
  const count = found.filter((member, index) => member >= 0 && fitsColumn(decoder, index, member)).length;
  if (count !== host.value.memberCount - (host.value.base[0] ?? 0)) return false;
  for (const [index, { column }] of DNS_PARTS.entries()) {
    const member = found[index] ?? -1;
    if (member < 0) continue;
    const json = host.value.bytes.subarray(...memberValue(host.value, member));
    setColumn(host, column, json, json.length);
  }
  return true;
}

function fitsColumn({ host, limits }: Decoder, part: number, member: number): boolean {
  const [from, to] = memberValue(host.value, member);
  const isFree = !hasColumn(host, DNS_PARTS[part]?.column ?? 0);
  return isFree && host.value.bytes[from] === QUOTE && to - from <= limits.column;
}
