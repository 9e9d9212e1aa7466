/** A value of a filter and how strictly it is meant: backticks exactly, quotes as words in sequence, bare loosely. */
export interface QueryValue {
  readonly text: string;
  readonly quote: 'exact' | 'phrase' | 'bare';
}

export type Comparison = '>=' | '<=' | '>' | '<' | '=';

/** A filter as a tree. */
export type QueryNode =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly QueryNode[] }
  | { readonly kind: 'not'; readonly part: QueryNode }
  /** True where any of the values fits. */
  | { readonly kind: 'match'; readonly token: string; readonly values: readonly QueryValue[] }
  | { readonly kind: 'compare'; readonly token: string; readonly operator: Comparison; readonly value: QueryValue }
  | {
      readonly kind: 'range';
      readonly token: string;
      readonly low: QueryValue;
      readonly high: QueryValue;
      /** Square brackets take their ends in, round ones leave both out. */
      readonly isInclusive: boolean;
    };

/** A filter that cannot be understood; the message says where. */
export class QueryError extends Error {
  override name = 'QueryError';
}

/** Deeper nesting than this is no filter but an attack on the stack. */
const DEEPEST = 100;

interface Reader {
  readonly text: string;
  at: number;
  depth: number;
}

function fail(reader: Reader, expected: string): never {
  const found = reader.at < reader.text.length ? `"${reader.text.slice(reader.at, reader.at + 20)}"` : 'the end';
  throw new QueryError(`expected ${expected} at character ${reader.at}, found ${found}`);
}

/** Takes what the sticky pattern matches at the present place, blanks before it skipped. */
function take(reader: Reader, pattern: RegExp): string | undefined {
  const blanks = /\s*/uy;
  blanks.lastIndex = reader.at;
  blanks.exec(reader.text);
  pattern.lastIndex = blanks.lastIndex;
  const found = pattern.exec(reader.text)?.[0];
  if (found === undefined) return undefined;
  reader.at = pattern.lastIndex;
  return found;
}

/** The quote itself and a backslash are escaped by a backslash; before anything else it stands for itself. */
function unescape(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(["'`\\])/gu, '$1');
}

/** Each backslash has one reading only, so that no input makes the match slow. */
const QUOTED =
  /'(?:\\['\\]|\\(?!['\\])|[^'\\])*'|"(?:\\["\\]|\\(?!["\\])|[^"\\])*"|`(?:\\[`\\]|\\(?![`\\])|[^`\\])*`/uy;

function readQuoted(reader: Reader): QueryValue | undefined {
  const quoted = take(reader, QUOTED);
  if (quoted === undefined) return undefined;
  return { text: unescape(quoted), quote: quoted.startsWith('`') ? 'exact' : 'phrase' };
}

function readValue(reader: Reader, bare: RegExp): QueryValue {
  const quoted = readQuoted(reader);
  if (quoted !== undefined) return quoted;
  const text = take(reader, bare) ?? fail(reader, 'a value');
  return { text, quote: 'bare' };
}

const BARE = /[^\s()[\]'"`,]+/uy;
/** Inside brackets two dots end the value. */
const BARE_IN_BRACKETS = /(?:(?!\.\.)[^\s()[\]'"`,])+/uy;

function readBrackets(reader: Reader, token: string, open: string): QueryNode {
  const isInclusive = open === '[';
  const close = isInclusive ? /\]/uy : /\)/uy;
  const first = readValue(reader, BARE_IN_BRACKETS);
  if (take(reader, /\.\./uy) !== undefined) {
    const high = readValue(reader, BARE_IN_BRACKETS);
    if (take(reader, close) === undefined) fail(reader, `"${isInclusive ? ']' : ')'}" after the range`);
    return { kind: 'range', token, low: first, high, isInclusive };
  }
  if (!isInclusive) fail(reader, '".." in the range');
  const values = [first];
  while (take(reader, /,/uy) !== undefined) values.push(readValue(reader, BARE_IN_BRACKETS));
  if (take(reader, close) === undefined) fail(reader, '"]" or "," after the value');
  return { kind: 'match', token, values };
}

function readClause(reader: Reader): QueryNode {
  const token = take(reader, /[A-Za-z_][\w.]*/uy) ?? fail(reader, 'a token');
  const operator = take(reader, /:|>=|<=|>|<|=/uy) ?? fail(reader, '":" or a comparison');
  if (operator !== ':') {
    return { kind: 'compare', token, operator: operator as Comparison, value: readValue(reader, BARE) };
  }
  const open = take(reader, /[[(]/uy);
  return open === undefined
    ? { kind: 'match', token, values: [readValue(reader, BARE)] }
    : readBrackets(reader, token, open);
}

function readPart(reader: Reader): QueryNode {
  if ((reader.depth += 1) > DEEPEST) fail(reader, `at most ${DEEPEST} levels`);
  const node = readNegatable(reader);
  reader.depth -= 1;
  return node;
}

function readNegatable(reader: Reader): QueryNode {
  if (take(reader, /not(?![\w.:])/iuy) !== undefined) return { kind: 'not', part: readPart(reader) };
  if (take(reader, /\(/uy) === undefined) return readClause(reader);
  const inner = readAlternatives(reader);
  if (take(reader, /\)/uy) === undefined) fail(reader, '")"');
  return inner;
}

function readJoined(reader: Reader, kind: 'and' | 'or', word: RegExp, read: (reader: Reader) => QueryNode): QueryNode {
  const first = read(reader);
  const parts = [first];
  while (take(reader, word) !== undefined) parts.push(read(reader));
  return parts.length === 1 ? first : { kind, parts };
}

/** `not` binds closest, then `and`, then `or`. */
function readAlternatives(reader: Reader): QueryNode {
  const readAll = (inner: Reader): QueryNode => readJoined(inner, 'and', /and(?![\w.:])/iuy, readPart);
  return readJoined(reader, 'or', /or(?![\w.:])/iuy, readAll);
}

/**
 * Reads a filter of the documented subset of the Qualys query language; undefined for a blank one.
 * @throws QueryError naming the place that cannot be understood.
 */
export function parseQuery(text: string): QueryNode | undefined {
  if (text.trim() === '') return undefined;
  const reader: Reader = { text, at: 0, depth: 0 };
  const node = readAlternatives(reader);
  if (take(reader, /$/uy) === undefined) fail(reader, '"and", "or" or the end');
  return node;
}
