import { join } from 'node:path';
import type { Plugin } from 'vitest/config';

/** The variable by which the runs of a group are told that windows are kept in memory. */
export const IN_MEMORY = 'WINDOWS_IN_MEMORY';

/** Gives the bench of test/support/pipeline.ts the store of the model-based test instead of tables. */
export const keptWindows: Plugin = {
  name: 'kept-windows',
  enforce: 'pre',
  resolveId: (source, importer) =>
    process.env[IN_MEMORY] === '1' &&
    source.endsWith('/table-checkpoint-store.ts') &&
    importer?.endsWith('/test/support/pipeline.ts') === true
      ? join(import.meta.dirname, 'memory-store.ts')
      : undefined,
};
