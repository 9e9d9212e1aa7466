import type { LimitView } from '../pipeline/limit-view.ts';
import type { Limiter } from '../pipeline/ports.ts';
import type { RouteName } from '../pipeline/routes.ts';
import type { ApiName } from '../pipeline/stream.ts';
import { TABLE_NAMES } from './names.ts';
import type { LimiterOptions } from './limiter-options.ts';
import { PermitPool } from './permit-pool.ts';
import type { Storage } from './storage.ts';
import { lazyTable } from './table-checkpoint-store.ts';

/** A limiter whose state can be read, and whose permits go back at the end of the process. */
export interface TableLimiter extends Limiter {
  readonly view: (api: ApiName) => Promise<LimitView>;
  readonly close: () => Promise<void>;
}

/** Permits as leases in Table Storage: one row an API, changed under its ETag, so that all instances share one limit. */
export function createTableLimiter(storage: Storage, options: LimiterOptions): TableLimiter {
  const table = lazyTable(storage, TABLE_NAMES.limits);
  const pools = new Map<ApiName, PermitPool>();
  const pool = (api: ApiName): PermitPool => {
    const known = pools.get(api) ?? new PermitPool(api, table, options);
    pools.set(api, known);
    return known;
  };
  return {
    routes: {
      isOut: (route) => pool(apiOf(route)).routes.isOut(route),
      enter: (route) => pool(apiOf(route)).routes.enter(route),
      answered: (route, startedAt) => pool(apiOf(route)).routes.answered(route, startedAt),
      hasAnswered: (route, since) => pool(apiOf(route)).routes.hasAnswered(route, since),
      failed: (route, error) => pool(apiOf(route)).routes.failed(route, error),
    },
    acquire: (api, priority, signal, route) => pool(api).acquire(priority, signal, route),
    observe: (api, headers) => pool(api).observe(headers),
    pause: (api, milliseconds, reason) => pool(api).pause(milliseconds, reason),
    view: (api) => pool(api).view(),
    close: async () => {
      await Promise.all([...pools.values()].map((each) => each.close()));
    },
  };
}

function apiOf(route: RouteName): ApiName {
  return route.startsWith('edr/') ? 'edr' : 'vm';
}
