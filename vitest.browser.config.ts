import { defineConfig } from 'vitest/config';

/** `npm run test:browser`: the dashboard in a real Chromium, over the whole local app. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: 'test/support/build-once.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A page shows later what the test has asked of it: what it shows is polled for, on a busy machine too.
    expect: { poll: { timeout: 20_000 } },
    // Each file runs an app of its own beside the browser.
    maxWorkers: 1,
  },
});
