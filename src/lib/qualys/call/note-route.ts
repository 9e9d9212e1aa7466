import { OutageError, PageFaultError, RetryableError, WaitError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Limiter } from '../../pipeline/ports.ts';
import type { RouteName } from '../../pipeline/routes.ts';
/** Who keeps what is known of routes, and who is told. */
interface NoteDeps {
  readonly limiter: Pick<Limiter, 'routes'>;
  readonly log: Log;
}

/** Whether an error says that its route does not answer, or not in time; also one that says when it is going to. */
export function isOfRoute(error: unknown): error is RetryableError | WaitError {
  const isOutage = error instanceof RetryableError || error instanceof WaitError;
  return isOutage && (error.scope === 'route' || error.scope === 'timeout');
}

/** Whether an error is of the vendor's answer or the lack of one, so that another page may or may not fail as well. */
export function isOfPage(error: unknown): error is RetryableError {
  return error instanceof RetryableError && error.scope !== undefined && error.scope !== 'storage';
}

/** The same error as that of a page whose route answers. */
export function toPageFault({ message, cause, fault, scope }: RetryableError): PageFaultError {
  return new PageFaultError(message, { cause, fault, scope });
}

/** Takes note of an answer. What storage makes of it must not cost the answer: a route that stays out is tried again soon. */
export async function noteAnswer({ limiter, log }: NoteDeps, route: RouteName, startedAt: number): Promise<void> {
  const outMs = await limiter.routes.answered(route, startedAt).catch(() => undefined);
  if (outMs !== undefined) log.info('RouteRecovered', { route, outSeconds: Math.round(outMs / 1000) });
}

/** Takes note that a route is out. @returns what its callers are told. */
export async function noteOutage(
  { limiter, log }: NoteDeps,
  route: RouteName,
  error: RetryableError | WaitError,
): Promise<OutageError> {
  const { outage, isNew } = await limiter.routes.failed(route, error);
  const { message, cause, outMs } = outage;
  const retryInMs = Math.max(outage.retryAfterMs, error instanceof WaitError ? error.retryAfterMs : 0);
  if (isNew) log.warn('RouteFailed', { route, retryInMs, error: error.message });
  return new OutageError(message, retryInMs, { outMs, cause });
}
