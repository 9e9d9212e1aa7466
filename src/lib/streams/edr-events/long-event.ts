import { createHash } from 'node:crypto';
import { findFields } from '../../json/find-fields.ts';
import { digestOf, startLongRecord } from '../../records/record-rows.ts';
import { KEY_BYTES } from '../ledger-key.ts';
import { beginRecord, endRecord, putRow, type EdrPage } from './event-page.ts';

/** Takes more bytes of a record too long to be held. */
export type LongEvent = (bytes: Buffer, isLast: boolean) => void;

/**
 * Starts a record above the bound, with what its first bytes tell. It is emitted as parts while it is read. The `RowKey` of all parts has the
 * hash of the first bytes as they stand; their ledger keys are hashes of all the text up to the part's end: a record that differs later is
 * not taken for the same.
 */
export function startLongEvent(page: EdrPage, beginning: Buffer, known: unknown): LongEvent {
  const { options, table } = page;
  const fields = findFields(table.fields, known);
  beginRecord(page, fields, true);
  const error = `the record is above ${beginning.length} bytes`;
  const write = startLongRecord(table, { digest: digestOf(table, beginning), error, fields }, options.generatedAt);
  const chain = createHash('sha256');
  return (bytes, isLast) => {
    if (!page.isOurs) chain.update(bytes);
    for (const row of page.isOurs ? write(bytes, isLast) : []) {
      putRow(page, row, chain.update(row.piece).copy().digest().toString('latin1', 0, KEY_BYTES));
    }
    if (isLast) endRecord(page, chain.digest().toString('latin1', 0, KEY_BYTES));
  };
}
