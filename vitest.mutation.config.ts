import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { keptPool } from './test/mutation/kept-pool.ts';
import { keptWindows } from './test/mutation/kept-windows.ts';

/** Begins with the files that killed the mutant before, then with the quick ones: the first failure ends a run. */
class KillersFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const costOf = (file: TestSpecification): number => {
      const { failed = false, duration = 0 } = this.ctx.cache.getTestSpecificationResult(file) ?? {};
      return failed ? -1 : duration;
    };
    return Promise.resolve([...files].sort((left, right) => costOf(left) - costOf(right)));
  }
}

/** For `npm run test:mutation`, which runs these files once for each mutant that they reach. */
export default defineConfig({
  plugins: [
    keptWindows,
    {
      name: 'kept-pool',
      // StrykerJS names one of Vitest's own pools, whatever stands here as `pool`.
      configureVitest: ({ project }) =>
        void Object.assign(project.config, { pool: keptPool.name, poolRunner: keptPool }),
    },
  ],
  cacheDir: 'node_modules/.vite-mutation',
  test: {
    include: ['test/lib/**/*.test.ts', 'test/functions/windows.test.ts', 'test/faults/model.test.ts'],
    isolate: false,
    // Builds an older release from the repository, which the copy that is mutated has not.
    exclude: ['test/lib/last-release.test.ts'],
    setupFiles: 'test/mutation/fewer-runs.ts',
    globalSetup: 'test/mutation/share-azurite.ts',
    sequence: { sequencer: KillersFirst },
    // On a busy machine, the first run has to pass too.
    expect: { poll: { timeout: 10_000 } },
    // Twice what the longest takes on a busy machine: many mutants wait for ever.
    testTimeout: 10_000,
    hookTimeout: 120_000,
  },
});
