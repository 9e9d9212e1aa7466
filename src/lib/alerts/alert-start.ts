import { onceDone } from '../once-done.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { AlertStore } from './alert-record.ts';

/** What finding the start of alerts needs. */
export interface AlertStartDependencies {
  readonly store: Pick<AlertStore, 'readStart' | 'keepStart' | 'isUsed'>;
  readonly clock: Clock;
  /** When the planner last ran, ISO 8601; undefined before its first tick. */
  readonly lastTick: () => Promise<string | undefined>;
}

/** Before all events. */
const EVER = '1970-01-01T00:00:00.000Z';

/**
 * Makes what tells from which time on events are posted where no setting does: since the webhook was first set, over all instances and
 * restarts. It was not set yet at the planner's tick before the first call, so the time of that tick misses nothing. Where alerts are
 * stored already, an earlier release has posted what came: nothing is left out.
 */
export function createAlertStart(deps: AlertStartDependencies): () => Promise<Date> {
  return onceDone(() => findStart(deps));
}

async function findStart({ store, clock, lastTick }: AlertStartDependencies): Promise<Date> {
  const known = await store.readStart();
  if (known !== undefined) return new Date(known);
  const start = (await store.isUsed()) ? EVER : ((await lastTick()) ?? clock.now().toISOString());
  return new Date(await store.keepStart(start));
}
