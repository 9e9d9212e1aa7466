import type { Row } from '../ingestion/convert-row.ts';

/** What is looked for; a row has to fit all that is given. */
export interface Search {
  /** Anywhere in a value. */
  readonly text?: string | undefined;
  /** In a name, address or id of a host. */
  readonly host?: string | undefined;
  /** A QID, whole. */
  readonly qid?: string | undefined;
  /** In a hash of a file. */
  readonly hash?: string | undefined;
  /** The `RowKey`, whole. */
  readonly key?: string | undefined;
}

export const SEARCH_NAMES = ['text', 'host', 'qid', 'hash', 'key'] as const satisfies readonly (keyof Search)[];

/** Whether a value under a name is what is looked for. Texts are in lower case. */
type Fits = (name: string, value: string, wanted: string) => boolean;

const FITS: Readonly<Record<keyof Search, Fits>> = {
  text: (_, value, wanted) => value.includes(wanted),
  host: (name, value, wanted) =>
    /host|netbios|dns|ip(?:v?6|address)|agentid|asset/.test(name) && value.includes(wanted),
  qid: (name, value, wanted) => name === 'qid' && value === wanted,
  hash: (name, value, wanted) => /md5|sha\d|hash/.test(name) && value.includes(wanted),
  key: (name, value, wanted) => name === 'rowkey' && value === wanted,
};

/** Whether any value of a row, however deep, is fit. Values of a list stand under the list's name. */
function hasValue(name: string, value: unknown, fits: (name: string, value: string) => boolean): boolean {
  if (value === null || value === undefined) return false;
  if (Array.isArray(value)) return value.some((each) => hasValue(name, each, fits));
  if (typeof value === 'object') {
    return Object.entries(value).some(([below, each]) => hasValue(below.toLowerCase(), each, fits));
  }
  return fits(name, (typeof value === 'string' ? value : JSON.stringify(value)).toLowerCase());
}

/**
 * Makes a test for lines of JSON. Most are refused by their bytes alone, without being parsed.
 * @returns the row of a line that fits.
 */
export function createMatcher(search: Search): (line: Buffer) => Row | undefined {
  const wanted = SEARCH_NAMES.flatMap((name) => {
    const text = search[name]?.trim().toLowerCase() ?? '';
    return text === '' ? [] : [{ fits: FITS[name], text, bytes: asInLine(text) }];
  });
  return (line) => {
    if (wanted.length > 0) {
      const text = line.toString('latin1').toLowerCase();
      if (!wanted.every(({ bytes }) => text.includes(bytes))) return undefined;
    }
    const row = JSON.parse(line.toString('utf8')) as Row;
    const isFit = wanted.every(({ fits, text }) => hasValue('', row, (name, value) => fits(name, value, text)));
    return isFit ? row : undefined;
  };
}

/**
 * Part of a text as it stands in a line of JSON whose bytes are read as latin1 and made lower case: its longest run of ASCII, because other
 * letters have other bytes in upper case.
 */
function asInLine(text: string): string {
  const runs =
    JSON.stringify(text)
      .slice(1, -1)
      .match(/[\x20-\x7e]+/g) ?? [];
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest), '');
}
