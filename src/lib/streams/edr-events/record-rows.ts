import { endOf, KIND, kindOf, startOf, type JsonTape } from '../../json/json-tape.ts';
import { replaceBroken } from '../../json/repair-json.ts';
import { cutText } from '../../records/cut-text.ts';
import { hashBytes, hashRecord, ledgerKey, putHex } from './event-key.ts';
import { putColumns, putUnknown } from './event-row.ts';
import { countReceived, emitRow, hasId, placeOf, timesReceived, type EdrPage } from './page-state.ts';
import { putAscii, putBytes, putRowText, putText, toRowText, type RowBytes } from './row-bytes.ts';

const KIND_NAMES: ReadonlyMap<number, string> = new Map([
  [KIND.string, 'a string'],
  [KIND.escapedString, 'a string'],
  [KIND.number, 'a number'],
  [KIND.null, 'null'],
  [KIND.array, 'an array'],
]);

const RECORD = toRowText(',"Record":');
const ROW_KEY = toRowText(',"RowKey":"');
const ONLY_PART = toRowText('-1","PartNumber":1,"PartCount":1}');

/** Makes the rows of a record; none for one that a neighbour of the window reads, or that came on this page before. */
export function takeRecord(page: EdrPage, tape: JsonTape): void {
  const { counts } = page;
  const isObject = kindOf(tape, 0) === KIND.object;
  const hash = hashRecord(page.canonical, tape);
  const place = isObject ? placeOf(page, tape) : 'inside';
  counts.records++;
  if (place === 'outside') counts.outside++;
  if (place !== 'neighbour') {
    const isReadable = isObject && hasId(page, tape);
    if (!isReadable) counts.unreadable++;
    if (timesReceived(page, hash) === 0) putRecord(page, tape, hash, isReadable);
  }
  countReceived(page, hash);
}

/** Makes the rows of a record that is kept as text. */
export function takeText(page: EdrPage, bytes: Buffer, reason: string): void {
  const text = replaceBroken(bytes).bytes;
  const hash = hashBytes(text);
  page.counts.records++;
  page.counts.unreadable++;
  putUnknown(page.encoder);
  if (timesReceived(page, hash) === 0) putParts(page, text, hash, `the record is ${reason}`);
  countReceived(page, hash);
}

function putRecord(page: EdrPage, tape: JsonTape, hash: string, isReadable: boolean): void {
  if (isReadable) putReadable(page, tape, hash);
  else putUnreadable(page, tape, hash);
}

function putReadable(page: EdrPage, tape: JsonTape, hash: string): void {
  const { encoder } = page;
  const [start, end] = [startOf(tape, 0), endOf(tape, 0)];
  if (end - start > page.maxRecordBytes) {
    putColumns(encoder, tape);
    putParts(page, tape.source.subarray(start, end), hash);
  } else if (!page.options.isUploaded(hash)) {
    putColumns(encoder, tape);
    putRowText(encoder.row, RECORD);
    putBytes(encoder.row, tape.source, start, end);
    putRowText(encoder.row, ROW_KEY);
    putHex(encoder.row, hash);
    putRowText(encoder.row, ONLY_PART);
    emitRow(page, hash);
  }
}

function putUnreadable(page: EdrPage, tape: JsonTape, hash: string): void {
  const kind = kindOf(tape, 0);
  if (kind === KIND.object) putColumns(page.encoder, tape);
  else putUnknown(page.encoder);
  const error =
    kind === KIND.object
      ? 'the record has neither id nor eventId'
      : `the record is ${KIND_NAMES.get(kind) ?? 'a boolean'}, not an object`;
  putParts(page, tape.source.subarray(startOf(tape, 0), endOf(tape, 0)), hash, error);
}

/** Spreads a record's text over rows; the first of them has the columns that the encoder holds. */
function putParts(page: EdrPage, text: Buffer, hash: string, error?: string): void {
  const { row } = page.encoder;
  const ends = cutText(text, page.maxRecordBytes);
  let start = 0;
  for (const [index, end] of ends.entries()) {
    const part = index + 1;
    const key = ledgerKey(hash, part);
    if (part > 1) row.length = page.encoder.timeEnd;
    if (!page.options.isUploaded(key)) {
      putKey(row, hash, part);
      putPart(row, text.toString('utf8', start, end), error, ends.length);
      emitRow(page, key);
    }
    start = end;
  }
}

/** Appends the row's key and the number of its part. */
export function putKey(row: RowBytes, hash: string, part: number): void {
  putRowText(row, ROW_KEY);
  putHex(row, hash);
  putAscii(row, `-${part}","PartNumber":${part}`);
}

/** Appends a part of a record's text, how many there are, why it is no record, and the row's end. */
export function putPart(row: RowBytes, text: string, error: string | undefined, count: number | undefined): void {
  if (count !== undefined) putAscii(row, `,"PartCount":${count}`);
  putText(row, `,"RecordPart":${JSON.stringify(text)}`);
  putText(row, error === undefined ? '}' : `,"ParseError":${JSON.stringify(error)}}`);
}
