import type { LocalRoutes } from '../local-pages/local-pages.ts';
import { UsageError } from '../usage-error.ts';
import { hasKqlEngine, type KqlRunner } from './kql-runner.ts';
import { readStoredFunctions } from './workspace.ts';

const LONGEST_QUERY = 50_000;

/** Routes that run KQL on the local rows, where the engine of `npm run test:kql` is installed. */
export function createKqlRoutes(runner: KqlRunner): LocalRoutes['calls'] {
  return {
    'GET /kql': () => ({
      isInstalled: hasKqlEngine(),
      functions: readStoredFunctions().map(({ name }) => name),
    }),
    'POST /kql': ({ body }) => {
      const query: unknown = (body as { readonly query?: unknown } | undefined)?.query;
      if (typeof query !== 'string' || query.trim() === '' || query.length > LONGEST_QUERY) {
        throw new UsageError(`query must be a text of 1 to ${LONGEST_QUERY} characters`);
      }
      if (!hasKqlEngine()) throw new UsageError('the engine is not installed: npm run test:kql installs it, once');
      return runner.run(query);
    },
  };
}
