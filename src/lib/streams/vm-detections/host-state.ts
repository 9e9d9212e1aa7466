import type { Hash } from 'node:crypto';
import type { JsonOut } from '../../qualys/xml/json-out.ts';
import { clear, createJsonOut } from '../../qualys/xml/json-out.ts';
import { openObject } from '../../qualys/xml/xml-json.ts';
import type { VmLimits } from './decode-limits.ts';
import type { Part } from './decode-state.ts';
import type { ExtraColumn } from './host-columns.ts';
import { EXTRA_COLUMNS, HOST_COLUMNS } from './host-columns.ts';

/** What is known of the host being read. */
export interface HostState {
  /** Undefined as long as the host has none. */
  id: string | undefined;
  /** LAST_VM_SCANNED_DATE as the vendor wrote it. */
  scanDate: string;
  /** JSON text of the columns, by index in HOST_COLUMNS; a column without a value has length 0. */
  readonly columnBytes: Uint8Array;
  columnsLength: number;
  readonly columnFrom: Int32Array;
  readonly columnTo: Int32Array;
  /** Dynamic columns not yet written to a row. */
  readonly extras: Map<ExtraColumn, Uint8Array>;
  /** The child element being read. */
  readonly value: JsonOut;
  /** Whether `value` holds text that stands beside the elements of the host. */
  isTextOpen: boolean;
  /** HostRecord in the making. */
  readonly record: JsonOut;
  /** Constant texts of its rows before and after the list; not ready when a column has changed since. */
  readonly texts: HostTexts;
  /** Rows numbered so far, and those of them not yet written. */
  partCount: number;
  parts: Part[];
  /** Whether rows had to be written before the host was whole. */
  isFlushed: boolean;
  /** Whether the first row is done with. */
  isFirstDone: boolean;
  /** Detections in its rows. */
  detections: number;
  isUnreadable: boolean;
  /** Whether its place among the other hosts has been looked at. */
  isPlaced: boolean;
  /** Whether it belongs to another slice. */
  isSkipped: boolean;
  /** Rows done with: written, or left out because an earlier read has sent them. */
  rowsDone: number;
  /** Rows that an earlier read has sent. */
  rowsSent: number;
  /** Digest over the keys of the rows done with; started with the second. */
  digest: Hash | undefined;
  firstKey: string;
}

/** Constant texts of a host's rows, in buffers that are used again for the next host. */
export interface HostTexts {
  isReady: boolean;
  /** Up to the first detection. */
  readonly head: Buffer;
  headLength: number;
  /** From the end of the list to the last column of the host. */
  readonly middle: Buffer;
  middleLength: number;
  /** What the row key is made of beside the list. */
  key: Buffer;
}

/** State before the first host. */
export function createHostState(limits: VmLimits): HostState {
  return {
    id: undefined,
    scanDate: '',
    columnBytes: new Uint8Array(HOST_COLUMNS.length * limits.column),
    columnsLength: 0,
    columnFrom: new Int32Array(HOST_COLUMNS.length),
    columnTo: new Int32Array(HOST_COLUMNS.length),
    extras: new Map(),
    value: createJsonOut(limits.field),
    isTextOpen: false,
    record: createJsonOut(limits.field - 16),
    texts: createTexts(limits),
    partCount: 0,
    parts: [],
    isFlushed: false,
    isFirstDone: false,
    detections: 0,
    isUnreadable: false,
    isPlaced: false,
    isSkipped: false,
    rowsDone: 0,
    rowsSent: 0,
    digest: undefined,
    firstKey: '',
  };
}

/** Names of all columns take less than this. */
const COLUMN_NAMES_BYTES = 4_096;

function createTexts(limits: VmLimits): HostTexts {
  const size = COLUMN_NAMES_BYTES + HOST_COLUMNS.length * limits.column;
  const [head, middle] = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
  return { isReady: false, head, headLength: 0, middle, middleLength: 0, key: Buffer.alloc(0) };
}

/** Makes the state ready for the next host. */
export function resetHost(host: HostState): void {
  host.id = undefined;
  forgetColumns(host);
  host.partCount = 0;
  host.parts = [];
  host.isFlushed = false;
  host.isFirstDone = false;
  host.detections = 0;
  host.isUnreadable = false;
  host.isPlaced = false;
  host.isSkipped = false;
  host.rowsDone = 0;
  host.rowsSent = 0;
  host.digest = undefined;
}

/** Drops what is known of the host beside its rows. */
export function forgetColumns(host: HostState): void {
  host.scanDate = '';
  host.columnsLength = 0;
  host.columnFrom.fill(0);
  host.columnTo.fill(0);
  host.extras.clear();
  host.isTextOpen = false;
  clear(host.record);
  openObject(host.record);
  host.texts.isReady = false;
}

/** Sets a column to the JSON text in the first `length` bytes of a buffer. */
export function setColumn(host: HostState, column: number, json: Uint8Array, length: number): void {
  host.columnFrom[column] = host.columnsLength;
  for (let n = 0; n < length; n++) host.columnBytes[host.columnsLength + n] = json[n] ?? 0;
  host.columnsLength += length;
  host.columnTo[column] = host.columnsLength;
  host.texts.isReady = false;
}

/** Whether a column has a value. */
export function hasColumn(host: HostState, column: number): boolean {
  return host.columnTo[column] !== host.columnFrom[column];
}

/** The columns still to be written to a row, in the order of the table. HostRecord is taken as it is now. */
export function takeExtras(host: HostState): readonly (Uint8Array | undefined)[] {
  const { record } = host;
  if (record.at > 1) {
    host.extras.set('HostRecord', Buffer.concat([record.bytes.subarray(0, record.at), Buffer.from('}')]));
    clear(record);
    openObject(record);
  }
  const taken = EXTRA_COLUMNS.map((column) => host.extras.get(column));
  host.extras.clear();
  return taken;
}
