import { createHash, type Hash } from 'node:crypto';
import { TextDecoder } from 'node:util';
import type { JsonTape } from '../../json/json-tape.ts';
import { characterEnd } from '../../records/cut-text.ts';
import { hashBytes, KEY_BYTES } from './event-key.ts';
import { putColumns, putUnknown } from './event-row.ts';
import { countReceived, emitRow, placeOf, type EdrPage } from './page-state.ts';
import { putKey, putPart } from './record-rows.ts';
import { putBytes } from './row-bytes.ts';

/** A record too long to be held, while its parts are emitted. */
export interface LongRecord {
  /** Whether a neighbour of the window reads it. */
  readonly isElsewhere: boolean;
  /** Hash that its rows' `RowKey` shares: of the bytes held at first. */
  readonly hash: string;
  /** Beginnings of its rows: of the first one with the columns known, and of the others. */
  readonly first: Buffer;
  readonly other: Buffer;
  readonly error: string;
  readonly decoder: TextDecoder;
  /** Over the text of all parts so far. */
  readonly chain: Hash;
  rest: Buffer;
  parts: number;
}

/**
 * Starts a record above the bound, with what its first bytes tell. It is emitted as parts while it is read, so the
 * number of its parts stands in the last row only, and the `RowKey` of all parts has the hash of the first bytes as
 * they stand. The ledger keys are hashes of all the text up to the part's end: a record that differs later is not taken for the same.
 */
export function startLongRecord(page: EdrPage, bytes: Buffer, tape: JsonTape): LongRecord {
  const { encoder, counts } = page;
  const hash = hashBytes(bytes);
  counts.records++;
  const place = placeOf(page, tape);
  if (place === 'outside') counts.outside++;
  if (place !== 'neighbour') counts.unreadable++;
  if (bytes[0] === 0x7b) putColumns(encoder, tape);
  else putUnknown(encoder);
  const first = Buffer.from(encoder.row.bytes.subarray(0, encoder.row.length));
  return {
    isElsewhere: place === 'neighbour',
    hash,
    first,
    other: first.subarray(0, encoder.timeEnd),
    error: `the record is above ${bytes.length} bytes`,
    decoder: new TextDecoder('utf-8', { ignoreBOM: true }),
    chain: createHash('sha256'),
    rest: Buffer.alloc(0),
    parts: 0,
  };
}

/** Emits the parts that the bytes fill. */
export function continueLongRecord(page: EdrPage, record: LongRecord, bytes: Buffer, isLast: boolean): void {
  if (record.isElsewhere) {
    record.chain.update(bytes);
  } else {
    let text = Buffer.concat([record.rest, Buffer.from(record.decoder.decode(bytes, { stream: !isLast }))]);
    while (text.length > page.maxRecordBytes) {
      const end = characterEnd(text, page.maxRecordBytes);
      putLongPart(page, record, text.subarray(0, end), false);
      text = text.subarray(end);
    }
    record.rest = Buffer.from(text);
    if (isLast) putLongPart(page, record, text, true);
  }
  if (isLast) countReceived(page, record.chain.digest().toString('latin1', 0, KEY_BYTES));
}

function putLongPart(page: EdrPage, record: LongRecord, text: Buffer, isLast: boolean): void {
  const { row } = page.encoder;
  const part = ++record.parts;
  const key = record.chain.update(text).copy().digest().toString('latin1', 0, KEY_BYTES);
  if (page.options.isUploaded(key)) return;
  row.length = 0;
  const beginning = part === 1 ? record.first : record.other;
  putBytes(row, beginning, 0, beginning.length);
  putKey(row, record.hash, part);
  putPart(row, text.toString('utf8'), record.error, isLast ? part : undefined);
  emitRow(page, key);
}
