import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Begins with the files that take minutes: begun last, each of them would be waited for alone. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => moduleId.includes('/test/faults/');
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Need a browser, and Python: npm run test:browser, npm run test:kql.
    exclude: [...configDefaults.exclude, 'test/browser/**', 'test/kql/**'],
    globalSetup: 'test/support/build-once.ts',
    sequence: { sequencer: LongFirst },
    // Tests run real servers and Azurite; on two cores a slow start is no failure. So waits are long, and few have limits of their own.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 100_000 } },
    // Many tests wait more than they work, so three share two cores well.
    maxWorkers: 3,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // Runs in the browser; what it knows is tested beside it, in test/dashboard.
      exclude: ['src/dashboard/**'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 90 },
    },
  },
});
