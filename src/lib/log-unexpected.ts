import { isExpected, messageOf } from './errors.ts';
import type { Log } from './log.ts';

/** Stacks that this process has logged; a fault that comes again and again must not fill the log. */
const logged = new Set<string>();
const MOST_STACKS = 100;

/**
 * Logs the stack of an error that is none of `errors.ts`, once: such a one is a fault of the connector, and its message alone seldom tells
 * where. What it does to a window or a request is logged by whoever catches it.
 */
export function logUnexpected(log: Log, error: unknown): void {
  if (isExpected(error) || isAbort(error)) return;
  const stack = stackOf(error);
  if (logged.has(stack)) return;
  if (logged.size >= MOST_STACKS) logged.clear();
  logged.add(stack);
  log.error('UnexpectedErrorThrown', { error: messageOf(error), stack });
}

/** The platform's words for a signal that was aborted or ran out, which is nobody's fault. */
function isAbort(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return `no stack: ${String(error)} was thrown`;
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${stackOf(error.cause)}`;
}
