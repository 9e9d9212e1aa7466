import { STATUS_CODES } from 'node:http';
import type { HttpResponseInit } from '@azure/functions';
import { ConfigError, ConnectorError, FatalError, messageOf, RetryableError, WaitError } from '../errors.ts';
import { ambientLog, redact } from '../log.ts';
import { logUnexpected } from '../log-unexpected.ts';
import type { ProblemBody } from './problem-body.ts';

/** A refusal to be answered as RFC 9457 `application/problem+json`. */
export class ProblemError extends ConnectorError {
  override name = 'ProblemError';
  readonly status: number;
  /** One entry for each parameter at fault. */
  readonly errors: readonly string[];
  constructor(status: number, detail: string, errors: readonly string[] = []) {
    super(detail);
    this.status = status;
    this.errors = errors;
  }
}

/** Node names 413 as an older standard does. */
const TITLES: typeof STATUS_CODES = { ...STATUS_CODES, 413: 'Content Too Large' };

/** What a failure tells the caller. */
export type Problem = Omit<ProblemBody, 'type' | 'title'>;

/**
 * What a failure means to the caller, over HTTP or as an agent's tool. One that the connector does not know goes to the log.
 * @param name of the function or tool.
 */
export function problemOf(error: unknown, name: string): Problem {
  if (error instanceof ProblemError) {
    const { status, message: detail, errors } = error;
    return { status, detail, ...(errors.length === 0 ? {} : { errors }) };
  }
  if (error instanceof WaitError) {
    return { status: 503, detail: error.message, retryAfterSeconds: error.retryAfterSeconds };
  }
  if (error instanceof ConfigError) return { status: 503, detail: error.publicMessage };
  if (error instanceof FatalError) return { status: vendorStatus(error), detail: error.message, ...codeOf(error) };
  if (error instanceof RetryableError) return { status: 502, detail: messageOf(error), ...codeOf(error) };
  ambientLog.error('RequestError', { function: name, error: messageOf(error) });
  logUnexpected(ambientLog, error);
  return { status: 500, detail: 'the request failed for a reason the connector does not know; the log tells it' };
}

/** The answer to a request that failed, RFC 9457. */
export function toProblem(error: unknown, name: string): HttpResponseInit {
  const { status, detail, ...further } = problemOf(error, name);
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(further.retryAfterSeconds === undefined ? {} : { 'retry-after': String(further.retryAfterSeconds) }),
      // As RFC 9110 asks; the page in the browser knows by it that no key helps.
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
    body: JSON.stringify({
      type: 'about:blank',
      title: TITLES[status] ?? 'Error',
      status,
      detail: redact(detail),
      ...further,
    } satisfies ProblemBody),
  };
}

/** A refusal by the vendor keeps its status where it is the caller's fault. */
function vendorStatus({ fault }: FatalError): number {
  return fault.status === 400 || fault.status === 404 ? fault.status : 502;
}

function codeOf({ fault }: FatalError | RetryableError): Pick<Problem, 'qualysCode'> {
  return fault.code === undefined ? {} : { qualysCode: fault.code };
}
