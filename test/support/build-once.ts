import { resolve } from 'node:path';
import { ensureBuilt } from '../../dev/host/ensure-built.ts';

/** Builds the bundle before the tests start, so that test files that run side by side do not build it at once. */
export default async function setup(): Promise<void> {
  await ensureBuilt(resolve(import.meta.dirname, '../..'));
}
