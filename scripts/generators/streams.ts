import { spelledDefault } from '../../src/lib/setting-kinds.ts';
import { STREAMS } from '../../src/lib/streams/index.ts';
import type { StreamAbout } from '../../src/lib/streams/stream-about.ts';
import { settingsSchema } from '../../src/lib/config.ts';
import { formatted, replaceParts, type GeneratedFile } from './generated-file.ts';

/** All that is declared of a stream in its folder. */
export interface DeclaredStream extends StreamAbout {
  readonly name: string;
  readonly table: string;
  readonly isDefault: boolean;
  readonly settings: readonly string[];
  readonly timer: { readonly setting: string; readonly default: string };
}

const DEFAULTS = spelledDefault(settingsSchema.shape.QUALYS_STREAMS);

/** The streams of the registry, in its order. */
export const DECLARED: readonly DeclaredStream[] = await Promise.all(
  STREAMS.map(async ({ name, table, settings }) => {
    const { about } = (await import(`../../src/lib/streams/${name}/about.ts`)) as { about: StreamAbout };
    const [[setting, schedule] = []] = Object.entries(settings).filter(([key]) => key.endsWith('_SCHEDULE'));
    if (setting === undefined || schedule === undefined) throw new Error(`${name} has no setting for its schedule`);
    const timer = { setting, default: spelledDefault(schedule) };
    return {
      ...about,
      name,
      table,
      timer,
      isDefault: DEFAULTS.split(',').includes(name),
      settings: Object.keys(settings),
    };
  }),
);

/** The tables and their list for Bicep, and when the timers of the streams run. */
export async function generateStreams(root: string): Promise<GeneratedFile[]> {
  const tables = DECLARED.map(({ name, table, description, timer, columns }) => {
    const file = { name: table, stream: name, description, schedule: timer, columns };
    return formatted(root, `infra/tables/${table}.json`, JSON.stringify(file));
  });
  const schedules = DECLARED.map(({ name, timer }) => ({ stream: name, ...timer }));
  const lines = DECLARED.map(({ table }) => `  loadJsonContent('tables/${table}.json')`);
  const bicep = [
    "@description('All feeds, enabled or not: a table without rows costs nothing.')",
    '@export()',
    `var streams = [\n${lines.join('\n')}\n]`,
    '',
    "@description('Streams that are enabled unless QUALYS_STREAMS says otherwise, as in the app.')",
    '@export()',
    `var defaultStreams = '${DEFAULTS}'`,
  ].join('\n');
  const { path, text } = replaceParts(root, 'src/lib/streams/schedules.ts', {
    schedules: `export const SCHEDULES = ${JSON.stringify(schedules)} as const satisfies readonly Schedule[];`,
  });
  return [
    ...(await Promise.all(tables)),
    replaceParts(root, 'infra/streams.bicep', { streams: bicep }),
    await formatted(root, path, text),
  ];
}
