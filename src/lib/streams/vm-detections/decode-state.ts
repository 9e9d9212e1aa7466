import type { ChunkWriter } from '../../pipeline/chunk-writer.ts';
import { createChunkWriter } from '../../pipeline/chunk-writer.ts';
import type { JsonOut } from '../../qualys/xml/json-out.ts';
import { createJsonOut } from '../../qualys/xml/json-out.ts';
import type { XmlReader } from '../../qualys/xml/xml-reader.ts';
import { createXmlReader, MAX_DEPTH } from '../../qualys/xml/xml-reader.ts';
import type { VmChunk, VmPageOptions, VmWarning } from './decode-page.ts';
import type { LeafMemory, LeafName } from './decode-leaves.ts';
import { createLeafMemory } from './decode-leaves.ts';
import type { VmLimits } from './decode-limits.ts';
import { vmLimits } from './decode-limits.ts';
import { createHostState, type HostState } from './host-state.ts';

/** What an open element is to the decoder. */
export const CONTEXT = {
  document: 0,
  root: 1,
  response: 2,
  warning: 3,
  hostList: 4,
  host: 5,
  detectionList: 6,
  detection: 7,
  /** A child of HOST, or anything inside it. */
  hostValue: 8,
  /** A child of DETECTION, or anything inside it. */
  detectionValue: 9,
  results: 10,
  /** Markup inside RESULTS, which is kept as text. */
  resultsMarkup: 11,
  /** A small text: the code of a warning and the like. */
  field: 12,
  ignored: 13,
  /** An element of a host or detection that fits no row: its XML goes to `RecordPart`. */
  spilled: 14,
  /** A host whose whole XML goes to `RecordPart`. */
  unreadable: 15,
} as const;

/** Raw XML held back: of the element being read, or of a host as long as it has no id. */
export interface Capture {
  scope: 'none' | 'value' | 'host';
  /** First byte not yet saved, in the reader's window. */
  from: number;
  saved: Buffer;
  savedLength: number;
  /** Whether it goes to `RecordPart` as it comes. */
  isSpilling: boolean;
  /** `ParseError` of the rows it goes to. */
  error: string;
}

/** A row in the making: a part of a host's detections, or of its text. */
export interface Part {
  number: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  length: number;
  detections: number;
  isOpen: boolean;
  /** Whether it is a part of a record instead of detections. */
  isRecord: boolean;
  error: string;
}

/** How detections of the current host are being written. */
export interface DetectionState {
  /** The row being filled, and the text in it. */
  part: Part | undefined;
  readonly out: JsonOut;
  /** Where the current detection starts. */
  at: number;
  /** Limit for its elements. */
  valueLimit: number;
  /** Counts detections, to tell those of one from those of another. */
  serial: number;
  /** While RESULTS goes on in further rows: the row that holds the rest of the detection. */
  main: Part | undefined;
  /** The continuation being written; only while RESULTS is open. */
  readonly more: JsonOut;
  isMoreOpen: boolean;
}

/** State of decoding one page. */
export interface Decoder {
  readonly reader: XmlReader;
  readonly limits: VmLimits;
  readonly options: VmPageOptions;
  /** First bytes of the document, until its root is known to be the right one. */
  head: Buffer[];
  headLength: number;
  /** Name of the root when it is another one; undefined while that is not known. */
  foreignRoot: string | undefined;
  /** What each open element is, by depth. */
  readonly contexts: Uint8Array;
  /** Takes text that nobody needs. */
  readonly ignored: JsonOut;
  /** Takes text where there should be none. */
  readonly stray: JsonOut;
  readonly field: JsonOut;
  /** Depth of the child of HOST or DETECTION being read. */
  valueDepth: number;
  readonly host: HostState;
  readonly detection: DetectionState;
  readonly leaves: LeafMemory;
  /** The child of DETECTION being read, where it is remembered. */
  leafName: LeafName | undefined;
  readonly capture: Capture;
  /** Writes captured XML as JSON text; made when first needed. */
  rawReader: XmlReader | undefined;
  readonly rawOut: JsonOut;
  rawPart: Part | undefined;
  readonly freeParts: Part[];
  readonly row: Buffer;
  readonly writer: ChunkWriter;
  chunks: VmChunk[];
  readonly page: PageState;
}

/** What is known of the page. */
export interface PageState {
  hosts: number;
  detections: number;
  /** Hosts that end, and detections that start, in the chunk being filled. */
  chunkHosts: number;
  chunkDetections: number;
  /** The last host with an id, and the last one whose rows are all written. */
  lastId: string | undefined;
  lastWholeId: string | undefined;
  isOutOfOrder: boolean;
  isBeyondIdMax: boolean;
  isResumed: boolean;
  warning: VmWarning | undefined;
  /** Fields of the element being read: a WARNING or the RESPONSE itself. */
  fields: Map<string, string>;
}

/** A decoder at the start of a page. */
export function createDecoder(options: VmPageOptions): Decoder {
  const limits = vmLimits(options.maxRowBytes, options.maxChunkBytes);
  return {
    reader: createXmlReader(),
    limits,
    options,
    head: [],
    headLength: 0,
    foreignRoot: undefined,
    contexts: new Uint8Array(MAX_DEPTH + 2),
    ignored: createJsonOut(4_096),
    stray: createJsonOut(4_096),
    field: createJsonOut(16_384),
    valueDepth: 0,
    host: createHostState(limits),
    detection: createDetectionState(limits),
    leaves: createLeafMemory(),
    leafName: undefined,
    capture: { scope: 'none', from: 0, saved: Buffer.alloc(0), savedLength: 0, isSpilling: false, error: '' },
    rawReader: undefined,
    rawOut: createJsonOut(limits.record),
    rawPart: undefined,
    freeParts: [],
    row: Buffer.allocUnsafeSlow(limits.chunk),
    writer: createChunkWriter(limits.chunk),
    chunks: [],
    page: createPageState(options),
  };
}

function createDetectionState(limits: VmLimits): DetectionState {
  return {
    part: undefined,
    out: createJsonOut(2 * limits.field),
    at: 0,
    valueLimit: 0,
    serial: 0,
    main: undefined,
    more: createJsonOut(2 * limits.field),
    isMoreOpen: false,
  };
}

function createPageState(options: VmPageOptions): PageState {
  return {
    hosts: 0,
    detections: 0,
    chunkHosts: 0,
    chunkDetections: 0,
    lastId: undefined,
    lastWholeId: undefined,
    isOutOfOrder: false,
    isBeyondIdMax: false,
    isResumed: options.resume === undefined,
    warning: undefined,
    fields: new Map(),
  };
}
