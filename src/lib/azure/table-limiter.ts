import type { LimitView } from '../pipeline/limit-view.ts';
import type { Limiter } from '../pipeline/ports.ts';
import type { ApiName } from '../pipeline/stream.ts';
import { createAccountBreaker, type AccountBreaker } from './account-breaker.ts';
import { boundAccountTimes, emptyAccountState } from './account-state.ts';
import { DEFAULT_TIMING, type LimiterOptions } from './limiter-options.ts';
import { TABLE_NAMES } from './names.ts';
import { PermitPool } from './permit-pool.ts';
import { createRouteBreaker } from './route-breaker.ts';
import { openSharedRow } from './shared-row.ts';
import type { Storage } from './storage.ts';
import { lazyTable } from './table-entities.ts';

/** A limiter whose state can be read, and whose permits go back at the end of the process. */
export interface TableLimiter extends Limiter {
  readonly account: AccountBreaker;
  readonly view: (api: ApiName) => Promise<LimitView>;
  /** Lets one login out that these APIs keep back. @throws WaitError when people have asked for as many as an hour allows. */
  readonly grantLogin: (apis: readonly ApiName[]) => Promise<'granted' | 'not-needed'>;
  readonly close: () => Promise<void>;
}

/** Apart from the rows of the limits: an older release knows nothing of it, and has no part in it. */
const ACCOUNT_ROW = 'account';

/** Permits as leases in Table Storage: one row an API, changed under its ETag, so that all instances share one limit. */
export function createTableLimiter(storage: Storage, options: LimiterOptions): TableLimiter {
  const table = lazyTable(storage, TABLE_NAMES.limits);
  const pools = { edr: new PermitPool('edr', table, options), vm: new PermitPool('vm', table, options) };
  const routes = createRouteBreaker((route) => pools[route.startsWith('edr/') ? 'edr' : 'vm'].shared);
  const account = createAccountBreaker({
    row: openSharedRow(table, ACCOUNT_ROW, emptyAccountState(), boundAccountTimes),
    ...DEFAULT_TIMING,
    ...options.timing,
    onRecovered: options.onRecovered,
  });
  const view = async (api: ApiName): Promise<LimitView> => {
    // A secret that cannot be read now must not cost the view.
    const login = await options.login?.(api).catch(() => undefined);
    const [limits, refused] = await Promise.all([pools[api].view(), account.view(api, login)]);
    return refused === undefined ? limits : { ...limits, account: refused };
  };
  return {
    account,
    routes,
    acquire: async (api, priority, signal, route) => {
      const permit = await pools[api].acquire(priority, signal, route);
      try {
        if (route !== undefined && priority !== 'interactive') await routes.enter(route);
        return permit;
      } catch (error) {
        permit.release();
        throw error;
      }
    },
    observe: (api, headers) => pools[api].observe(headers),
    pause: (api, milliseconds, reason) => pools[api].pause(milliseconds, reason),
    view,
    grantLogin: async (apis) => {
      for (const api of apis) {
        let login = await options.login?.(api);
        // A newer secret is tried by itself, and an old one not once more.
        if ((await login?.renew?.(true)) === true) login = await options.login?.(api);
        if (login !== undefined && (await account.grant(api, login)) === 'granted') return 'granted';
      }
      return 'not-needed';
    },
    close: async () => {
      await Promise.all([pools.edr.close(), pools.vm.close()]);
    },
  };
}
