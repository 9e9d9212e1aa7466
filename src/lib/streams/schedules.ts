import { spelledDefault } from '../setting-kinds.ts';
import { STREAMS } from './index.ts';

/** When the planner of a stream runs. */
export interface Schedule {
  readonly stream: string;
  /** Setting that holds it. */
  readonly setting: string;
  /** NCRONTAB expression where that is not set. */
  readonly default: string;
}

/** When the planner of each stream runs. The build makes a constant of it: registering the timers must not load the streams' code. */
export const SCHEDULES: readonly Schedule[] = STREAMS.map(({ name, settings }) => {
  const [setting, kind] = Object.entries(settings).find(([key]) => key.endsWith('_SCHEDULE')) ?? [];
  if (setting === undefined || kind === undefined) throw new Error(`${name} has no setting for its schedule`);
  return { stream: name, setting, default: spelledDefault(kind) };
});
