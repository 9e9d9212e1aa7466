import { isUtf8 } from 'node:buffer';
import { RetryableError } from '../../errors.ts';
import { findFields } from '../../json/find-fields.ts';
import { digestOf, recordRows } from '../../records/record-rows.ts';
import type { CompiledTable } from '../../records/record-table.ts';
import { readCsv, type CsvRecord } from '../../read-csv.ts';
import { replaceBroken } from '../../utf8.ts';
import type { PageBook } from '../page-book.ts';
import type { PageDecoder, PageOptions } from '../read-page-chain.ts';
import { numberEntries, type EqualEntries } from './number-entries.ts';

const BEGIN = /^\s*----BEGIN_RESPONSE_BODY_CSV\r?\n/;
const END = /----END_RESPONSE_BODY_CSV[ \t]*(?:\r?\n\s*|$)/y;
const FOOTER = /^----BEGIN_RESPONSE_FOOTER_CSV\r?\n([^]*)\r?\n----END_RESPONSE_FOOTER_CSV\s*$/;
const NEXT = /[?&]id_max=(\d+)/;
const TIME_COLUMN = 'Date';

/**
 * Decodes a page of the log. Entries have no id, and equal ones of one second are not the same one: each is told by its text and its number
 * among them, which is the same whoever reads that second, because a window reads it whole.
 */
export function createLogDecoder(
  { carry, generatedAt, onBroken, size, table }: PageOptions & { readonly table: CompiledTable },
  book: PageBook,
): PageDecoder {
  const parts: Uint8Array[] = [];
  return {
    write: (bytes) => void parts.push(bytes),
    end: () => {
      const bytes = Buffer.concat(parts);
      const isWhole = isUtf8(bytes);
      // A character a byte shows which entries are broken, as they came.
      const { entries, header, next } = splitPage(bytes.toString(isWhole ? 'utf8' : 'latin1'));
      const textsOf = isWhole ? (fields: readonly string[]) => ({ texts: fields, replaced: 0 }) : repair;
      const { texts: names, replaced: replacedNames } = textsOf(header);
      const numbers = numberEntries((carry ?? { counts: {} }) as unknown as EqualEntries);
      let characters = replacedNames;
      for (const { at, fields } of entries) {
        const { replaced, texts } = textsOf(fields);
        const isRepaired = replaced + replacedNames > 0;
        if (isRepaired) onBroken({ at, bytes: Buffer.from(JSON.stringify([header, fields]), 'latin1') });
        characters += replaced;
        const record = Object.fromEntries(texts.map((value, index) => [names[index] ?? `Column ${index + 1}`, value]));
        const text = JSON.stringify(record);
        const time = Date.parse(record[TIME_COLUMN] ?? '');
        const digest = digestOf(table, `${text}\n${numbers.next(text, time)}`);
        const error =
          texts.length === names.length ? undefined : `the entry has ${texts.length} of ${names.length} columns`;
        book.take({ digest, time, isUnreadable: error !== undefined, isRepaired }, () =>
          recordRows(
            table,
            { fields: findFields(table.fields, record), text: Buffer.from(text), digest, error },
            generatedAt,
          ),
        );
      }
      // A page that holds fewer than asked for, and names no next one, is the last.
      return { after: next, isLast: entries.length < size, carry: { ...numbers.carry() }, characters };
    },
  };
}

/** The fields as UTF-8, of a text of one character a byte. */
function repair(fields: readonly string[]): { readonly texts: string[]; readonly replaced: number } {
  const repaired = fields.map((field) => replaceBroken(Buffer.from(field, 'latin1')));
  return {
    texts: repaired.map(({ bytes }) => bytes.toString()),
    replaced: repaired.reduce((sum, { count }) => sum + count, 0),
  };
}

/** @throws RetryableError for what is cut off or no page of the log. */
function splitPage(text: string): {
  readonly entries: readonly CsvRecord[];
  readonly header: readonly string[];
  readonly next: string | undefined;
} {
  const begin = BEGIN.exec(text);
  if (begin === null) throw broken('it does not begin with its mark');
  const { records, rest: footer } = readCsv(text, begin[0].length, END, broken);
  const next = NEXT.exec(footer)?.[1];
  if (footer !== '' && (!FOOTER.test(footer) || next === undefined)) throw broken('its footer names no next page');
  const [first, ...entries] = records;
  const header = first?.fields ?? [];
  if (!header.includes(TIME_COLUMN)) throw broken(`its header has no column ${TIME_COLUMN}`);
  return { entries, header, next };
}

function broken(why: string): RetryableError {
  return new RetryableError(`The page of the activity log cannot be read: ${why}`, { scope: 'answer' });
}
