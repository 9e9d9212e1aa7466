import type { JsonObject } from './event-record.ts';

/** Leaves out of a record what the caller did not ask for. */
export type Projection = (record: unknown) => unknown;

/** Names as the guide's example writes them: `_id` and `_type` stand for `id` and `type`. */
function namesOf(list: string | undefined): Set<string> {
  const names = (list ?? '').split(',').map((name) => name.trim().replace(/^_/u, ''));
  return new Set(names.filter((name) => name !== ''));
}

type Choice = (path: string, name: string) => boolean;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keeps chosen fields whole, and objects of which some field is chosen. */
function keepChosen(record: JsonObject, isChosen: Choice, prefix: string): JsonObject {
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(record)) {
    const path = prefix + name;
    if (isChosen(path, name)) kept[name] = value;
    else if (isObject(value)) {
      const inner = keepChosen(value, isChosen, `${path}.`);
      if (Object.keys(inner).length > 0) kept[name] = inner;
    }
  }
  return kept;
}

function dropChosen(record: JsonObject, isChosen: Choice, prefix: string): JsonObject {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([name]) => !isChosen(prefix + name, name))
      .map(([name, value]) => [name, isObject(value) ? dropChosen(value, isChosen, `${prefix}${name}.`) : value]),
  );
}

/**
 * Makes the projection of `include_attributes` and `exclude_attributes`: comma lists of field names or dotted paths.
 * Including some means leaving out the rest.
 */
export function makeProjection(include: string | undefined, exclude: string | undefined): Projection {
  const included = namesOf(include);
  const excluded = namesOf(exclude);
  return (record) => {
    if (!isObject(record)) return record;
    // A name that the record itself has means that field, any other one every field of that name inside.
    const isIn = (names: ReadonlySet<string>): Choice => {
      return (path, name) => names.has(path) || (names.has(name) && !Object.hasOwn(record, name));
    };
    const kept = included.size === 0 ? record : keepChosen(record, isIn(included), '');
    return excluded.size === 0 ? kept : dropChosen(kept, isIn(excluded), '');
  };
}
