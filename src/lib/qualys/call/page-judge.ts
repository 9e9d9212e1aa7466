import { FatalError, PageFaultError, WaitError } from '../../errors.ts';
import type { RouteName } from '../../pipeline/routes.ts';
import type { CallDeps } from './call-qualys.ts';
import { isOfPage, isOfRoute, noteAnswer, noteOutage, toPageFault } from './note-route.ts';

/** A route whose pages ask for much, so that one that fails says little about the route. */
export interface PageRoute {
  readonly route: RouteName;
  /** Asks the route for little, of other records than those of the page; resolves when that has come whole. */
  readonly probe: () => Promise<void>;
}

/** Tells pages that cannot be read from routes that are out. */
export interface PageJudge {
  /** Passes unless the route is out: then it is probed, if it is due. @throws OutageError while it is out. */
  readonly enter: (route: PageRoute) => Promise<void>;
  /** Takes note of a page that was asked for at `startedAt` and has come whole. */
  readonly answered: (route: PageRoute, startedAt: number) => Promise<void>;
  /**
   * What a page that was asked for at `startedAt` failed for: a PageFaultError when the route has answered something that was asked for
   * after that, be it a probe made now; an OutageError when it has not.
   */
  readonly faultOf: (route: PageRoute, startedAt: number, error: unknown) => Promise<unknown>;
}

/** Makes the judge of an API's pages. Its answers are shared with all instances, as those of small calls are. */
export function createPageJudge(deps: Pick<CallDeps, 'limiter' | 'log'>): PageJudge {
  const { routes } = deps.limiter;
  return {
    enter: async (route) => {
      if (await routes.isOut(route.route)) await probe(deps, route);
    },
    answered: ({ route }, startedAt) => noteAnswer(deps, route, startedAt),
    faultOf: async (route, startedAt, error) => {
      if (error instanceof WaitError && isOfRoute(error)) return noteOutage(deps, route.route, error);
      if (!isOfPage(error) || error instanceof PageFaultError) return error;
      try {
        if (!routes.hasAnswered(route.route, startedAt)) await probe(deps, route);
      } catch (thrown) {
        return thrown;
      }
      return toPageFault(error);
    },
  };
}

/** @throws OutageError when there is no answer; WaitError or ConfigError when nothing can be asked now. */
async function probe(deps: Pick<CallDeps, 'limiter' | 'log'>, { route, probe: ask }: PageRoute): Promise<void> {
  const startedAt = Date.now();
  try {
    await ask();
  } catch (error) {
    if (isOfPage(error) || isOfRoute(error)) throw await noteOutage(deps, route, error);
    // A refusal of what is asked is an answer too.
    if (!(error instanceof FatalError)) throw error;
  }
  await noteAnswer(deps, route, startedAt);
}
