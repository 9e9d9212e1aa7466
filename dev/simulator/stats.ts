import type { FaultReport } from './fault-rules.ts';
import type { LimitStats } from './limits.ts';

/** What one route has answered. */
export interface RouteStats {
  calls: number;
  /** Answers by status; a connection that was reset before headers counts as `0`. */
  readonly statuses: Record<string, number>;
  /** Bytes of bodies handed to the connection. */
  bytes: number;
  /** Events, hosts or ids written into bodies. */
  records: number;
}

/** All that the simulator has seen since its start or the last `reset`. */
export interface SimulatorStats {
  /** Calls of the vendor's routes. */
  readonly calls: number;
  readonly bytes: number;
  readonly routes: Readonly<Record<string, RouteStats>>;
  /** Limits by API: `edr`, `vm`, `kb`, `about`, each with limits of its own. */
  readonly apis: Readonly<Record<string, Readonly<LimitStats>>>;
  /** Events, hosts and detections written into bodies. */
  readonly records: { readonly events: number; readonly hosts: number; readonly detections: number };
  readonly tokensIssued: number;
  /** Logins refused: `/auth`, and VM calls with a wrong user or password. */
  readonly loginsRefused: number;
  readonly faults: readonly FaultReport[];
  /** Resident and heap memory of the simulator's process, in bytes. */
  readonly memory: { readonly rss: number; readonly heapUsed: number };
}

/** Counters that the routes add to. */
export interface Counters {
  readonly routes: Record<string, RouteStats>;
  readonly records: { events: number; hosts: number; detections: number };
  tokensIssued: number;
  loginsRefused: number;
  /** Of them those since a login was accepted last or the password was set; four lock the account. */
  refusedInARow: number;
  /** The password that they are counted for. */
  password: string;
}

export function createCounters(): Counters {
  return {
    routes: {},
    records: { events: 0, hosts: 0, detections: 0 },
    tokensIssued: 0,
    loginsRefused: 0,
    refusedInARow: 0,
    password: '',
  };
}

/** The counters of a route, made at its first call. */
export function routeStats(counters: Counters, route: string): RouteStats {
  return (counters.routes[route] ??= { calls: 0, statuses: {}, bytes: 0, records: 0 });
}

/** A copy of everything, as it stands now. */
export function snapshotStats(
  counters: Counters,
  apis: Readonly<Record<string, Readonly<LimitStats>>>,
  faults: readonly FaultReport[],
): SimulatorStats {
  const routes = structuredClone(counters.routes);
  const { rss, heapUsed } = process.memoryUsage();
  return {
    calls: Object.values(routes).reduce((sum, route) => sum + route.calls, 0),
    bytes: Object.values(routes).reduce((sum, route) => sum + route.bytes, 0),
    routes,
    apis: structuredClone(apis),
    records: { ...counters.records },
    tokensIssued: counters.tokensIssued,
    loginsRefused: counters.loginsRefused,
    faults,
    memory: { rss, heapUsed },
  };
}
