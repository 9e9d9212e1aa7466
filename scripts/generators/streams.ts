import { existsSync } from 'node:fs';
import { spelledDefault } from '../../src/lib/setting-kinds.ts';
import { STREAMS } from '../../src/lib/streams/index.ts';
import { SCHEDULES } from '../../src/lib/streams/schedules.ts';
import type { StreamAbout } from '../../src/lib/streams/stream-about.ts';
import { settingsSchema } from '../../src/lib/config.ts';
import { formatted, type GeneratedFile } from './generated-file.ts';

/** All that is declared of a stream in its folder. */
export interface DeclaredStream extends StreamAbout {
  readonly name: string;
  readonly table: string;
  readonly isDefault: boolean;
  /** Whether what its rows lack counts as gone, so that nothing may drop one. */
  readonly isSnapshot: boolean;
  readonly settings: readonly string[];
}

const DEFAULTS = spelledDefault(settingsSchema.shape.QUALYS_STREAMS);

/** The streams of the registry, in its order. */
export const DECLARED: readonly DeclaredStream[] = await Promise.all(
  STREAMS.map(async ({ name, table, settings, isSnapshot = false }) => {
    if (!existsSync(new URL(`../../src/lib/streams/${name}/about.ts`, import.meta.url))) {
      throw new Error(
        `write src/lib/streams/${name}/about.ts: what people and Azure need of the stream (docs/add-a-stream.md, step 1)`,
      );
    }
    const { about } = (await import(`../../src/lib/streams/${name}/about.ts`)) as { about: StreamAbout };
    const isDefault = DEFAULTS.split(',').includes(name);
    return { ...about, name, table, isDefault, isSnapshot, settings: Object.keys(settings) };
  }),
);

/** The tables, with the schedules of their streams. */
export function generateTables(root: string): Promise<GeneratedFile[]> {
  const tables = DECLARED.map(({ name, table, description, columns, isSnapshot }, index) => {
    const { setting, default: usual } = SCHEDULES[index]!;
    const schedule = { setting, default: usual };
    const file = { name: table, stream: name, description, isSnapshot, schedule, columns };
    return formatted(root, `infra/tables/${table}.json`, JSON.stringify(file));
  });
  return Promise.all(tables);
}

/** The streams for Bicep. */
export function bicepStreams(): string {
  const lines = DECLARED.map(({ table }) => `  loadJsonContent('tables/${table}.json')`);
  return [
    "@description('All feeds, enabled or not: a table without rows costs nothing.')",
    '@export()',
    `var streams = [\n${lines.join('\n')}\n]`,
    '',
    "@description('Streams that are enabled unless QUALYS_STREAMS says otherwise, as in the app.')",
    '@export()',
    `var defaultStreams = '${DEFAULTS}'`,
  ].join('\n');
}
