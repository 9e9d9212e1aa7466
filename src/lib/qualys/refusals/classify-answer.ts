import type { FaultScope, VendorFault } from '../../errors.ts';
import { ConfigError, type ConnectorError, FatalError, RetryableError, WaitError } from '../../errors.ts';
import type { LoginKind } from '../../setting-kinds.ts';
import { settingsOf } from '../login/credentials.ts';
import { readLimitHeaders } from '../call/read-limit-headers.ts';
import { readVendorMessage, type VendorMessage } from './read-vendor-message.ts';
import { boundedWait, guessWait, readRetryAfter } from '../../read-wait.ts';
import { vendorText } from './vendor-text.ts';

/** As much of an answer as its classification needs. */
export interface AnswerStart {
  readonly status: number;
  readonly headers: Headers;
  /** First part of the body. */
  readonly body: string;
  /** How often in a row the caller was told to wait before; doubles a wait without a figure. */
  readonly waits?: number;
  /** Texts that must not appear in an error. */
  readonly secrets?: readonly string[];
  /** Whose settings an error of the account names. */
  readonly loginKind?: LoginKind;
  /** The time, for a `Retry-After` given as a date. */
  readonly now?: Date;
}

interface Facts extends AnswerStart {
  readonly message: VendorMessage;
}

const CONCURRENCY_CODE = '1960';
/** Blocked for now: 1960 by calls that run, 1965 by the budget, 1920 by another request or object (what both were called before). */
const WAIT_CODES: ReadonlySet<string> = new Set(['1920', CONCURRENCY_CODE, '1965']);
/** An internal error, and maintenance. */
const PASSING_CODES: ReadonlySet<string> = new Set(['999', '1999']);
/** Of the parameters: the same call would be refused again. */
const REFUSAL_CODES: ReadonlySet<string> = new Set(['1901', '1903', '1904', '1905', '1907', '1908', '1922']);
const CONCURRENCY_WAIT_MS = 30_000;

/** Of the user, the password, or an account that nobody may log in with. */
const LOGIN_CODES: ReadonlySet<string> = new Set(['2000', '2001', '2002', '2003']);
const LOGIN_WORDS =
  /\b(bad login|(invalid|bad|wrong|incorrect) (credentials|user|login|password)|authentication failure)\b/i;

/** What to do about an account that the vendor refuses, by status or code; 2001, 2003 and 2011 are recorded, the others hearsay. */
const HINTS: Readonly<Record<string, string>> = {
  '401':
    'check {settings}, that the account is active, that API access is on for it, and that QUALYS_API_URL is the server of its platform',
  '403': 'give the account a role of Reader or higher with API access and with rights for this API',
  '2000': 'check {settings}, and that QUALYS_API_URL is the server of the platform that has the account',
  '2001': 'renew the account in the Qualys console',
  '2002': 'activate the account in the Qualys console',
  '2003': 'sign in to the Qualys console once to complete the registration',
  '2011': 'use an account without SecureID for the API',
  '2012': 'sign in to the Qualys console once and accept the licence',
};

/**
 * Says whether an answer is good: the one place that decides (ADR 0006). By what the vendor's own code means, then by the HTTP status;
 * the first line that fits counts.
 *
 * - 1920, 1960 and 1965 with any status: WaitError, as told or guessed;
 * - 5xx with any other code: WaitError when it tells how long, else RetryableError, because a server in trouble means nothing by a code;
 * - codes 20xx: ConfigError; 429: WaitError; 999, 1999 and `GENERIC_RETURN`: RetryableError; the codes of bad parameters: FatalError;
 * - 409 with any other code or none: WaitError when its headers tell how long or that all places are taken, else RetryableError, because
 *   the vendor blocks with 409 and some of its endpoints send no limit headers; as it costs an attempt, a conflict that never passes still
 *   ends visibly;
 * - other codes 19xx: FatalError; 401, 403 and a refused login: ConfigError;
 * - 2xx: RetryableError for a web page, FatalError for a `SIMPLE_RETURN` with a code, else good;
 * - `X-RateLimit-ToWait-Sec` with another 4xx: WaitError; 408 and redirects: as 5xx; other 4xx: FatalError.
 */
export function classifyAnswer(answer: AnswerStart): 'ok' | ConnectorError {
  return judge(factsOf(answer));
}

function factsOf(answer: AnswerStart): Facts {
  return { ...answer, message: readVendorMessage(answer.body) };
}

function judge(facts: Facts): 'ok' | ConnectorError {
  return byCode(facts) ?? byStatus(facts);
}

/**
 * The error in a document that came where data was expected, e.g. a `SIMPLE_RETURN` with HTTP 200.
 * @returns a RetryableError when the document says nothing that is known.
 */
export function classifyDocument(
  text: string,
  status: number,
  headers: Headers,
  options: Pick<AnswerStart, 'waits' | 'secrets' | 'now' | 'loginKind'> = {},
): ConnectorError {
  const facts = factsOf({ ...options, status, headers, body: text });
  const found = judge(facts);
  if (found !== 'ok') return found;
  return new RetryableError(describe(facts, `answered with ${bodyName(facts.message)} instead of the data asked for`), {
    fault: faultOf(facts),
    scope: 'answer',
  });
}

/** What came, in words that tell an empty body, another document and a text apart. */
function bodyName({ kind, root = '' }: VendorMessage): string {
  switch (kind) {
    case 'empty':
      return 'an empty body';
    case 'simple-return':
    case 'xml':
      return `the document ${vendorText(root)}`;
    case 'json':
      return 'JSON';
    default:
      return 'a text';
  }
}

/** Whether a code of the vendor's refuses the account itself, whatever the HTTP status. */
export function isAccountCode(code: string): boolean {
  return /^20\d\d$/.test(code);
}

function byCode(facts: Facts): ConnectorError | undefined {
  const { status, message } = facts;
  const code = message.code ?? '';
  if (WAIT_CODES.has(code)) return waitFor(facts, code === CONCURRENCY_CODE ? CONCURRENCY_WAIT_MS : undefined);
  if (status >= 500) return passing(facts);
  if (isAccountCode(code)) return refused(facts, code);
  if (status === 429) return waitFor(facts);
  if (PASSING_CODES.has(code) || message.kind === 'generic-return') return failed(facts);
  if (REFUSAL_CODES.has(code)) return fatal(facts);
  if (status === 409) return asksToWait(facts) ? waitFor(facts) : passing(facts);
  return /^19\d\d$/.test(code) ? fatal(facts) : undefined;
}

function byStatus(facts: Facts): 'ok' | ConnectorError {
  const { status, message } = facts;
  if (status === 401 || status === 403) return refused(facts, String(status));
  if (message.refusedLogin === true) return refused(facts, '401');
  if (status >= 200 && status < 300) return byContent(facts);
  if (asksToWait(facts)) return waitFor(facts);
  return status < 400 || status === 408 ? passing(facts) : fatal(facts);
}

function byContent(facts: Facts): 'ok' | ConnectorError {
  const { kind, code } = facts.message;
  if (kind === 'html') return failed(facts);
  return kind === 'simple-return' && code !== undefined ? fatal(facts) : 'ok';
}

/** Whether the limit headers of an error say that the call was blocked: a wait above 0, or a 409 with every place taken. */
function asksToWait({ status, headers }: Facts): boolean {
  const { toWaitSeconds, concurrencyLimit, concurrencyRunning } = readLimitHeaders(headers);
  if (toWaitSeconds !== undefined) return true;
  return status === 409 && concurrencyLimit !== undefined && (concurrencyRunning ?? 0) >= concurrencyLimit;
}

function waitFor(facts: Facts, fallbackMs?: number, scope?: FaultScope): WaitError {
  const taken = facts.status === 409 && facts.message.code === undefined && asksToWait(facts);
  const waitMs = toldWait(facts) ?? fallbackMs ?? (taken ? CONCURRENCY_WAIT_MS : guessWait(facts.waits ?? 0));
  return new WaitError(describe(facts, `asks to wait ${waitMs / 1000} s`), waitMs, { scope });
}

function toldWait(facts: Facts): number | undefined {
  const seconds = readLimitHeaders(facts.headers).toWaitSeconds ?? facts.message.secondsToWait;
  return seconds === undefined
    ? readRetryAfter(facts.headers.get('retry-after'), facts.now ?? new Date())
    : boundedWait(seconds);
}

function refused(facts: Facts, hint: string): ConfigError {
  const text = describe(facts, 'refuses the account');
  const advice = (HINTS[hint] ?? HINTS['403'] ?? '').replace(
    '{settings}',
    settingsOf(facts.loginKind ?? 'password').join(' and '),
  );
  return new ConfigError(`${text}; ${advice}`, {
    fault: faultOf(facts),
    repair: 'account',
    login: loginRefused(facts),
  });
}

/** Whether the login itself was refused: a right that is missing is no reason to lock an account. */
function loginRefused({ status, message }: Facts): ConfigError['login'] {
  const { code = '', refusedLogin } = message;
  // With 403 the others speak of one list or right.
  const isOfLogin = status === 403 ? LOGIN_CODES.has(code) : isAccountCode(code);
  if (isOfLogin || refusedLogin === true) return 'refused';
  if (status !== 401) return undefined;
  return LOGIN_WORDS.test(message.text) ? 'refused' : 'unclear';
}

/** Waits where the answer tells how long, else is tried again. */
function passing(facts: Facts): WaitError | RetryableError {
  if (toldWait(facts) === undefined) return failed(facts);
  return facts.status === 409 ? waitFor(facts) : waitFor(facts, undefined, scopeOf(facts));
}

function failed(facts: Facts): RetryableError {
  return new RetryableError(describe(facts, 'failed'), { fault: faultOf(facts), scope: scopeOf(facts) });
}

/** An answer in the vendor's own words speaks of what was asked for; any other of the route to it. */
function scopeOf({ status, message }: Facts): FaultScope {
  if (status === 408 || status === 504) return 'timeout';
  const isOwn = message.code !== undefined || message.kind === 'generic-return';
  return isOwn && status < 500 ? 'answer' : 'route';
}

function fatal(facts: Facts): FatalError {
  return new FatalError(describe(facts, 'refuses the request'), { fault: faultOf(facts) });
}

function faultOf({ status, message }: Facts): VendorFault {
  return { status, code: message.code };
}

function describe({ status, message, secrets }: Facts, what: string): string {
  const code = message.code === undefined ? '' : `, code ${vendorText(message.code, secrets)}`;
  const text = vendorText(message.text, secrets);
  return `Qualys ${what} (HTTP ${status}${code})${text === '' ? '' : `: ${text}`}`;
}
