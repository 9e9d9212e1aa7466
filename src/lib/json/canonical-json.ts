import { copyBytes, createViewedBytes, type ViewedBytes } from './copy-bytes.ts';
import { CELL, CELL_SIZE, COMPACT, KIND, nameOf, type JsonTape } from './json-tape.ts';
import { memberOrder, sortedOrder } from './key-tree.ts';

/** Writes values in canonical form; keeps its memory from one value to the next. */
export interface CanonicalWriter {
  target: ViewedBytes;
  /** Members of the objects being written, innermost last. */
  members: Int32Array;
}

const COMMA = 0x2c;
const COLON = 0x3a;

/** A writer with some memory; it takes more when a value needs it. */
export function createCanonicalWriter(): CanonicalWriter {
  return { target: createViewedBytes(8192), members: new Int32Array(1024) };
}

/**
 * The value's JSON text without white space and with the keys of every object sorted by their UTF-16 code units, as
 * `Array.prototype.sort` does; strings as `JSON.stringify` writes them; numbers as they stand, so that those beyond
 * 2^53 stay apart. Repeated keys are all kept. Never longer than the value. Valid until the next call.
 */
export function writeCanonical(writer: CanonicalWriter, tape: JsonTape, value: number): Buffer {
  const size = (tape.cells[value + CELL.end] ?? 0) - (tape.cells[value + CELL.start] ?? 0);
  if (writer.target.bytes.length < size) writer.target = createViewedBytes(size * 2);
  const values = tape.length / CELL_SIZE;
  if (writer.members.length < values) writer.members = new Int32Array(values * 2);
  return writer.target.bytes.subarray(0, writeValue(writer, tape, value, 0, 0));
}

/** Writes the value at `at`; `top` is the end of the members in use. Returns the position behind the text. */
function writeValue(writer: CanonicalWriter, tape: JsonTape, value: number, at: number, top: number): number {
  const { cells } = tape;
  const start = cells[value + CELL.start] ?? 0;
  const end = cells[value + CELL.end] ?? 0;
  switch (cells[value]) {
    case KIND.object:
      return writeObject(writer, tape, value, at, top);
    case KIND.array:
      return writeArray(writer, tape, value, at, top);
    case KIND.escapedString:
      return writeText(writer, nameOf(tape.source, start, end), at);
    default:
      return copyBytes(writer.target, at, tape.source, tape.view, start, end);
  }
}

function writeArray(writer: CanonicalWriter, tape: JsonTape, array: number, from: number, top: number): number {
  const { cells } = tape;
  const { bytes } = writer.target;
  const next = cells[array + CELL.next] ?? 0;
  let at = from;
  bytes[at++] = 0x5b;
  for (let value = array + CELL_SIZE; value < next; value = cells[value + CELL.next] ?? next) {
    if (value > array + CELL_SIZE) bytes[at++] = COMMA;
    at = writeValue(writer, tape, value, at, top);
  }
  bytes[at++] = 0x5d;
  return at;
}

function writeObject(writer: CanonicalWriter, tape: JsonTape, object: number, from: number, top: number): number {
  const { cells, source, view } = tape;
  const { members, target } = writer;
  const next = cells[object + CELL.next] ?? 0;
  let end = top;
  for (let value = object + CELL_SIZE; value < next; value = cells[value + CELL.next] ?? next) members[end++] = value;
  const shape = tape.keys.nodes[cells[object + CELL.shape] ?? -1];
  const isKnown = shape !== undefined && !shape.hasEscapes;
  const order = isKnown ? memberOrder(shape) : sortedOrder(namesOf(tape, members.subarray(top, end)));
  let at = from;
  target.bytes[at++] = 0x7b;
  for (let index = 0; index < order.length; index++) {
    const value = members[top + (order[index] ?? 0)] ?? 0;
    if (index > 0) target.bytes[at++] = COMMA;
    if (isKnown && isCompactScalar(cells, value)) {
      at = copyBytes(target, at, source, view, cells[value + CELL.keyStart] ?? 0, cells[value + CELL.end] ?? 0);
    } else {
      at = writeKey(writer, tape, value, at, isKnown);
      at = writeValue(writer, tape, value, at, end);
    }
  }
  target.bytes[at++] = 0x7d;
  return at;
}

/** Whether the member stands in the source as it is to be written. */
function isCompactScalar(cells: Int32Array, member: number): boolean {
  return (cells[member] ?? 0) < KIND.object && cells[member + CELL.shape] === COMPACT;
}

function writeKey(writer: CanonicalWriter, tape: JsonTape, member: number, from: number, isPlain: boolean): number {
  const keyStart = tape.cells[member + CELL.keyStart] ?? 0;
  const keyEnd = tape.cells[member + CELL.keyEnd] ?? 0;
  const at = isPlain
    ? copyBytes(writer.target, from, tape.source, tape.view, keyStart, keyEnd)
    : writeText(writer, nameOf(tape.source, keyStart, keyEnd), from);
  writer.target.bytes[at] = COLON;
  return at + 1;
}

function namesOf(tape: JsonTape, members: Int32Array): string[] {
  const { cells, source } = tape;
  return Array.from(members, (member) =>
    nameOf(source, cells[member + CELL.keyStart] ?? 0, cells[member + CELL.keyEnd] ?? 0),
  );
}

function writeText({ target }: CanonicalWriter, text: string, at: number): number {
  return at + target.bytes.write(JSON.stringify(text), at, 'utf8');
}
