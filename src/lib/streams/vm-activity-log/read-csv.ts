const QUOTE = '"';

/**
 * Records of a CSV text (RFC 4180): fields in quotes may hold commas, line breaks and doubled quotes. Empty lines are none.
 * @throws what `fail` makes of the reason, for a quote that is not closed or stands where it may not.
 */
export function readCsv(text: string, fail: (why: string) => Error): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at < text.length) {
    const isQuoted = text[at] === QUOTE;
    const end = isQuoted ? endOfQuoted(text, at, fail) : endOfPlain(text, at);
    const field = text.slice(at, end);
    if (!isQuoted && field.includes(QUOTE)) throw fail(`a quote inside a field, after ${records.length} lines`);
    record.push(isQuoted ? field.slice(1, -1).replaceAll('""', QUOTE) : field);
    at = end;
    if (text[at] === ',') {
      at += 1;
      if (at === text.length) record.push('');
      continue;
    }
    const lineEnd = /\r?\n|$/y;
    lineEnd.lastIndex = at;
    const found = lineEnd.exec(text);
    if (found === null) throw fail(`text behind a quoted field, after ${records.length} lines`);
    at += found[0].length;
    if (record.length > 1 || record[0] !== '') records.push(record);
    record = [];
  }
  return records;
}

function endOfPlain(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text.slice(at, at + 2) !== '\r\n') at += 1;
  return at;
}

function endOfQuoted(text: string, from: number, fail: (why: string) => Error): number {
  for (let at = text.indexOf(QUOTE, from + 1); at >= 0; at = text.indexOf(QUOTE, at + 2)) {
    if (text[at + 1] !== QUOTE) return at + 1;
  }
  throw fail('a quoted field does not end');
}
