import { OutageError } from '../../src/lib/errors.ts';
import type { RouteName, Routes } from '../../src/lib/pipeline/routes.ts';

/** Routes that nobody is kept away from, and what was told of them. */
export interface KeptRoutes extends Routes {
  readonly told: string[];
}

/** Makes routes that are never out for long: who is told of an outage may ask again as soon as it likes. */
export function keptRoutes(): KeptRoutes {
  const told: string[] = [];
  const answers = new Map<RouteName, number>();
  const failures = new Map<RouteName, number>();
  return {
    told,
    isOut: () => Promise.resolve(false),
    enter: () => Promise.resolve(),
    answered: (route, startedAt) => {
      told.push(`${route} answered`);
      answers.set(route, startedAt);
      failures.delete(route);
      return Promise.resolve(undefined);
    },
    hasAnswered: (route, since) => (answers.get(route) ?? 0) >= since,
    failed: (route, error) => {
      failures.set(route, (failures.get(route) ?? 0) + 1);
      told.push(`${route} failed`);
      const outage = new OutageError(`${route} is out: ${error.message}`, 30_000, {
        outMs: (failures.get(route) ?? 1) * 120_000,
        cause: error,
      });
      return Promise.resolve({ outage, isNew: true });
    },
  };
}
