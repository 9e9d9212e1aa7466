import type { HttpResponseInit } from '@azure/functions';
import { ConfigError, ConnectorError, FatalError, messageOf, RetryableError, WaitError } from '../errors.ts';
import { redact } from '../log.ts';

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

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

/** Answers a problem. */
export function problem(
  status: number,
  detail: string,
  extra: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): HttpResponseInit {
  const body = { type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail: redact(detail), ...extra };
  return { status, headers: { 'content-type': 'application/problem+json', ...headers }, body: JSON.stringify(body) };
}

/** The answer to a request that failed. */
export function toProblem(error: unknown): HttpResponseInit {
  if (error instanceof ProblemError) {
    return problem(error.status, error.message, error.errors.length === 0 ? {} : { errors: error.errors });
  }
  if (error instanceof WaitError) {
    const seconds = Math.max(1, Math.ceil(error.retryAfterMs / 1000));
    return problem(503, error.message, { retryAfterSeconds: seconds }, { 'retry-after': String(seconds) });
  }
  if (error instanceof ConfigError) return problem(503, error.publicMessage);
  if (error instanceof FatalError) return problem(vendorStatus(error), error.message, codeOf(error));
  if (error instanceof RetryableError) return problem(502, messageOf(error), codeOf(error));
  return problem(500, 'the request failed for a reason the connector does not know; the log tells it');
}

/** A refusal by the vendor keeps its status where it is the caller's fault. */
function vendorStatus({ fault }: FatalError): number {
  return fault.status === 400 || fault.status === 404 ? fault.status : 502;
}

function codeOf({ fault }: FatalError | RetryableError): Readonly<Record<string, unknown>> {
  return fault.code === undefined ? {} : { qualysCode: fault.code };
}
