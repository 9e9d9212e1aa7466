import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { Part } from './part.ts';

/** All feeds: the files of `parts/`. */
export const PARTS: readonly Part[] = await Promise.all(
  readdirSync(new URL('parts', import.meta.url)).map(async (file) => {
    const { part } = (await import(`./parts/${basename(file, '.ts')}.ts`)) as { part: Part };
    return part;
  }),
);
