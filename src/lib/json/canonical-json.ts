import { CELL, CELL_SIZE, KIND, nameOf, type JsonTape } from './json-tape.ts';
import { memberOrder, sortedOrder } from './key-tree.ts';

/** Writes values in canonical form; keeps its buffers from one value to the next. */
export interface CanonicalWriter {
  /** The text of the value written last starts here. */
  bytes: Buffer;
  length: number;
  /** Members of the objects being written, innermost last. */
  members: Int32Array;
  /** Source bytes `[runStart, runEnd)` that are still to be copied. */
  runStart: number;
  runEnd: number;
}

export function createCanonicalWriter(): CanonicalWriter {
  return { bytes: Buffer.allocUnsafe(8192), length: 0, members: new Int32Array(1024), runStart: 0, runEnd: 0 };
}

/**
 * The value's JSON text without white space and with the keys of every object sorted by their UTF-16 code units, as
 * `Array.prototype.sort` does; strings as `JSON.stringify` writes them; numbers as they stand, so that those beyond
 * 2^53 stay apart. Repeated keys are all kept. Valid until the next call.
 */
export function writeCanonical(writer: CanonicalWriter, tape: JsonTape, value: number): Buffer {
  const size = (tape.cells[value + CELL.end] ?? 0) - (tape.cells[value + CELL.start] ?? 0);
  if (writer.bytes.length < size) writer.bytes = Buffer.allocUnsafe(size * 2);
  const values = tape.length / CELL_SIZE;
  if (writer.members.length < values) writer.members = new Int32Array(values * 2);
  writer.length = 0;
  writer.runStart = writer.runEnd = 0;
  writeValue(writer, tape, value, 0);
  flush(writer, tape);
  return writer.bytes.subarray(0, writer.length);
}

function writeValue(writer: CanonicalWriter, tape: JsonTape, value: number, top: number): void {
  const { cells } = tape;
  switch (cells[value]) {
    case KIND.object:
      writeObject(writer, tape, value, top);
      break;
    case KIND.array:
      writeArray(writer, tape, value, top);
      break;
    case KIND.escapedString:
      writeText(
        writer,
        tape,
        JSON.stringify(nameOf(tape.source, cells[value + CELL.start] ?? 0, cells[value + CELL.end] ?? 0)),
      );
      break;
    default:
      writeRun(writer, tape, cells[value + CELL.start] ?? 0, cells[value + CELL.end] ?? 0);
  }
}

function writeArray(writer: CanonicalWriter, tape: JsonTape, array: number, top: number): void {
  const { cells } = tape;
  const start = cells[array + CELL.start] ?? 0;
  const next = cells[array + CELL.next] ?? 0;
  writeRun(writer, tape, start, start + 1);
  for (let value = array + CELL_SIZE; value < next; value = cells[value + CELL.next] ?? next) {
    if (value > array + CELL_SIZE) writeByte(writer, tape, 0x2c);
    writeValue(writer, tape, value, top);
  }
  writeByte(writer, tape, 0x5d);
}

function writeObject(writer: CanonicalWriter, tape: JsonTape, object: number, top: number): void {
  const { cells } = tape;
  const { members } = writer;
  const start = cells[object + CELL.start] ?? 0;
  const next = cells[object + CELL.next] ?? 0;
  let end = top;
  for (let value = object + CELL_SIZE; value < next; value = cells[value + CELL.next] ?? next) members[end++] = value;
  const shape = tape.keys.nodes[cells[object + CELL.shape] ?? -1];
  const isKnown = shape !== undefined && !shape.hasEscapes;
  const order = isKnown ? memberOrder(shape) : sortedOrder(namesOf(tape, members.subarray(top, end)));
  writeRun(writer, tape, start, start + 1);
  for (let index = 0; index < order.length; index++) {
    const value = members[top + (order[index] ?? 0)] ?? 0;
    if (index > 0) writeByte(writer, tape, 0x2c);
    if (isKnown && isCompactScalar(cells, value)) {
      writeRun(writer, tape, cells[value + CELL.keyStart] ?? 0, cells[value + CELL.end] ?? 0);
    } else {
      writeKey(writer, tape, value, isKnown);
      writeValue(writer, tape, value, end);
    }
  }
  writeByte(writer, tape, 0x7d);
}

/** Whether the member stands in the source as it is to be written. */
function isCompactScalar(cells: Int32Array, member: number): boolean {
  const kind = cells[member] ?? 0;
  const isScalar = kind < KIND.object && kind !== KIND.escapedString;
  return isScalar && cells[member + CELL.start] === (cells[member + CELL.keyEnd] ?? 0) + 1;
}

function writeKey(writer: CanonicalWriter, tape: JsonTape, member: number, isPlain: boolean): void {
  const keyStart = tape.cells[member + CELL.keyStart] ?? 0;
  const keyEnd = tape.cells[member + CELL.keyEnd] ?? 0;
  if (isPlain) writeRun(writer, tape, keyStart, keyEnd);
  else writeText(writer, tape, JSON.stringify(nameOf(tape.source, keyStart, keyEnd)));
  writeByte(writer, tape, 0x3a);
}

function namesOf(tape: JsonTape, members: Int32Array): string[] {
  const { cells, source } = tape;
  return Array.from(members, (member) =>
    nameOf(source, cells[member + CELL.keyStart] ?? 0, cells[member + CELL.keyEnd] ?? 0),
  );
}

/** Bytes that follow each other in the source are copied at once. */
function writeRun(writer: CanonicalWriter, tape: JsonTape, start: number, end: number): void {
  if (start !== writer.runEnd) {
    flush(writer, tape);
    writer.runStart = start;
  }
  writer.runEnd = end;
}

/** A separator: it mostly stands in the source where the run ends. */
function writeByte(writer: CanonicalWriter, tape: JsonTape, byte: number): void {
  if (tape.source[writer.runEnd] === byte) {
    writer.runEnd++;
    return;
  }
  flush(writer, tape);
  writer.bytes[writer.length++] = byte;
  writer.runStart = writer.runEnd = -1;
}

function writeText(writer: CanonicalWriter, tape: JsonTape, text: string): void {
  flush(writer, tape);
  writer.length += writer.bytes.write(text, writer.length, 'utf8');
  writer.runStart = writer.runEnd = -1;
}

function flush(writer: CanonicalWriter, tape: JsonTape): void {
  const size = writer.runEnd - writer.runStart;
  if (size > 0) {
    tape.source.copy(writer.bytes, writer.length, writer.runStart, writer.runEnd);
    writer.length += size;
  }
  writer.runStart = writer.runEnd;
}
