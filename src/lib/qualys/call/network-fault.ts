import { type FaultScope, RetryableError } from '../../errors.ts';

/** Node's own limits, which only speak where ours are longer. */
const TIMEOUT_CODES: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** How far an answer had come: no header, headers and no byte of the body, or some of it. */
export type Phase = 'before-headers' | 'before-body' | 'in-body';

/**
 * The error for a call that broke on the way: refused, reset, closed early, undecodable.
 * The cause is the innermost one, because the outer ones name the whole URL.
 * @param proxy the proxy that the call went through, or nearly did.
 */
export function describeNetworkFault(host: string, thrown: unknown, phase: Phase, proxy?: string): RetryableError {
  const cause = innermost(thrown);
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const isTimeout = TIMEOUT_CODES.has(code);
  const what = isTimeout ? 'did not answer in time' : 'could not be read: the connection failed or broke';
  const way = proxy === undefined ? '' : ` by the proxy ${proxy} (HTTPS_PROXY; hosts of NO_PROXY are called directly)`;
  return new RetryableError(`Qualys (${host})${way} ${what}`, { cause, scope: scopeOf(phase, isTimeout) });
}

/** Whose fault it is that a call broke or timed out in this phase. */
export function scopeOf(phase: Phase, isTimeout: boolean): FaultScope {
  if (phase === 'in-body') return 'answer';
  if (isTimeout) return 'timeout';
  return phase === 'before-headers' ? 'route' : 'answer';
}

function innermost(thrown: unknown): unknown {
  let cause = thrown;
  for (let depth = 0; depth < 8 && cause instanceof Error && cause.cause !== undefined; depth += 1) cause = cause.cause;
  return cause instanceof AggregateError && cause.errors.length > 0 ? cause.errors[0] : cause;
}
