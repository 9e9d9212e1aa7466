import { defineConfig } from 'vitest/config';

/** `npm run test:browser`: the dashboard in a real Chromium, over the whole local app. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: 'test/support/build-once.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each file runs an app of its own beside the browser.
    maxWorkers: 1,
  },
});
