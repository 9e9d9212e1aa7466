import { isSpelled, parseSpelled, type Members, type ParsedJson } from './parse-json.ts';

/** Names in their order, of kinds of objects that came before. */
const ORDERS = new Map<string, readonly string[]>();
const MOST_KINDS = 1024;
const LONGEST_KIND = 1000;
/** An object lists names that are numbers first, whatever their order, and `__proto__` is no name one can assign to. */
const ODD_NAME = /^(?:\d+|__proto__)$/;
const STRINGS = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?/gs;
/** What makes each name another one: a NUL and the number of its place. */
const TAG = /\\u0000\d{8}":/g;
const TAG_LENGTH = 9;

/**
 * The JSON text of a document without white space and with the names of every object sorted by their UTF-16 code units, as
 * `Array.prototype.sort` does; strings as `JSON.stringify` writes them; numbers as they stand, so that those beyond 2^53 stay apart. Repeated
 * names are all kept, in their order. Row keys are digests of it: it must never change.
 */
export function canonicalJson({ names, text, value }: ParsedJson) {
  const sorting: Sorting = { names: 0, isOdd: false, tagLength: 0 };
  const sorted = sortNames(value, sorting);
  const isRepeating = sorting.names !== names;
  return {
    text: isRepeating || sorting.isOdd ? canonicalOfOdd(text) : JSON.stringify(sorted),
    /** Whether a name comes twice in an object. */
    isRepeating,
  };
}

interface Sorting {
  names: number;
  /** Whether an object has names that cannot be put in order. */
  isOdd: boolean;
  /** Characters at the end of each name that do not count. */
  readonly tagLength: number;
}

/** The value with sorted names; what has none stays what it is. */
function sortNames(value: unknown, sorting: Sorting): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return sortItems(value, sorting);
  const members = value as Members;
  const names = Object.keys(members);
  if (names.length === 0 || (names.length === 1 && isSpelled(value))) return value;
  sorting.names += names.length;
  const order = orderOf(names, sorting);
  sorting.isOdd ||= order === undefined;
  const sorted: Members = {};
  for (const name of order ?? names) {
    const member = members[name];
    sorted[name] = typeof member === 'object' ? sortNames(member, sorting) : member;
  }
  return sorted;
}

function sortItems(items: readonly unknown[], sorting: Sorting): readonly unknown[] {
  let sorted: unknown[] | undefined;
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    const found = typeof item === 'object' ? sortNames(item, sorting) : item;
    if (found === item) continue;
    sorted ??= items.slice();
    sorted[index] = found;
  }
  return sorted ?? items;
}

/** The names in their order; undefined where an object cannot have them in it. */
function orderOf(names: string[], { tagLength }: Sorting): readonly string[] | undefined {
  if (tagLength > 0) return names.sort((left, right) => compare(left.slice(0, -tagLength), right.slice(0, -tagLength)));
  const kind = names.join('\n');
  const known = ORDERS.get(kind);
  // No kind that is kept has a line feed in a name: another object of the same text has fewer names.
  if (known?.length === names.length) return known;
  if (names.some((name) => ODD_NAME.test(name))) return undefined;
  names.sort();
  if (kind.length > LONGEST_KIND || names.some((name) => name.includes('\n'))) return names;
  if (ORDERS.size >= MOST_KINDS) ORDERS.clear();
  ORDERS.set(kind, names);
  return names;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

/** The canonical text where names come twice or have an order of their own: each is made another one, and then itself again. */
function canonicalOfOdd(text: string): string {
  let count = 0;
  const tagged = text.replace(STRINGS, (whole, name: string, colon: string | undefined) =>
    colon === undefined ? whole : `"${name}\\u0000${String(count++).padStart(TAG_LENGTH - 1, '0')}"${colon}`,
  );
  const sorted = sortNames(parseSpelled(tagged), { names: 0, isOdd: false, tagLength: TAG_LENGTH });
  return JSON.stringify(sorted).replaceAll(TAG, '":');
}
