import { parseSettings, type Settings } from '../../src/lib/config.ts';
import { WaitError } from '../../src/lib/errors.ts';
import type { Json, Outcome, Past, Progress, WindowSlice, WindowTask } from '../../src/lib/pipeline/stream.ts';
import type { StreamServices } from '../../src/lib/streams/stream-definition.ts';
import { keptLog } from './pipeline.ts';
import { LEAST_SETTINGS } from './settings.ts';

/** The day of the looks here, and the end of it. */
export const [FROM, TO] = [Date.parse('2026-05-01T00:00:00Z'), Date.parse('2026-05-02T00:00:00Z')];
export const HOUR_MS = 3_600_000;

/** The slices of what a look has made, when it ended; what it keeps, when it was stopped by a wait. */
export interface Looked {
  readonly slices?: readonly WindowSlice[];
  readonly cursor?: Json;
  readonly told: Readonly<Record<string, unknown>> | undefined;
}

/** Lets a stream look back at a past, without a vendor: from a cursor, as the hour of `look` begins. */
export async function lookOnce(
  lookBack: (task: WindowTask, services: StreamServices) => AsyncGenerator<Progress, Outcome>,
  past: Partial<Past>,
  vendor: { readonly edr: object } | { readonly vm: object },
  { cursor, settings = parseSettings(LEAST_SETTINGS), from = FROM, look = TO }: Partial<Ask> = {},
): Promise<Looked> {
  const log = keptLog();
  const iso = (time: number): string => new Date(time).toISOString().replace('.000', '');
  const task = {
    window: { stream: 's', run: 'live', from: iso(from), to: iso(look), slice: `look.${look / 1000}` },
    ...(cursor === undefined ? {} : { cursor }),
    past: () =>
      Promise.resolve({ lookedAt: 0, lookedTo: 0, windows: [], keys: () => Promise.resolve(new Map()), ...past }),
    log: log.log,
  } as unknown as WindowTask;
  const steps = lookBack(task, { settings, ...vendor } as unknown as StreamServices);
  let kept = cursor;
  try {
    for (;;) {
      const { done, value } = await steps.next();
      const [line] = log.lines;
      const told = line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>);
      if (done === true) return { told, ...(value.kind === 'split' ? { slices: value.slices } : {}) };
      kept = value.cursor;
    }
  } catch (error) {
    if (!(error instanceof WaitError)) throw error;
    return { told: undefined, ...(kept === undefined ? {} : { cursor: kept }) };
  }
}

interface Ask {
  readonly cursor: Json;
  readonly settings: Settings;
  /** Where its time begins; it ends at `look`. */
  readonly from: number;
  readonly look: number;
}
