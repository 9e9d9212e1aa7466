import type { LocalRoutes } from '../local-pages/local-pages.ts';
import { UsageError } from '../usage-error.ts';
import { BREAKS, type Breakable } from './breaks.ts';

/** What an answer tells. */
export interface Broken {
  readonly told: string;
}

/**
 * Routes: one breaks what is simulated, then lets the planners look at it at once; the other lets them look once more.
 * @param target undefined where a real Qualys or a real workspace is in its place.
 */
export function createBreakRoutes(target: Breakable | undefined, runPlanners: () => void): LocalRoutes['calls'] {
  return {
    'POST /break': ({ body }): Broken => {
      const what: unknown = (body as { readonly what?: unknown } | undefined)?.what;
      const found = typeof what === 'string' && Object.hasOwn(BREAKS, what) ? BREAKS[what] : undefined;
      if (found === undefined) {
        throw new UsageError(`what must be one of ${Object.keys(BREAKS).join(', ')}, given ${JSON.stringify(what)}`);
      }
      if (target === undefined) throw new UsageError('only a simulated Qualys with local tables can be broken');
      found.run(target);
      runPlanners();
      return { told: found.told };
    },
    'POST /look': () => {
      runPlanners();
      return {};
    },
  };
}
