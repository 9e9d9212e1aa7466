import { CELL, CELL_SIZE, KIND, latin1, nameOf, startOf, endOf, type JsonTape } from '../json/json-tape.ts';
import { childrenOf, memberOf, rawKeyOf, rawOf, valuesIn } from '../json/walk-tape.ts';
import { toBytes, type CompiledColumn, type HomeSlots } from './record-table.ts';

/** First member of a `Record` that is a rest; its list says what a rebuild cannot know. */
export const REST_MARK = '$rest';

/** Name of a column whose value is not put back to its home, because it does not come from there; number of a copy that is made again. */
export type RestMark = string | number;

const MARK_KEY = JSON.stringify(REST_MARK);
const BACKSLASH = 0x5c;

/**
 * Notes what a column gives back just as it stood at its home: then the rest need not have it.
 * @param json the column's JSON text.
 * @returns whether a rebuild needs no further word: the value is held, or its home stands in the rest.
 */
export function holdAtHome(column: CompiledColumn, tape: JsonTape, json: string, held: Set<number>): boolean {
  if (column.elementsAt >= 0) return holdList(column, tape, json, held);
  const home = tape.slots[column.homeAt] ?? -1;
  if (home < 0) return false;
  if (gives(tape, home, column.kind === 'dateTime' ? `${json.slice(0, -2)}+0000"` : json)) held.add(home);
  return true;
}

/** The same of a copy; here the value is only put back where that is said. */
export function holdCopy(copy: HomeSlots, tape: JsonTape, json: string, held: Set<number>): boolean {
  if (copy.elementsAt >= 0) return holdList(copy, tape, `[${json}]`, held);
  const home = tape.slots[copy.homeAt] ?? -1;
  if (home < 0 || !gives(tape, home, json)) return false;
  held.add(home);
  return true;
}

/** Values of the first elements of a list, one of each, in their order. */
function holdList({ elementsAt, homeAt }: HomeSlots, tape: JsonTape, json: string, held: Set<number>): boolean {
  const { cells } = tape;
  const values = valuesIn(tape, homeAt);
  const elements = valuesIn(tape, elementsAt);
  if (values.length === 0 || !isWholeList(tape, elements)) return false;
  const areFirst = values.every((value, index) => {
    const element = elements[index] ?? value;
    return cells[element] === KIND.object && value > element && value < (cells[element + CELL.next] ?? 0);
  });
  if (!areFirst || `[${values.map((value) => spellingOf(tape, value)).join(',')}]` !== json) return false;
  for (const value of values) held.add(value);
  return true;
}

/** Whether the elements are all those of one array, which is a member and not an element itself. */
function isWholeList({ cells }: JsonTape, elements: readonly number[]): boolean {
  const array = (elements[0] ?? 0) - CELL_SIZE;
  let next = array + CELL_SIZE;
  for (const element of elements) {
    if (element !== next) return false;
    next = cells[element + CELL.next] ?? 0;
  }
  const isMember = cells[array] === KIND.array && (cells[array + CELL.keyStart] ?? -1) >= 0;
  return isMember && next === cells[array + CELL.next];
}

function gives(tape: JsonTape, value: number, json: string): boolean {
  return rawOf(tape, value) === json || spellingOf(tape, value) === json;
}

/** A value as it would stand in a column that changes nothing of it. */
function spellingOf(tape: JsonTape, value: number): string {
  if (tape.cells[value] !== KIND.escapedString) return rawOf(tape, value);
  return toBytes(JSON.stringify(nameOf(tape.source, startOf(tape, value), endOf(tape, value))));
}

/** What was held of a record, and what a rebuild must be told. */
export interface Held {
  readonly held: ReadonlySet<number>;
  readonly marks: readonly RestMark[];
}

/**
 * A record without what columns give back as it stood: with them it has the same members and values again. A record in which a name comes
 * twice is left as it is; undefined for one that has a member by the mark's name.
 */
export function exactRest(tape: JsonTape, { held, marks }: Held): Buffer | undefined {
  const cutting: Cutting = { tape, held: Int32Array.from(held).sort(), at: 0, isOdd: false };
  const rest = cutObject(cutting, 0);
  if (cutting.isOdd) {
    if (memberOf(tape, 0, REST_MARK) >= 0) return undefined;
    return tape.source.subarray(startOf(tape, 0), endOf(tape, 0));
  }
  const mark = `{${MARK_KEY}:${JSON.stringify(marks)}`;
  return Buffer.from(rest === '' ? `${mark}}` : `${mark},${rest.slice(1)}`, 'latin1');
}

interface Cutting {
  readonly tape: JsonTape;
  /** What is to be left out, in the order of the text, and how far that was done. */
  readonly held: Int32Array;
  at: number;
  /** Whether a name came twice, is not spelled plainly or is the mark's, in an object that lacks something now. */
  isOdd: boolean;
}

/** An object without its held members; empty where nothing is left. */
function cutObject(cutting: Cutting, object: number): string {
  const { held, tape } = cutting;
  const { cells, source } = tape;
  const end = cells[object + CELL.next] ?? 0;
  let text = '';
  // Members that stay stand in one piece.
  let from = -1;
  let to = -1;
  const flush = (): void => {
    if (from >= 0) text += `,${latin1(source, from, to)}`;
    from = -1;
  };
  for (let member = object + CELL_SIZE; member < end; member = cells[member + CELL.next] ?? end) {
    cutting.isOdd ||= isOddKey(tape, object, member);
    const first = held[cutting.at] ?? Infinity;
    if (first >= (cells[member + CELL.next] ?? end)) {
      if (from < 0) from = cells[member + CELL.keyStart] ?? 0;
      to = endOf(tape, member);
      continue;
    }
    flush();
    if (first === member) cutting.at++;
    else {
      const left = cells[member] === KIND.array ? cutArray(cutting, member) : cutObject(cutting, member);
      if (left !== '') text += `,${rawKeyOf(tape, member)}:${left}`;
    }
  }
  flush();
  return text === '' ? '' : `{${text.slice(1)}}`;
}

/** A list whose elements lack what columns have of them; empty where each of them had nothing else. */
function cutArray(cutting: Cutting, array: number): string {
  const { held, tape } = cutting;
  const elements: string[] = [];
  let isEmpty = true;
  for (const element of childrenOf(tape, array)) {
    const isCut = (held[cutting.at] ?? Infinity) < (tape.cells[element + CELL.next] ?? 0);
    const left = isCut ? cutObject(cutting, element) : rawOf(tape, element);
    isEmpty &&= left === '';
    elements.push(left === '' ? '{}' : left);
  }
  return isEmpty ? '' : `[${elements.join(',')}]`;
}

function isOddKey({ cells, source }: JsonTape, object: number, member: number): boolean {
  const start = cells[member + CELL.keyStart] ?? 0;
  const end = cells[member + CELL.keyEnd] ?? 0;
  for (let at = start; at < end; at++) if (source[at] === BACKSLASH) return true;
  for (let other = object + CELL_SIZE; other < member; other = cells[other + CELL.next] ?? member) {
    const ahead = (cells[other + CELL.keyStart] ?? 0) - start;
    if ((cells[other + CELL.keyEnd] ?? 0) - ahead !== end) continue;
    let at = start;
    while (at < end && source[at] === source[at + ahead]) at++;
    if (at === end) return true;
  }
  return object === 0 && end - start === MARK_KEY.length && latin1(source, start, end) === MARK_KEY;
}
