import type { FieldPath, FieldPaths } from './field-paths.ts';
import { isMembers } from './parse-json.ts';

/** A value of a document and where it stands: in an object by its name, in an array by its number. */
export interface Found {
  readonly value: unknown;
  readonly holder: Readonly<Record<string, unknown>> | readonly unknown[];
  readonly key: string | number;
}

/** A document, and what was found of it for each field, in the order of the text. */
export interface Fields {
  readonly value: unknown;
  readonly slots: readonly (readonly Found[] | undefined)[];
}

/** Finds the fields of a document. */
export function findFields({ count, root }: FieldPaths, value: unknown): Fields {
  const slots = new Array<Found[] | undefined>(count).fill(undefined);
  if (isMembers(value)) findIn(root, value, slots);
  return { value, slots };
}

/** The last value found for a slot. */
export function lastOf({ slots }: Fields, slot: number): Found | undefined {
  const found = slots[slot];
  return found?.[found.length - 1];
}

function findIn(
  { members }: FieldPath,
  holder: Readonly<Record<string, unknown>>,
  slots: (Found[] | undefined)[],
): void {
  for (const key in holder) {
    const path = members.get(key);
    if (path === undefined) continue;
    note(path, { value: holder[key], holder, key }, slots);
  }
}

function note(path: FieldPath, found: Found, slots: (Found[] | undefined)[]): void {
  const { value } = found;
  if (path.isList && Array.isArray(value)) {
    for (let n = 0; n < value.length; n++) note(path, { value: value[n], holder: value, key: n }, slots);
    return;
  }
  if (path.slot >= 0) {
    const before = slots[path.slot];
    // `push` on an empty array would make room for many.
    if (before === undefined) slots[path.slot] = [found];
    else before.push(found);
  }
  if (path.members.size > 0 && isMembers(value)) findIn(path, value, slots);
}
