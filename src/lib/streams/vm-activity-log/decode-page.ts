import { isUtf8 } from 'node:buffer';
import { RetryableError } from '../../errors.ts';
import { createJsonScan } from '../../json/json-scan.ts';
import { scanCopy } from '../../json/scan-copy.ts';
import { digestOf, recordRows } from '../../records/record-rows.ts';
import type { CompiledTable } from '../../records/record-table.ts';
import type { PageBook } from '../page-book.ts';
import type { PageDecoder } from '../read-page-chain.ts';
import { readCsv } from './read-csv.ts';

/** Equal entries of the second that a page ended in, by the text of the entry: the next page goes on counting. */
export type EqualEntries = Readonly<Record<string, number>>;

interface PageOptions {
  readonly table: CompiledTable;
  readonly generatedAt: Date;
  /** Entries asked for: a page that holds fewer, and names no next one, is the last. */
  readonly size: number;
  readonly carry: EqualEntries;
}

const BODY = /^\s*----BEGIN_RESPONSE_BODY_CSV\r?\n([^]*?)\r?\n?----END_RESPONSE_BODY_CSV\s*/;
const FOOTER = /^----BEGIN_RESPONSE_FOOTER_CSV\r?\n([^]*)\r?\n----END_RESPONSE_FOOTER_CSV\s*$/;
const NEXT = /[?&]id_max=(\d+)/;
const TIME_COLUMN = 'Date';

/**
 * Decodes a page of the log. Entries have no id, and equal ones of one second are not the same one: each is told by its text and its number
 * among them, which is the same whoever reads that second, because a window reads it whole.
 */
export function createLogDecoder({ carry, generatedAt, size, table }: PageOptions, book: PageBook): PageDecoder {
  const parts: Uint8Array[] = [];
  return {
    write: (bytes) => void parts.push(bytes),
    end: () => {
      const bytes = Buffer.concat(parts);
      const { entries, header, next } = splitPage(bytes.toString('utf8'));
      const isWhole = isUtf8(bytes);
      const scan = createJsonScan(table.fields);
      let equal = new Map(Object.entries(carry));
      let second = entries.length > 0 && equal.size > 0 ? timeOf([...equal.keys()][0] ?? '') : undefined;
      for (const entry of entries) {
        const record = Object.fromEntries(entry.map((value, index) => [header[index] ?? `Column ${index + 1}`, value]));
        const text = JSON.stringify(record);
        const time = record[TIME_COLUMN] ?? '';
        if (time !== second) equal = new Map();
        second = time;
        const number = (equal.get(text) ?? 0) + 1;
        equal.set(text, number);
        const digest = digestOf(table, `${text}\n${number}`);
        const error =
          entry.length === header.length ? undefined : `the entry has ${entry.length} of ${header.length} columns`;
        const isRepaired = !isWhole && text.includes('\uFFFD');
        const bytesOf = Buffer.from(text);
        scanCopy(scan, bytesOf);
        book.take({ digest, time: Date.parse(time), isUnreadable: error !== undefined, isRepaired }, () =>
          recordRows(table, { tape: scan, text: bytesOf, digest, error }, generatedAt),
        );
      }
      return { after: next, isLast: entries.length < size, carry: Object.fromEntries(equal) };
    },
  };
}

function timeOf(text: string): string | undefined {
  return (JSON.parse(text) as Record<string, string>)[TIME_COLUMN];
}

/** @throws RetryableError for what is cut off or no page of the log. */
function splitPage(text: string): { entries: string[][]; header: string[]; next: string | undefined } {
  const body = BODY.exec(text);
  if (body === null) throw broken('it does not end with its mark');
  const footer = text.slice(body[0].length);
  const next = NEXT.exec(footer)?.[1];
  if (footer !== '' && (!FOOTER.test(footer) || next === undefined)) throw broken('its footer names no next page');
  const [header = [], ...entries] = readCsv(body[1] ?? '', broken);
  if (!header.includes(TIME_COLUMN)) throw broken(`its header has no column ${TIME_COLUMN}`);
  return { entries, header, next };
}

function broken(why: string): RetryableError {
  return new RetryableError(`The page of the activity log cannot be read: ${why}`, { scope: 'answer' });
}
