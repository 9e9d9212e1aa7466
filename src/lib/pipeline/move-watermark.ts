import { ClaimLostError, failureOf, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { logUnexpected } from '../log-unexpected.ts';
import { watermarkAfter } from './plan-windows.ts';
import type { CheckpointStore, WakeUps, WatermarkRecord, WindowDependencies } from './ports.ts';

/** Writes tried against other planners that write at the same time. */
const MAX_TRIES = 5;

/** What moving the watermark needs. */
export interface MoveDependencies extends Pick<WindowDependencies, 'store' | 'clock' | 'log'> {
  readonly wakeUps: WakeUps;
  readonly stream: string;
}

/** The next tick does what a wake-up that cannot be sent would have done, so it is no reason to take the window up again. */
export async function wakeQuietly(wakeUps: WakeUps, stream: string, log: Log): Promise<void> {
  try {
    await wakeUps.ask(stream);
  } catch (error) {
    log.warn('WakeUpLost', { stream, error: messageOf(error) });
    logUnexpected(log, error);
  }
}

/**
 * What the planner of a stream does when it is woken between two ticks: it moves the watermark, and nothing else. Whatever it does not come
 * to, the next tick does.
 */
export async function moveWatermark(deps: MoveDependencies): Promise<void> {
  // First: a window that ends while the planner looks wakes it again.
  await deps.wakeUps.take(deps.stream);
  for (let tries = MAX_TRIES; ; tries--) {
    const lost = await failureOf(ClaimLostError, move(deps));
    if (lost === undefined) return;
    if (tries <= 1) throw lost;
  }
}

async function move({ store, clock, log, stream }: MoveDependencies): Promise<void> {
  const mark = await store.readWatermark(stream);
  if (mark === undefined) return;
  const before = mark.watermark;
  mark.watermark = watermarkAfter(before, await store.listWindows(stream, 'live', before));
  if (mark.watermark === before) return;
  await store.saveWatermark(mark);
  const lagSeconds = Math.round((clock.now().getTime() - Date.parse(mark.watermark)) / 1000);
  log.info('WatermarkMoved', { stream, watermark: mark.watermark, lagSeconds });
}

/**
 * Stores what a tick changes. A wake-up may have moved the watermark meanwhile, and nothing else: the tick goes on from there.
 * @throws ClaimLostError when another tick was faster.
 */
export async function storeTick(
  store: CheckpointStore,
  mark: WatermarkRecord,
  change: (mark: WatermarkRecord) => void,
  tries = MAX_TRIES,
): Promise<WatermarkRecord> {
  const changed = { ...mark };
  change(changed);
  const lost = await failureOf(ClaimLostError, store.saveWatermark(changed));
  if (lost === undefined) return changed;
  if (tries <= 1) throw lost;
  const stored = await store.readWatermark(mark.stream);
  if (stored?.lastTick !== mark.lastTick || stored.opening !== mark.opening) throw lost;
  return storeTick(store, stored, change, tries - 1);
}
