/** A route that does not answer. Times are epoch milliseconds. */
export interface LostRoute {
  readonly since: number;
  /** When it was asked last. */
  readonly triedAt: number;
  /** What became of that. */
  readonly error: string;
}

/** The routes of one API that do not answer. They share one schedule: an API that is out altogether is asked once in five minutes, not once a route. */
export interface Outage {
  readonly routes: Readonly<Record<string, LostRoute>>;
  /** Tries since the outage began. */
  readonly tries: number;
  /** When the route is asked that was asked the longest ago; each further one may be half a minute later, if nobody needs that one. */
  readonly nextAt: number;
  /** Until when the caller that tries now has the others wait for what it finds. */
  readonly triesUntil: number;
}

const SECOND_MS = 1000;
const FIRST_DELAY_MS = 30 * SECOND_MS;
const LONGEST_DELAY_MS = 300 * SECOND_MS;
/** A try that takes longer has the others wait no longer than for the next one. */
const TRY_MS = 30 * SECOND_MS;
/** A time further ahead was written by a clock that is wrong. */
const MOST_AHEAD_MS = 2 * LONGEST_DELAY_MS;

/** A route that was due and that nobody has asked for so long is needed by nobody. */
const FORGET_MS = 3600 * SECOND_MS;

/** The routes that are out and that somebody needs, those asked the longest ago first. */
export function lostRoutes(outage: Outage | undefined, now: number): (LostRoute & { readonly route: string })[] {
  return Object.entries(outage?.routes ?? {})
    .map(([route, lost]) => ({ route, ...lost }))
    .filter(({ triedAt }) => now - triedAt < FORGET_MS)
    .sort((left, right) => left.triedAt - right.triedAt);
}

/** When a route that is out may be asked again; undefined for one that is not out. */
export function dueAt(outage: Outage | undefined, route: string, now: number): number | undefined {
  const place = lostRoutes(outage, now).findIndex((lost) => lost.route === route);
  return outage === undefined || place === -1 ? undefined : outage.nextAt + place * TRY_MS;
}

/** How long a caller of a route must stay away, in milliseconds; 0 when it may go on, or is the one to try. */
export function waitForRoute(outage: Outage | undefined, route: string, now: number): number {
  const due = dueAt(outage, route, now);
  if (outage === undefined || due === undefined) return 0;
  const { triesUntil } = outage;
  const waitMs = due - now;
  if (waitMs <= 0 || waitMs > MOST_AHEAD_MS) return 0;
  return triesUntil > now ? Math.min(waitMs, triesUntil - now) : waitMs;
}

/** The outage once a caller has begun to try the route: nobody else tries one before the next is due. */
export function beginTry(outage: Outage, route: string, now: number): Outage {
  const known = outage.routes[route];
  const tries = outage.tries + 1;
  return {
    tries,
    nextAt: now + delayAfter(tries),
    triesUntil: now + TRY_MS,
    routes: known === undefined ? outage.routes : { ...outage.routes, [route]: { ...known, triedAt: now } },
  };
}

/** The outage with a route that did not answer. */
export function addRoute(outage: Outage | undefined, route: string, error: string, now: number): Outage {
  const lost = lostRoutes(outage, now);
  const { tries, nextAt } = outage === undefined || lost.length === 0 ? { tries: 0, nextAt: 0 } : outage;
  const { since, triedAt } = lost.find((known) => known.route === route) ?? { since: now, triedAt: now };
  const others = lost.filter((known) => known.route !== route).map(({ route: name, ...known }) => [name, known]);
  return {
    tries,
    nextAt: Math.max(nextAt, now + FIRST_DELAY_MS),
    triesUntil: 0,
    routes: { ...(Object.fromEntries(others) as Outage['routes']), [route]: { since, triedAt, error } },
  };
}

/** The outage without a route that has answered: the others are due at once. */
export function dropRoute(outage: Outage, route: string): Outage | undefined {
  const routes = Object.fromEntries(Object.entries(outage.routes).filter(([name]) => name !== route));
  return Object.keys(routes).length === 0 ? undefined : { ...outage, routes, nextAt: 0, triesUntil: 0 };
}

/** 30 s, doubling to five minutes. */
function delayAfter(tries: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** Math.min(tries, 10), LONGEST_DELAY_MS);
}
