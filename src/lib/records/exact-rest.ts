import { isMembers, type Members } from '../json/parse-json.ts';
import { lastOf, type Fields, type Found } from '../json/find-fields.ts';
import { jsonOf } from './column-values.ts';
import type { CompiledColumn, HomeSlots } from './record-table.ts';

/** First member of a `Record` that is a rest; its list says what a rebuild cannot know. */
export const REST_MARK = '$rest';

/** Name of a column whose value is not put back to its home, because it does not come from there; number of a copy that is made again. */
export type RestMark = string | number;

/**
 * Notes what a column gives back just as it stood at its home: then the rest need not have it.
 * @param json the column's JSON text.
 * @returns whether a rebuild needs no further word: the value is held, or its home stands in the rest.
 */
export function holdAtHome(column: CompiledColumn, fields: Fields, json: string, held: Found[]): boolean {
  if (column.elementsAt >= 0) return holdList(column, fields, json, held);
  const home = lastOf(fields, column.homeAt);
  if (home === undefined) return false;
  if (jsonOf(home.value) === (column.kind === 'dateTime' ? `${json.slice(0, -2)}+0000"` : json)) held.push(home);
  return true;
}

/** The same of a copy; here the value is only put back where that is said. */
export function holdCopy(copy: HomeSlots, fields: Fields, json: string, held: Found[]): boolean {
  if (copy.elementsAt >= 0) return holdList(copy, fields, `[${json}]`, held);
  const home = lastOf(fields, copy.homeAt);
  if (home === undefined || jsonOf(home.value) !== json) return false;
  held.push(home);
  return true;
}

/** Values of the first elements of a list, one of each, in their order. */
function holdList({ elementsAt, homeAt }: HomeSlots, { slots }: Fields, json: string, held: Found[]): boolean {
  const values = slots[homeAt] ?? [];
  const elements = slots[elementsAt] ?? [];
  const list = elements[0]?.holder;
  // All elements of one array: a list within a list has no home.
  if (values.length === 0 || !Array.isArray(list) || list.length !== elements.length) return false;
  const areFirst = values.every(({ holder }, index) => holder === list[index]);
  if (!areFirst || `[${values.map(({ value }) => jsonOf(value)).join(',')}]` !== json) return false;
  held.push(...values);
  return true;
}

/** What was held of a record, and what a rebuild must be told. */
export interface Held {
  readonly held: readonly Found[];
  readonly marks: readonly RestMark[];
}

/**
 * Takes out of a record what columns give back as it stood, and gives the JSON of what is left: with the columns it has the same members and
 * values again. No name may come twice in it, and none of its own may be the mark's.
 */
export function exactRest(record: Members, { held, marks }: Held): string {
  takeOut(held);
  takeEmptied(record, new Set(held.map(({ holder }) => holder)));
  const rest = JSON.stringify(record);
  const mark = `{"${REST_MARK}":${JSON.stringify(marks)}`;
  return rest === '{}' ? `${mark}}` : `${mark},${rest.slice(1)}`;
}

/** The record without its members that columns hold. Of elements of one name, which the XML reader joins, some may be left. */
export function restOf(record: unknown, held: readonly Found[]): string {
  if (!isMembers(record)) return JSON.stringify(record);
  const lists = new Set(Object.values(record).filter(Array.isArray));
  takeOut(held.filter(({ holder }) => holder === record || lists.has(holder as unknown[])));
  for (const [name, member] of Object.entries(record)) {
    const left = Array.isArray(member) ? member.filter((item) => item !== undefined) : [];
    if (Array.isArray(member) && left.length < member.length) record[name] = left.length < 2 ? left[0] : left;
  }
  return JSON.stringify(record);
}

/** Takes values out of their document: `JSON.stringify` writes no member that is undefined. */
function takeOut(held: readonly Found[]): void {
  for (const { holder, key } of held) (holder as Record<string | number, unknown>)[key] = undefined;
}

/** Takes out objects that have nothing left, and lists of nothing but these. @returns whether the value is one. */
function takeEmptied(value: unknown, holders: ReadonlySet<unknown>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) {
    let isEmptied = value.length > 0;
    for (const item of value) if (!takeEmptied(item, holders)) isEmptied = false;
    return isEmptied;
  }
  const members = value as Members;
  let isCut = holders.has(members);
  let isLeft = false;
  for (const name in members) {
    const member = members[name];
    if (member === undefined) continue;
    if (takeEmptied(member, holders)) {
      members[name] = undefined;
      isCut = true;
    } else isLeft = true;
  }
  return isCut && !isLeft;
}
