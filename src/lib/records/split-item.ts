import { createJsonScan, type JsonScan } from '../json/json-scan.ts';
import { endOf, KIND, startOf } from '../json/json-tape.ts';
import { compileFieldPaths } from '../json/field-paths.ts';
import { scanCopy } from '../json/scan-copy.ts';
import { memberOf, rawOf } from '../json/walk-tape.ts';
import type { ItemLimits } from './item-limits.ts';

/** The text that makes an item long: a member of its object, and the member within that. */
export interface LongText {
  readonly member: string;
  readonly text: string;
  /** The member that tells in each row whose text goes on. */
  readonly id: string;
}

const BACKSLASH = 0x5c;
const MAX_ID_BYTES = 256;
let scan: JsonScan | undefined;

/**
 * Cuts the text of a long item: first the item with the beginning of its text, then items of its id and more text. Undefined where it
 * cannot be cut so that all fits.
 */
export function splitItem(item: Buffer, { id, member, text }: LongText, limits: ItemLimits): Buffer[] | undefined {
  scan ??= createJsonScan(compileFieldPaths([]));
  if (scanCopy(scan, item) < 0) return undefined;
  const value = memberOf(scan, memberOf(scan, 0, member), text);
  if (value < 0 || scan.cells[value] !== KIND.string) return item.length <= limits.list ? [item] : undefined;
  const end = endOf(scan, value) - 1;
  const isShort = end <= limits.text;
  let at = isShort ? end : characterFrom(item, startOf(scan, value) + 1, limits.text, end);
  const first = isShort ? item : Buffer.concat([item.subarray(0, at), item.subarray(end)]);
  if (first.length > limits.list) return undefined;
  const items = [first];
  const start = `{${idOf(scan, id)}"${member}":{"${text}":"`;
  for (let isLast = isShort; !isLast;) {
    const to = at + limits.item - start.length;
    isLast = end <= to;
    const next = isLast ? end : characterFrom(item, at, to, end);
    items.push(Buffer.concat([Buffer.from(start, 'latin1'), item.subarray(at, next), Buffer.from('"}}')]));
    at = next;
  }
  return items;
}

/** The vendor has the id first in each; where it is missing, the place of the row alone tells what goes on. */
function idOf(tape: JsonScan, id: string): string {
  const value = memberOf(tape, 0, id);
  const isShort = value >= 0 && tape.cells[value] === KIND.string && rawOf(tape, value).length <= MAX_ID_BYTES;
  return isShort ? `"${id}":${rawOf(tape, value)},` : '';
}

/** The first place behind `limit` that cuts through no character and no escape. */
function characterFrom(bytes: Buffer, from: number, limit: number, end: number): number {
  let at = from;
  while (at <= limit && at < end) {
    at += bytes[at] === BACKSLASH ? 2 : 1;
    while (((bytes[at] ?? 0) & 0xc0) === 0x80) at++;
  }
  return at;
}
