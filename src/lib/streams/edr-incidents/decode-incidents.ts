import { RetryableError } from '../../errors.ts';
import { canonicalJson } from '../../json/canonical-json.ts';
import { findFields, lastOf } from '../../json/find-fields.ts';
import { isMembers } from '../../json/parse-json.ts';
import { createArrayReader } from '../../json/read-array.ts';
import { failForeign } from '../../qualys/refusals/fail-foreign.ts';
import { millisecondsOf } from '../../records/column-values.ts';
import {
  digestOf,
  recordRows,
  startLongRecord,
  type LongRecord,
  type SourceRecord,
} from '../../records/record-rows.ts';
import { compileTable, type RecordTable } from '../../records/record-table.ts';
import type { PageBook } from '../page-book.ts';
import type { PageDecoder, PageOptions } from '../read-page-chain.ts';

/** How a page of incidents is decoded. */
export interface IncidentPageOptions extends Pick<PageOptions, 'generatedAt'>, Partial<Pick<PageOptions, 'onBroken'>> {
  readonly table: RecordTable;
  /** Dotted path of the time in the record that windows go by. */
  readonly timeField: string;
  /** Vendor's cursor of the next page. */
  readonly after?: string | undefined;
  /** HTTP status of the answer: an empty body is no page, but with status 204. */
  readonly status: number;
}

/** An incident above this many bytes goes as text, part by part while it is read. */
export const MAX_HELD_BYTES = 4 * 1024 * 1024;
const SPACE = 0x20;
const NO_CONTENT = 204;

/** Decodes a page of incidents: a bare JSON array in, rows in the book. */
export function createIncidentDecoder(options: IncidentPageOptions, book: PageBook): PageDecoder {
  const { after, generatedAt, onBroken, status, timeField } = options;
  const table = compileTable(options.table, timeField);
  const timeSlot = table.fields.slotOf(timeField);
  let isPage = false;
  let isRepaired = false;
  let long: { readonly digest: string; readonly write: LongRecord | undefined } | undefined;
  const take = (record: SourceRecord, time?: number): void => {
    const { digest, error } = record;
    const booked = { digest, isUnreadable: error !== undefined, isRepaired, ...(time === undefined ? {} : { time }) };
    isRepaired = false;
    book.take(booked, () => recordRows(table, record, generatedAt));
  };
  const reader = createArrayReader(
    { what: 'the page of incidents', maxElementBytes: MAX_HELD_BYTES },
    {
      element: (json, text) => {
        const fields = findFields(table.fields, json.value);
        const error = isMembers(json.value) ? undefined : 'the record is no object';
        const time = millisecondsOf(lastOf(fields, timeSlot), table.zoneMinutes);
        take({ fields, text, digest: digestOf(table, canonicalJson(json).text), error }, time);
      },
      broken: (record) => {
        onBroken?.(record);
        isRepaired = true;
      },
      text: (text, reason) => take({ text, digest: digestOf(table, text), error: `the record is ${reason}` }),
      long: (bytes) => {
        const digest = digestOf(table, bytes);
        const error = `the record is above ${bytes.length} bytes`;
        const write = book.isKnown(digest) ? undefined : startLongRecord(table, { digest, error }, generatedAt);
        long = { digest, write };
        book.add(write?.(bytes, false) ?? []);
      },
      more: (bytes, isLast) => {
        const { digest = '', write } = long ?? {};
        book.add(write?.(bytes, isLast) ?? []);
        if (!isLast) return;
        book.take({ digest, isUnreadable: true, isRepaired }, () => []);
        isRepaired = false;
      },
      foreign: (beginning) => failForeign('incidents', beginning),
    },
  );
  return {
    write: (bytes) => {
      isPage ||= bytes.some((byte) => byte > SPACE);
      reader.write(bytes);
    },
    end: () => {
      reader.end();
      if (isPage || status === NO_CONTENT) return { after, characters: reader.repaired() };
      throw new RetryableError(
        `EDR answered with status ${status} and an empty body instead of an array of incidents`,
        { scope: 'answer' },
      );
    },
  };
}
