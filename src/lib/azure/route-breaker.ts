import { messageOf, OutageError } from '../errors.ts';
import { redact } from '../log.ts';
import type { RouteName, Routes } from '../pipeline/routes.ts';
import type { LimitState } from './limit-state.ts';
import { addRoute, beginTry, dropRoute, dueAt, waitForRoute } from './outage.ts';
import type { SharedLimits } from './shared-limits.ts';

/** The row of an API's limits, as far as routes go by it. */
type Shared = Pick<SharedLimits, 'state' | 'now' | 'refresh' | 'write'>;

/**
 * Keeps the routes that do not answer in the row of their API's limits, and lets one caller at a time try them.
 * @param sharedOf gives that row.
 */
export function createRouteBreaker(sharedOf: (route: RouteName) => Shared): Routes {
  /** Latest begin of a call that was answered, by route. */
  const answers = new Map<RouteName, number>();
  return {
    isOut: async (route) => {
      const shared = sharedOf(route);
      await shared.refresh();
      return isLost(shared.state, route, shared.now());
    },
    enter: async (route) => {
      const shared = sharedOf(route);
      await shared.refresh();
      if (!isLost(shared.state, route, shared.now())) return;
      throwIfEarly(shared.state, route, shared.now());
      await takeTurn(shared, route);
    },
    answered: async (route, startedAt) => {
      const shared = sharedOf(route);
      answers.set(route, Math.max(startedAt, answers.get(route) ?? 0));
      const lost = shared.state.outage?.routes[route];
      if (lost === undefined) return undefined;
      await shared.write((state) => ({ ...state, outage: state.outage && dropRoute(state.outage, route) }));
      return shared.now() - lost.since;
    },
    hasAnswered: (route, since) => (answers.get(route) ?? 0) >= since,
    failed: async (route, error) => {
      const shared = sharedOf(route);
      const found = { isNew: false };
      const text = redact(messageOf(error)).slice(0, 500);
      const state = await shared.write((current) => {
        found.isNew = !isLost(current, route, shared.now());
        return { ...current, outage: addRoute(current.outage, route, text, shared.now()) };
      });
      return { ...found, outage: outageOf(state, route, shared.now(), error) };
    },
  };
}

/** @throws OutageError for a route that is out and not due. */
export function throwIfEarly(state: LimitState, route: RouteName, now: number): void {
  if (waitForRoute(state.outage, route, now) > 0) throw outageOf(state, route, now);
}

function isLost({ outage }: LimitState, route: RouteName, now: number): boolean {
  return dueAt(outage, route, now) !== undefined;
}

async function takeTurn(shared: Shared, route: RouteName): Promise<void> {
  const turn = { isOurs: false };
  const state = await shared.write((current) => {
    const now = shared.now();
    const { outage } = current;
    turn.isOurs = outage !== undefined && isLost(current, route, now) && waitForRoute(outage, route, now) === 0;
    return turn.isOurs && outage !== undefined ? { ...current, outage: beginTry(outage, route, now) } : current;
  });
  if (!turn.isOurs) throwIfEarly(state, route, shared.now());
}

function outageOf(state: LimitState, route: RouteName, now: number, cause?: Error): OutageError {
  const { since = now, error = '' } = state.outage?.routes[route] ?? {};
  const message = `Qualys does not answer on the route ${route} as it should since ${new Date(since).toISOString()}: ${error}`;
  return new OutageError(message, Math.max(waitForRoute(state.outage, route, now), 1000), {
    outMs: now - since,
    ...(cause === undefined ? {} : { cause }),
  });
}
