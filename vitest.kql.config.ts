import { defineConfig } from 'vitest/config';

/** `npm run test:kql`: every KQL text on rows, in an engine that is a model of Azure's. */
export default defineConfig({
  test: {
    include: ['test/kql/**/*.test.ts'],
    globalSetup: 'dev/kql/environment.ts',
    // A day is some thirty runs of a rule, of seconds each.
    testTimeout: 600_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
