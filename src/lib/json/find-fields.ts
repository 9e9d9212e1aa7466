import { isMembers } from './parse-json.ts';

/** A place in a JSON document that a reader wants to find. */
interface FieldPath {
  /** Index in the slots; -1 for a place that is only passed through. */
  slot: number;
  /** Whether arrays found here are read element by element. */
  isList: boolean;
  readonly members: Map<string, FieldPath>;
}

/** The fields that are looked for. */
export type FieldPaths = ReturnType<typeof compileFieldPaths>;

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

/**
 * Compiles dotted paths such as `asset.hostName`. A name followed by `[]` (`indicator2[].verdict`, `verdict[]`) may
 * hold one value or an array of them; anywhere else an array is not looked into.
 */
export function compileFieldPaths(paths: Iterable<string>) {
  const root: FieldPath = { slot: -1, isList: false, members: new Map() };
  const slots = new Map<string, number>();
  for (const path of new Set(paths)) {
    const place = path.split('.').reduce(enter, root);
    if (place.slot < 0) place.slot = slots.size;
    slots.set(path, place.slot);
  }
  return {
    root,
    /** Number of slots. */
    count: slots.size,
    /** Slot of a path that was given. */
    slotOf: (path: string): number => {
      const slot = slots.get(path);
      if (slot === undefined) throw new RangeError(`path must be one of those compiled, given ${path}`);
      return slot;
    },
  };
}

function enter({ members }: FieldPath, segment: string): FieldPath {
  const isList = segment.endsWith('[]');
  const name = isList ? segment.slice(0, -2) : segment;
  const found = members.get(name) ?? { slot: -1, isList: false, members: new Map<string, FieldPath>() };
  found.isList ||= isList;
  members.set(name, found);
  return found;
}

/** Finds the fields of a document. */
export function findFields({ count, root }: FieldPaths, value: unknown): Fields {
  const slots = new Array<Found[] | undefined>(count).fill(undefined);
  if (isMembers(value)) findIn(root, value, slots);
  return { value, slots };
}

/** The last value found for a slot. */
export function lastOf({ slots }: Fields, slot: number): Found | undefined {
  return slots[slot]?.at(-1);
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
