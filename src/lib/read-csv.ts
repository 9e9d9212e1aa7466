const QUOTE = '"';
const PLAIN = /[^,\r\n]*(?:\r(?!\n)[^,\r\n]*)*/y;
const LINE_END = /\r?\n|$/y;

/** A record of a CSV text. */
export interface CsvRecord {
  /** Where it begins in the text. */
  readonly at: number;
  readonly fields: readonly string[];
}

/**
 * Records of a CSV text (RFC 4180) up to the line that `end`, a sticky pattern, is found at: fields in quotes may hold commas, line breaks,
 * doubled quotes, and what looks like that line, because anybody may write into them. Empty lines are none.
 * @throws what `fail` makes of the reason, for a quote that is not closed or stands where it may not, and a text without its end.
 */
export function readCsv(
  text: string,
  start: number,
  end: RegExp,
  fail: (why: string) => Error,
): { readonly records: readonly CsvRecord[]; readonly rest: string } {
  const records: CsvRecord[] = [];
  let fields: string[] = [];
  let begin = start;
  let at = start;
  while (at < text.length) {
    if (fields.length === 0) {
      begin = at;
      const found = matchAt(end, text, at);
      if (found !== undefined) return { records, rest: text.slice(at + found.length) };
    }
    const isQuoted = text[at] === QUOTE;
    const fieldEnd = isQuoted ? endOfQuoted(text, at, fail) : at + (matchAt(PLAIN, text, at) ?? '').length;
    const field = text.slice(at, fieldEnd);
    if (!isQuoted && field.includes(QUOTE)) throw fail(`a quote inside a field, after ${records.length} lines`);
    fields.push(isQuoted ? field.slice(1, -1).replaceAll('""', QUOTE) : field);
    at = fieldEnd;
    if (text[at] === ',') {
      at += 1;
      continue;
    }
    const lineEnd = matchAt(LINE_END, text, at);
    if (lineEnd === undefined) throw fail(`text behind a quoted field, after ${records.length} lines`);
    at += lineEnd.length;
    if (fields.length > 1 || fields[0] !== '') records.push({ at: begin, fields });
    fields = [];
  }
  throw fail('it does not end with its mark');
}

function matchAt(sticky: RegExp, text: string, at: number): string | undefined {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0];
}

function endOfQuoted(text: string, from: number, fail: (why: string) => Error): number {
  for (let at = text.indexOf(QUOTE, from + 1); at >= 0; at = text.indexOf(QUOTE, at + 2)) {
    if (text[at + 1] !== QUOTE) return at + 1;
  }
  throw fail('a quoted field does not end');
}
