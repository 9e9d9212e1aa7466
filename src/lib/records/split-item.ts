import type { ItemLimits } from './item-limits.ts';

/** The text that makes an item long: a member of its object, and the member within that. */
export interface LongText {
  readonly member: string;
  readonly text: string;
  /** The member that tells in each row whose text goes on. */
  readonly id: string;
}

const MAX_ID_BYTES = 280;
const STRING = String.raw`"(?:[^"\\]|\\.)*"`;

/**
 * Cuts the text of a long item: first the item with the beginning of its text, then items of its id and more text. Undefined where it
 * cannot be cut so that all fits. JSON texts have one character a byte.
 */
export function splitItem(item: string, { id, member, text }: LongText, limits: ItemLimits): string[] | undefined {
  const found = findText(item, { member, text });
  if (found === undefined) return item.length <= limits.list ? [item] : undefined;
  const { end, from } = found;
  const isShort = end <= limits.text;
  let at = isShort ? end : characterFrom(item, from, limits.text, end);
  const first = item.slice(0, at) + item.slice(end);
  if (first.length > limits.list) return undefined;
  const items = [first];
  // The vendor has the id first in each; where it is missing, the place of the row alone tells what goes on.
  const itsId = new RegExp(`"${id}":${STRING},`).exec(item)?.[0] ?? '';
  const start = `{${itsId.length <= MAX_ID_BYTES ? itsId : ''}"${member}":{"${text}":"`;
  while (at < end) {
    const to = at + limits.item - start.length;
    const next = end <= to ? end : characterFrom(item, at, to, end);
    items.push(`${start}${item.slice(at, next)}"}}`);
    at = next;
  }
  return items;
}

/** Where the characters of an item's text begin and end; undefined where it has none. */
export function findText(
  item: string,
  { member, text }: Pick<LongText, 'member' | 'text'>,
): { readonly from: number; readonly end: number } | undefined {
  const found = new RegExp(`"${member}":{(?:"@[^"]+":${STRING},)*"${text}":"`).exec(item);
  if (found === null) return undefined;
  const from = found.index + found[0].length;
  return { from, end: stringEnd(item, from) };
}

/** Index of the quote that ends the string. */
function stringEnd(json: string, from: number): number {
  let at = from;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}

/** The first place behind `limit` that cuts through no character and no escape. */
function characterFrom(json: string, from: number, limit: number, end: number): number {
  let at = from;
  while (at <= limit && at < end) {
    at += json[at] === '\\' ? 2 : 1;
    while ((json.charCodeAt(at) & 0xc0) === 0x80) at++;
  }
  return at;
}
