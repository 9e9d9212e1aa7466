import type { SimulatorClock } from './clock.ts';
import { hashText } from './random.ts';
import type { LiveSettings } from './settings.ts';

/** What a search by time needs of the world. */
interface Index {
  readonly settings: Pick<LiveSettings, 'indexLagPattern' | 'indexLagSeconds'>;
  readonly clock: SimulatorClock;
}

const MINUTE_MS = 60_000;
const MINUTES_A_BURST = 10;
const LAST_MINUTE = MINUTES_A_BURST - 1;

/** So long after its time a record is found, in milliseconds; the same for the same id and time. */
function lagOf({ settings }: Index, id: string, time: number): number {
  const most = settings.indexLagSeconds * 1_000;
  switch (settings.indexLagPattern) {
    case 'constant':
      return most;
    case 'spread':
      return Math.ceil((most * (hashText(id) + 1)) / 2 ** 32);
    case 'bursts':
      return Math.floor(time / MINUTE_MS) % MINUTES_A_BURST === LAST_MINUTE ? most : 0;
  }
}

/** Whether a search by time finds a record that has this time. */
export function isIndexed(index: Index, id: string, time: number): boolean {
  return time + lagOf(index, id, time) <= index.clock.now();
}
