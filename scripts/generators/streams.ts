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

/** The streams and their tables for Bicep, and when their timers run. */
export async function generateStreams(root: string): Promise<GeneratedFile[]> {
  const streams = DECLARED.map(({ name: stream, table: name, description, timer: schedule, columns }) => {
    return { name, stream, description, schedule, columns };
  });
  const schedules = DECLARED.map(({ name, timer }) => ({ stream: name, ...timer }));
  const { path, text } = replaceParts(root, 'src/lib/streams/schedules.ts', {
    schedules: `export const SCHEDULES = ${JSON.stringify(schedules)} as const satisfies readonly Schedule[];`,
  });
  return [
    await formatted(root, 'infra/streams.json', JSON.stringify({ defaultStreams: DEFAULTS, streams })),
    await formatted(root, path, text),
  ];
}
