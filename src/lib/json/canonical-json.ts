import { CELL, CELL_SIZE, KIND, nameOf, type JsonTape } from './json-tape.ts';

const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const NON_ASCII = 0x80;
/** Up to this many bytes, a loop beats the native copy with its cost a call. */
const SHORT = 32;

/** Memory for one text after the other, and the members of the objects being written, innermost last. */
let target = Buffer.allocUnsafeSlow(8192);
const members: number[] = [];

/**
 * The value's JSON text without white space and with the keys of every object sorted by their UTF-16 code units, as
 * `Array.prototype.sort` does; strings as `JSON.stringify` writes them; numbers as they stand, so that those beyond
 * 2^53 stay apart. Repeated keys are all kept, in their order. Never longer than the value. Valid until the next call.
 */
export function canonicalText(tape: JsonTape, value: number): Buffer {
  const size = (tape.cells[value + CELL.end] ?? 0) - (tape.cells[value + CELL.start] ?? 0);
  if (target.length < size) target = Buffer.allocUnsafeSlow(size * 2);
  members.length = 0;
  return target.subarray(0, putValue(tape, value, 0));
}

/** Writes a value at `at` and returns the position behind it. */
function putValue(tape: JsonTape, value: number, at: number): number {
  const { cells, source } = tape;
  const [start, end] = [cells[value + CELL.start] ?? 0, cells[value + CELL.end] ?? 0];
  switch (cells[value]) {
    case KIND.object:
      return putObject(tape, value, at);
    case KIND.array:
      return putArray(tape, value, at);
    case KIND.escapedString:
      return putString(nameOf(source, start, end), at);
    default:
      return putBytes(source, start, end, at);
  }
}

function putArray(tape: JsonTape, array: number, from: number): number {
  const { cells } = tape;
  const next = cells[array + CELL.next] ?? 0;
  let at = from;
  target[at++] = 0x5b;
  for (let value = array + CELL_SIZE; value < next; value = cells[value + CELL.next] ?? next) {
    if (value > array + CELL_SIZE) target[at++] = COMMA;
    at = putValue(tape, value, at);
  }
  target[at++] = 0x5d;
  return at;
}

function putObject(tape: JsonTape, object: number, from: number): number {
  const { cells, source } = tape;
  const next = cells[object + CELL.next] ?? 0;
  const top = members.length;
  let isPlain = true;
  for (let value = object + CELL_SIZE; value < next; value = cells[value + CELL.next] ?? next) {
    isPlain &&= hasPlainKey(tape, value);
    members.push(value);
  }
  const end = members.length;
  if (isPlain && end - top <= SHORT) sortShort(tape, top);
  else sortByName(tape, top);
  let at = from;
  target[at++] = 0x7b;
  for (let index = top; index < end; index++) {
    const value = members[index] ?? 0;
    const [keyStart, keyEnd] = [cells[value + CELL.keyStart] ?? 0, cells[value + CELL.keyEnd] ?? 0];
    if (index > top) target[at++] = COMMA;
    at = isPlain ? putBytes(source, keyStart, keyEnd, at) : putString(nameOf(source, keyStart, keyEnd), at);
    target[at++] = COLON;
    at = putValue(tape, value, at);
  }
  target[at++] = 0x7d;
  members.length = top;
  return at;
}

/** Whether a key is its name as it stands, and sorts by its bytes. */
function hasPlainKey({ cells, source }: JsonTape, member: number): boolean {
  const end = cells[member + CELL.keyEnd] ?? 0;
  for (let at = cells[member + CELL.keyStart] ?? 0; at < end; at++) {
    const byte = source[at] ?? 0;
    if (byte === BACKSLASH || byte >= NON_ASCII) return false;
  }
  return true;
}

/** Sorts the members from `top` on, which are few; those of one name keep their order. */
function sortShort(tape: JsonTape, top: number): void {
  for (let index = top + 1; index < members.length; index++) {
    const member = members[index] ?? 0;
    let place = index;
    for (; place > top && isBefore(tape, member, members[place - 1] ?? 0); place--) {
      members[place] = members[place - 1] ?? 0;
    }
    members[place] = member;
  }
}

function isBefore({ cells, source }: JsonTape, left: number, right: number): boolean {
  let [a, b] = [(cells[left + CELL.keyStart] ?? 0) + 1, (cells[right + CELL.keyStart] ?? 0) + 1];
  const [aEnd, bEnd] = [(cells[left + CELL.keyEnd] ?? 0) - 1, (cells[right + CELL.keyEnd] ?? 0) - 1];
  while (a < aEnd && b < bEnd && source[a] === source[b]) {
    a++;
    b++;
  }
  if (a === aEnd || b === bEnd) return a === aEnd && b < bEnd;
  return (source[a] ?? 0) < (source[b] ?? 0);
}

function sortByName({ cells, source }: JsonTape, top: number): void {
  const named = members.splice(top).map((member) => ({
    member,
    name: nameOf(source, cells[member + CELL.keyStart] ?? 0, cells[member + CELL.keyEnd] ?? 0),
  }));
  named.sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
  for (const { member } of named) members.push(member);
}

function putString(text: string, at: number): number {
  return at + target.write(JSON.stringify(text), at, 'utf8');
}

function putBytes(source: Buffer, start: number, end: number, at: number): number {
  if (end - start > SHORT) source.copy(target, at, start, end);
  else for (let from = start, to = at; from < end; from++, to++) target[to] = source[from] ?? 0;
  return at + end - start;
}
