/** A place in a JSON document that a reader wants to find. */
export interface FieldPath {
  /** Index in the slots; -1 for a place that is only passed through. */
  readonly slot: number;
  /** Whether arrays found here are read element by element. */
  readonly isList: boolean;
  readonly members: ReadonlyMap<string, FieldPath>;
}

/** The fields that are looked for. */
export interface FieldPaths {
  readonly root: FieldPath;
  /** Number of slots. */
  readonly count: number;
  /** Slot of a path given to `compileFieldPaths`. */
  readonly slotOf: (path: string) => number;
}

interface Draft {
  slot: number;
  isList: boolean;
  readonly members: Map<string, Draft>;
}

/**
 * Compiles dotted paths such as `asset.hostName`. A name followed by `[]` (`indicator2[].verdict`, `verdict[]`) may
 * hold one value or an array of them; anywhere else an array is not looked into.
 */
export function compileFieldPaths(paths: Iterable<string>): FieldPaths {
  const root = draft();
  const slots = new Map<string, number>();
  for (const path of paths) {
    if (slots.has(path)) continue;
    const place = path.split('.').reduce(enter, root);
    if (place.slot < 0) place.slot = slots.size;
    slots.set(path, place.slot);
  }
  const slotOf = (path: string): number => {
    const slot = slots.get(path);
    if (slot === undefined) throw new RangeError(`path must be one of those compiled, given ${path}`);
    return slot;
  };
  return { root, count: slots.size, slotOf };
}

function draft(): Draft {
  return { slot: -1, isList: false, members: new Map() };
}

function enter(parent: Draft, segment: string): Draft {
  const isList = segment.endsWith('[]');
  const name = isList ? segment.slice(0, -2) : segment;
  const found = parent.members.get(name) ?? draft();
  found.isList ||= isList;
  parent.members.set(name, found);
  return found;
}
