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
  readonly bytes: Buffer;
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
  /** Name of the child of HOST being read. */
  valueName: string;
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
  /** Hosts that end, with their ids, and detections that start, in the chunk being filled. */
  chunkHosts: number;
  chunkIds: string[];
  chunkDetections: number;
  /** The last host with an id, and the last one whose rows are all written. */
  lastId: string | undefined;
  lastWholeId: string | undefined;
  isOutOfOrder: boolean;
  isBeyondIdMax: boolean;
  isResumed: boolean;
  warning: VmWarning | undefined;
  /** Children of the WARNING being read. */
  readonly warningFields: Map<string, string>;
  /** CODE and TEXT of the RESPONSE: an error in the middle of the page. */
  readonly responseFields: Map<string, string>;
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
    valueName: '',
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
    chunkIds: [],
    chunkDetections: 0,
    lastId: undefined,
    lastWholeId: undefined,
    isOutOfOrder: false,
    isBeyondIdMax: false,
    isResumed: options.resume === undefined,
    warning: undefined,
    warningFields: new Map(),
    responseFields: new Map(),
  };
}
