import { CELL, CELL_SIZE, KIND, latin1, nameOf, type JsonTape } from './json-tape.ts';

/** The values directly in an object or array, in their order; none of any other value. */
export function* childrenOf({ cells }: JsonTape, value: number): Generator<number> {
  const next = cells[value + CELL.next] ?? 0;
  for (let child = value + CELL_SIZE; child < next; child = cells[child + CELL.next] ?? next) yield child;
}

/** The key of a member. */
export function keyOf({ cells, source }: JsonTape, member: number): string {
  return nameOf(source, cells[member + CELL.keyStart] ?? 0, cells[member + CELL.keyEnd] ?? 0);
}

/** The last member of that key; -1 where the value is no object or has none. */
export function memberOf(tape: JsonTape, object: number, key: string): number {
  if (tape.cells[object] !== KIND.object) return -1;
  let found = -1;
  for (const member of childrenOf(tape, object)) if (keyOf(tape, member) === key) found = member;
  return found;
}

/** The text of a value as it stands, one character a byte. */
export function rawOf({ cells, source }: JsonTape, value: number): string {
  return latin1(source, cells[value + CELL.start] ?? 0, cells[value + CELL.end] ?? 0);
}

/** The key of a member as it stands, with its quotes. */
export function rawKeyOf({ cells, source }: JsonTape, member: number): string {
  return latin1(source, cells[member + CELL.keyStart] ?? 0, cells[member + CELL.keyEnd] ?? 0);
}

/** All values that the scanner found for a slot, in the order of the text. */
export function valuesIn({ cells, slots }: JsonTape, slot: number): number[] {
  const values: number[] = [];
  for (let value = slots[slot] ?? -1; value >= 0; value = cells[value + CELL.earlier] ?? -1) values.push(value);
  return values.reverse();
}
