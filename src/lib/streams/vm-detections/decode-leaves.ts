import type { Decoder } from './decode-state.ts';
import { learnWay } from './learn-way.ts';

/*
 * Detections of a page look alike, down to the white space: after the text of one element the very same bytes lead to
 * the text of the next, most of the time. What the ordinary way through the tokenizer made of such bytes is remembered
 * here, and where they come again, in the same situation, they are compared as a whole and their JSON text copied
 * (decode-fast.ts). Nothing is guessed: bytes that differ by one take the ordinary way, with all its checks.
 */

/** Names of children of DETECTION that are remembered, the situations in which their text is read, and how they follow each other. */
export interface LeafMemory {
  readonly names: Map<string, LeafName>;
  readonly leaves: Map<string, Leaf>;
  /** The leaf whose text comes next; undefined off the beaten track. */
  current: Leaf | undefined;
  /** Where the fast way was left, to learn from what comes. */
  left: LeftLeaf | undefined;
  /** What has happened since, as digits of {@link TRACE}; -1 for anything that cannot be learnt. */
  trace: number;
  /** Where the detection was closed meanwhile. */
  closedAt: number;
}

/** A child of DETECTION. */
export interface LeafName {
  readonly bytes: Uint8Array;
  readonly isResults: boolean;
  /** The last detection it was seen in: an element that comes twice must become an array. */
  seenIn: number;
}

/** The situation of reading the text of such a child. */
export interface Leaf {
  readonly name: LeafName;
  readonly isCdata: boolean;
  /** Whether its text is a member of an object, beside attributes or in RESULTS. */
  readonly isObject: boolean;
  readonly ways: Way[];
}

/** Bytes that lead from the end of one text to the start of the next, and what they mean. */
export interface Way {
  /** The bytes, eight at a time as numbers; the last one holds the last eight and may overlap. */
  readonly words: Float64Array;
  readonly length: number;
  readonly next: Leaf;
  /** False for the start of a CDATA section inside the same element. */
  readonly opensValue: boolean;
  /** Whether text must follow at once: the way has written its key. */
  readonly needsText: boolean;
  /** Whether no text may have come before: the way contains white space, which would belong to it. */
  readonly needsBlank: boolean;
  /** Whether one detection ends and the next begins on the way. */
  readonly endsDetection: boolean;
  /** JSON text that closes the value, when a detection ends. */
  readonly close: JsonBytes;
  /** JSON text up to the next text: closes the value as well, when no detection ends. */
  readonly open: JsonBytes;
  /** Where in `open` the key of the value starts, its value, and the key of its text if it is an object. */
  readonly keyAt: number;
  readonly valueAt: number;
  readonly textKeyAt: number;
  /** Bytes from the start tag of the element to the end of the way. */
  readonly tagLength: number;
}

/** JSON text, eight bytes at a time as numbers, padded. */
export interface JsonBytes {
  readonly words: Float64Array;
  readonly length: number;
}

/** A place where the fast way was left. */
export interface LeftLeaf {
  readonly leaf: Leaf;
  /** Place in the window, and which bytes the window held. */
  readonly at: number;
  readonly offset: number;
  readonly outAt: number;
  readonly serial: number;
  /** The row being written. */
  readonly bytes: Uint8Array;
  readonly part: number;
  readonly illegal: number;
}

/** What the ordinary way reports, a digit each. */
export const TRACE = { startValue: 1, endValue: 2, endDetection: 3, startDetection: 4, startCdata: 5 } as const;

const MAX_NAMES = 128;
const MAX_NAME_LENGTH = 100;

/** An empty memory. */
export function createLeafMemory(): LeafMemory {
  return { names: new Map(), leaves: new Map(), current: undefined, left: undefined, trace: -1, closedAt: 0 };
}

/** Notes what happened on the ordinary way. */
export function noteEvent({ leaves }: Decoder, event: number): void {
  if (leaves.trace >= 0) leaves.trace = leaves.trace < 0o10000 ? leaves.trace * 8 + event : -1;
}

/** Forgets where the fast way was left: what has happened since cannot be learnt. */
export function forgetWay({ leaves }: Decoder): void {
  leaves.trace = -1;
}

/** Notes that a child of DETECTION has started; undefined for a name beyond what is remembered. */
export function rememberName(decoder: Decoder, from: number, to: number, isResults: boolean): LeafName | undefined {
  const { detection, leaves, reader } = decoder;
  const key = reader.bytes.toString('latin1', from, to);
  let name = leaves.names.get(key);
  if (name === undefined) {
    if (leaves.names.size >= MAX_NAMES || key.length > MAX_NAME_LENGTH) return undefined;
    name = { bytes: Uint8Array.from(reader.bytes.subarray(from, to)), isResults, seenIn: 0 };
    leaves.names.set(key, name);
  }
  name.seenIn = detection.serial;
  return name;
}

/** The text of a child of DETECTION comes next, in the ordinary form: the fast way may take over. */
export function restAtLeaf(decoder: Decoder, name: LeafName | undefined, isCdata: boolean): void {
  const leaf = reachLeaf(decoder, name, isCdata);
  decoder.leaves.current = leaf;
}

/** The same where the ordinary way goes on with the text at once: it is only learnt how the text was reached. */
export function reachLeaf(decoder: Decoder, name: LeafName | undefined, isCdata: boolean): Leaf | undefined {
  if (name === undefined) return undefined;
  const { leaves } = decoder;
  const isObject = decoder.detection.out.level > 1;
  const key = `${isCdata ? 'C' : 'T'}${isObject ? 'O' : 'S'}${Buffer.from(name.bytes).toString('latin1')}`;
  let leaf = leaves.leaves.get(key);
  if (leaf === undefined) leaves.leaves.set(key, (leaf = { name, isCdata, isObject, ways: [] }));
  const { left } = leaves;
  if (left !== undefined) learnWay(decoder, left, leaf);
  leaves.left = undefined;
  return leaf;
}
