import { isAt } from '../../qualys/xml/xml-reader.ts';
import type { Decoder } from './decode-state.ts';

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

interface LeftLeaf {
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

/** What may happen between two texts, as octal digits. */
const NEXT_VALUE: ReadonlySet<number> = new Set([0o21, 0o215]);
const NEXT_DETECTION: ReadonlySet<number> = new Set([0o2341, 0o23415]);
const CDATA_STARTS = 0o5;
const CDATA_START = '<![CDATA[';

const MAX_NAMES = 128;
const MAX_NAME_LENGTH = 100;
const MAX_WAYS = 12;
const MIN_WAY_BYTES = 8;
const MAX_WAY_BYTES = 400;

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
  if (left !== undefined && isLearnable(decoder, left)) learn(decoder, left, leaf);
  leaves.left = undefined;
  return leaf;
}

/** The bytes since are all in the window, their JSON text all in one row, and nothing was counted on the way. */
function isLearnable({ detection, reader }: Decoder, left: LeftLeaf): boolean {
  const { out, part } = detection;
  const isSameRow = left.bytes === out.bytes && left.part === part?.number;
  return isSameRow && left.offset === reader.offset && left.illegal === reader.illegal;
}

function learn(decoder: Decoder, left: LeftLeaf, next: Leaf): void {
  const { detection, leaves, reader } = decoder;
  const { trace } = leaves;
  const { ways } = left.leaf;
  const length = reader.at - left.at;
  if (length < MIN_WAY_BYTES || length > MAX_WAY_BYTES || ways.length >= MAX_WAYS) return;
  const bytes = reader.bytes.subarray(left.at, reader.at);
  if (!bytes.every(isPlain)) return;
  const isAtEnd = isAt(reader, left.at, left.leaf.isCdata ? ']]>' : '</') === true;
  if (trace === CDATA_STARTS)
    ways.push({ ...way(bytes, next), opensValue: false, needsBlank: length > CDATA_START.length });
  else if (!isAtEnd) return;
  else if (NEXT_VALUE.has(trace) && detection.serial === left.serial) {
    ways.push({ ...way(bytes, next), ...opening(decoder, left.outAt) });
  } else if (NEXT_DETECTION.has(trace) && detection.serial === left.serial + 1) {
    const close = jsonBytes(detection.out.bytes.subarray(left.outAt, leaves.closedAt));
    ways.push({ ...way(bytes, next), ...opening(decoder, detection.at + 1), close, endsDetection: true });
  }
}

/** Eight such bytes are never a NaN, which would differ from itself, nor a zero. */
function isPlain(byte: number): boolean {
  return byte > 0 && byte < 0x7f;
}

const NOTHING: JsonBytes = { words: new Float64Array(0), length: 0 };

function way(bytes: Buffer, next: Leaf): Way {
  const count = Math.ceil(bytes.length / 8);
  const words = Float64Array.from({ length: count }, (_, n) => bytes.readDoubleLE(Math.min(8 * n, bytes.length - 8)));
  const none = { keyAt: 0, valueAt: 0, textKeyAt: 0, tagLength: 0 };
  const needsText = next.isObject && !next.isCdata && !next.name.isResults;
  const usual = { opensValue: true, needsBlank: false, endsDetection: false, close: NOTHING, open: NOTHING, ...none };
  return { words, length: bytes.length, next, needsText, ...usual };
}

/** What the ordinary way has written since `from`. */
function opening(
  { detection: { out }, reader }: Decoder,
  from: number,
): Pick<Way, 'open' | 'keyAt' | 'valueAt' | 'textKeyAt' | 'tagLength'> {
  const member = (level: number): number => ((out.members[(out.base[level] ?? 0) - 1] ?? 0) >> 1) - from;
  return {
    open: jsonBytes(out.bytes.subarray(from, out.at)),
    keyAt: member(1),
    valueAt: (out.valueAt[1] ?? 0) - from,
    textKeyAt: out.level > 1 ? member(2) : 0,
    tagLength: reader.at - reader.tagFrom,
  };
}

function jsonBytes(bytes: Uint8Array): JsonBytes {
  const padded = Buffer.alloc(Math.ceil(bytes.length / 8) * 8, ' ');
  padded.set(bytes);
  const words = Float64Array.from({ length: padded.length / 8 }, (_, n) => padded.readDoubleLE(8 * n));
  return { words, length: bytes.length };
}
