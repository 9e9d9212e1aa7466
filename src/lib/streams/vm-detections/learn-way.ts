import { isAt } from '../../qualys/xml/xml-reader.ts';
import type { JsonBytes, Leaf, LeftLeaf, Way } from './decode-leaves.ts';
import type { Decoder } from './decode-state.ts';

/** What may happen between two texts, as octal digits. */
const NEXT_VALUE: ReadonlySet<number> = new Set([0o21, 0o215]);
const NEXT_DETECTION: ReadonlySet<number> = new Set([0o2341, 0o23415]);
const CDATA_STARTS = 0o5;
const CDATA_START = '<![CDATA[';

const MAX_WAYS = 12;
const MIN_WAY_BYTES = 8;
const MAX_WAY_BYTES = 400;

/** The bytes since are all in the window, their JSON text all in one row, and nothing was counted on the way. */
function isLearnable({ detection, reader }: Decoder, left: LeftLeaf): boolean {
  const { out, part } = detection;
  const isSameRow = left.bytes === out.bytes && left.part === part?.number;
  return isSameRow && left.offset === reader.offset && left.illegal === reader.illegal;
}

/** Remembers what the bytes since meant, if they meant no more than the way from one text to the next. */
export function learnWay(decoder: Decoder, left: LeftLeaf, next: Leaf): void {
  if (!isLearnable(decoder, left)) return;
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
