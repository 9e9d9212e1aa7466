import { createHash, hash } from 'node:crypto';
import type { Decoder, Part } from './decode-state.ts';
import { EXTRA_COLUMNS, HOST_COLUMNS, LEADING_COLUMNS } from './host-columns.ts';
import type { HostState, HostTexts } from './host-state.ts';
import { hasColumn, takeExtras } from './host-state.ts';

const KEY_DIGITS = 32;
const LIST_START = Buffer.from('{"DETECTION":[');
const LIST_END = Buffer.from(']}');
const NULL = Buffer.from('null');
/** Below this a loop copies faster than a call does. */
const SHORT = 64;
const MAX_ERROR_LENGTH = 2_000;

/** A row as written to the decoder's row buffer. */
export interface WrittenRow {
  readonly length: number;
  readonly key: string;
}

/** Writes the row of a part to the decoder's row buffer, with the columns of its table in their order. */
export function writeRow(decoder: Decoder, part: Part, partCount: number | undefined): WrittenRow {
  const { host, row } = decoder;
  const key = rowKeyOf(decoder, part);
  const texts = textsOf(decoder);
  let at = put(row, 0, texts.head, texts.headLength);
  if (!part.isRecord) at = put(row, at, part.bytes, part.length);
  at = put(row, at, texts.middle, texts.middleLength);
  at = putExtras(row, at, part.number === 1 || host.isFirstDone ? takeExtras(host) : []);
  host.isFirstDone ||= part.number === 1;
  const counts = `,"DetectionCount":${part.detections},"RowKey":"${key}","PartNumber":${part.number},"PartCount":${partCount ?? 'null'}`;
  at += row.write(counts, at, 'latin1');
  if (!part.isRecord) at += row.write(',"RecordPart":null,"ParseError":null}', at, 'latin1');
  else {
    at += row.write(',"RecordPart":"', at, 'latin1');
    at = put(row, at, part.bytes, part.length);
    at += row.write(`","ParseError":${JSON.stringify(part.error.slice(0, MAX_ERROR_LENGTH))}}`, at);
  }
  return { length: at, key };
}

/**
 * Key of a part's row: 32 hex digits of SHA-256 over host id, time of the last VM scan and the text of DetectionList
 * (and RecordPart where there is one), and the part number. Whenever and however the host is read, an unchanged row
 * has the same key.
 */
export function rowKeyOf(decoder: Decoder, part: Part): string {
  const { key } = textsOf(decoder);
  const list = part.bytes.subarray(0, part.isRecord ? 0 : part.length);
  const record = part.bytes.subarray(0, part.isRecord ? part.length : 0);
  const pieces = [key, LIST_START, list, LIST_END, record];
  return `${part.length > ONE_SHOT_BYTES ? hashPieces(pieces) : hashOnce(decoder.row, pieces)}-${part.number}`;
}

/** Hashing pieces costs objects and calls, putting them together costs copying. */
const ONE_SHOT_BYTES = 8 * 1024;

function hashPieces(pieces: readonly Uint8Array[]): string {
  const sha256 = createHash('sha256');
  for (const piece of pieces) sha256.update(piece);
  return sha256.digest('hex').slice(0, KEY_DIGITS);
}

function hashOnce(scratch: Buffer, pieces: readonly Uint8Array[]): string {
  let length = 0;
  for (const piece of pieces) length = put(scratch, length, piece, piece.length);
  return hash('sha256', scratch.subarray(0, length), 'hex').slice(0, KEY_DIGITS);
}

const COLUMN_KEYS = HOST_COLUMNS.map(({ name }) => Buffer.from(`,${JSON.stringify(name)}:`));
const LIST_KEY = Buffer.from(',"DetectionList":{"DETECTION":[');

function textsOf({ host, options }: Decoder): HostTexts {
  const { texts } = host;
  if (texts.isReady) return texts;
  const { head, middle } = texts;
  const start = head.write(`{"TimeGenerated":"${options.generatedAt.toISOString()}"`, 'latin1');
  const columns = putColumns(head, start, host, 0, LEADING_COLUMNS);
  texts.headLength = put(head, columns, LIST_KEY, LIST_KEY.length);
  const end = put(middle, 0, LIST_END, LIST_END.length);
  texts.middleLength = putColumns(middle, end, host, LEADING_COLUMNS, HOST_COLUMNS.length);
  texts.key = Buffer.from(`${host.id ?? ''}\n${host.scanDate}\n`);
  texts.isReady = true;
  return texts;
}

function putColumns(row: Buffer, from: number, host: HostState, first: number, end: number): number {
  let at = from;
  for (let column = first; column < end; column++) {
    const key = COLUMN_KEYS[column] ?? NULL;
    at = put(row, at, key, key.length);
    at = hasColumn(host, column) ? putColumn(row, at, host, column) : put(row, at, NULL, NULL.length);
  }
  return at;
}

function putColumn(
  row: Buffer,
  from: number,
  { columnBytes, columnFrom, columnTo }: HostState,
  column: number,
): number {
  let at = from;
  for (let n = columnFrom[column] ?? 0; n < (columnTo[column] ?? 0); n++) row[at++] = columnBytes[n] ?? 0;
  return at;
}

const EXTRA_KEYS = EXTRA_COLUMNS.map((column) => Buffer.from(`,${JSON.stringify(column)}:`));

function putExtras(row: Buffer, from: number, values: readonly (Uint8Array | undefined)[]): number {
  let at = from;
  for (const [index, key] of EXTRA_KEYS.entries()) {
    const value = values[index] ?? NULL;
    at = put(row, put(row, at, key, key.length), value, value.length);
  }
  return at;
}

function put(row: Uint8Array, at: number, bytes: Uint8Array, length: number): number {
  if (length < SHORT) for (let n = 0; n < length; n++) row[at + n] = bytes[n] ?? 0;
  else row.set(length === bytes.length ? bytes : bytes.subarray(0, length), at);
  return at + length;
}
