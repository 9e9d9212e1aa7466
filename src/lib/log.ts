import { AsyncLocalStorage } from 'node:async_hooks';

/** Values a log line may carry. Never a body, a header, or a query that may hold a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Structured log: one JSON line an event, named `<Noun><PastVerb>[Error]`. */
export interface Log {
  /** Normal progress. */
  readonly info: (event: string, fields?: LogFields) => void;
  /** Recovered or will recover; nothing is lost. */
  readonly warn: (event: string, fields?: LogFields) => void;
  /** Data is at risk or an operator is needed. */
  readonly error: (event: string, fields?: LogFields) => void;
  /** The same log with fields that stand on each line. */
  readonly with: (fields: LogFields) => Log;
}

/** Where lines go: one method a level, as `InvocationContext` has. */
export interface LogTarget {
  readonly info: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly error: (line: string) => void;
}

const REDACTED = '[redacted]';
/** So much of a text is looked through; the rest goes, so that a hostile answer cannot hold the process up. */
const LONGEST_TEXT = 65_536;

/** Names of credentials; a longer name may end in them: `QUALYS_PASSWORD`, `x-functions-key`, `clientSecret`. */
const SECRET_NAMES = [
  'password|passwd|passphrase|secret|authorization|shared[-_]?access[-_]?signature',
  '(?:api|access|account|functions?|subscription|instrumentation|private|encryption|master|system)[-_]?key',
  '(?:access|refresh|id|auth|session|api|sas)[-_]?token',
].join('|');
/** Words with which a sentence goes on after such a name and a colon. */
const PROSE = 'must|is|was|has|may|can|cannot|not|should|please|see|the|no|required|missing|expired|failed|denied';

/** Between a name and its value: in a query, a form, a header, JSON, JSON in JSON, or an element. */
const SEPARATOR = /(?:\\{0,3}["'])?(?:[ \t]{0,3}(?:[=:]|%3D)[ \t]{0,3}|>)/.source;
/** Up to the end of the text where the closing quote is missing. */
const QUOTED = String.raw`(\\+")(?:[^"\\]|\\{3}"|\\(?!"))*|(["'])(?:(?!\3)[^\\]|\\.)*`;
const BARE = /[^\s&;"<]/.source;
/** A name by itself, also in an address inside another one. */
const WORD_START = /(?:(?<![\w.-])|(?<=%[\dA-F]{2}))/.source;
const SENTENCE = `(?<=:[ \\t]{1,3})(?:${PROSE})(?=[\\s,.]|$)`;
const SCHEME = '(?:(?:basic|bearer|digest|sharedkey|negotiate) +)?';

/** Pairs of a name and a credential. No part of a text is read again and again, so the time grows with its length alone. */
const SECRET_PAIRS: readonly RegExp[] = [
  new RegExp(`((?:${SECRET_NAMES})${SEPARATOR})(?:${QUOTED}|(?!${SENTENCE})${SCHEME}${BARE}+)`, 'gis'),
  // These are ends of ordinary words, or ordinary words, as well.
  new RegExp(`(${WORD_START}(?:sig|pwd)${SEPARATOR})(?:${QUOTED}|${BARE}+)`, 'gis'),
  new RegExp(`(${WORD_START}token${SEPARATOR})(?:${QUOTED}|${BARE}{8,})`, 'gis'),
];
/** Keys in a query; not the code of an error, such as 1905, ECONNREFUSED or InvalidInput. */
const SECRET_PARAMETERS: readonly RegExp[] = [
  /((?<=[?&])key=)[^\s&;"<]{8,}/gi,
  /((?:(?<![\w.-])|(?<=%[\dA-F]{2}))[Cc]ode(?:=|%3D))(?!(?:\d{1,6}|[A-Z][A-Za-z_]*)(?![\w+/=%~-]))[^\s&;"<]+/g,
];
const SCHEME_AND_CREDENTIALS = /\b(Basic|Bearer)((?: |%20|\+){1,3})([\w+/=.~-]{6,})/gi;
const URL_CREDENTIALS = /\/\/[^/\s<>]*@/g;
const SIGNING_SECRET = /\bwhsec_[\w+/=-]{4,}/g;
const DOTTED_RUN = /[\w.-]{10,}/g;

/**
 * The one place that takes credentials out of text before it is logged, stored or answered: by the names they stand under, and by their
 * shape. Ordinary text stays as it is; of a text above 64 KB the rest goes.
 */
export function redact(text: string): string {
  const byPair = SECRET_PAIRS.reduce((left, pair) => left.replace(pair, `$1$2$3${REDACTED}`), bounded(text));
  return SECRET_PARAMETERS.reduce((left, parameter) => left.replace(parameter, `$1${REDACTED}`), byPair)
    .replace(DOTTED_RUN, hideTokens)
    .replace(SCHEME_AND_CREDENTIALS, (all, scheme: string, space: string, given: string) =>
      isWord(given) ? all : `${scheme}${space}${REDACTED}`,
    )
    .replace(SIGNING_SECRET, `whsec_${REDACTED}`)
    .replace(URL_CREDENTIALS, `//${REDACTED}@`);
}

/** Half a credential is not known as one: what is cut ends where no credential can stand. */
function bounded(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  let end = LONGEST_TEXT;
  while (end > 0 && /[\w+/=.~%-]/.test(text.charAt(end - 1))) end--;
  return `${text.slice(0, end)}…`;
}

/** JSON web tokens in a run of dotted parts: header, payload and signature. */
function hideTokens(run: string): string {
  if (!run.includes('eyJ')) return run;
  const parts = run.split('.');
  const kept: string[] = [];
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] ?? '';
    const start = part.search(/\beyJ[\w-]{4}/);
    const isToken = start >= 0 && (parts[index + 1] ?? '') !== '' && index + 2 < parts.length;
    kept.push(isToken ? `${part.slice(0, start)}${REDACTED}` : part);
    if (isToken) index += 2;
  }
  return kept.join('.');
}

/** Whether what follows `Basic` or `Bearer` is a word of a sentence: credentials hold digits, capitals within, or are longer. */
function isWord(text: string): boolean {
  return /^(?:[A-Z]?[a-z]{1,19}(?:[-/._][a-z]{1,19})*[.=]?|[A-Z]{1,19})$/.test(text);
}

/** Makes a log that writes JSON lines to `target`. */
export function createLog(target: LogTarget, fields: LogFields = {}): Log {
  const line = (event: string, more: LogFields = {}): string =>
    JSON.stringify({ event, ...fields, ...more }, (_name, value: unknown) =>
      typeof value === 'string' ? redact(value) : value,
    );
  return {
    info: (event, more) => target.info(line(event, more)),
    warn: (event, more) => target.warn(line(event, more)),
    error: (event, more) => target.error(line(event, more)),
    with: (more) => createLog(target, { ...fields, ...more }),
  };
}

const current = new AsyncLocalStorage<LogTarget>();
const print = (line: string): void => void process.stderr.write(`${line}\n`);
const standardError: LogTarget = { info: print, warn: print, error: print };

/** Runs an invocation so that all it logs goes to its own context, as the Functions host wants it. */
export function withLogTarget<T>(target: LogTarget, run: () => T): T {
  return current.run(target, run);
}

/** The log of the invocation that runs; outside of one, standard error. */
export const ambientLog: Log = createLog({
  info: (line) => (current.getStore() ?? standardError).info(line),
  warn: (line) => (current.getStore() ?? standardError).warn(line),
  error: (line) => (current.getStore() ?? standardError).error(line),
});
