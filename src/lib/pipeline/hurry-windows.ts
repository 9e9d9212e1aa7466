import { messageOf } from '../errors.ts';
import { isRunning } from './backfill.ts';
import { isClaimed } from './claim.ts';
import { isFinished } from './plan-windows.ts';
import type { WindowDependencies, WindowRecord } from './ports.ts';
import { isStored } from './is-stored.ts';
import { hurry } from './window-state.ts';
import { sendAll } from './work-item.ts';

/** Puts all windows of these streams that wait for what a person repairs back into the queue at once. @returns how many. */
export async function hurryWindows(streams: readonly string[], deps: WindowDependencies): Promise<number> {
  const running = (await deps.store.listBackfills()).filter(isRunning);
  const runs = [
    ...streams.map((stream) => ({ stream, run: 'live' })),
    ...running.filter(({ stream }) => streams.includes(stream)).map(({ stream, id }) => ({ stream, run: id })),
  ];
  let hurried = 0;
  for (const { stream, run } of runs) {
    const waiting = (await deps.store.listWindows(stream, run)).filter((record) => waitsForPerson(record, deps));
    for (const record of waiting) {
      hurry(record, deps.clock.now());
      if (!(await isStored(deps.store.saveWindow(record)))) continue;
      await sendAll(deps.queue, [record]);
      hurried++;
    }
  }
  if (hurried > 0) deps.log.info('WindowsHurried', { windows: hurried });
  return hurried;
}

/** The same, where nobody waits for what comes of it: what fails is tried again by itself. */
export async function hurryQuietly(streams: readonly string[], deps: WindowDependencies): Promise<void> {
  try {
    await hurryWindows(streams, deps);
  } catch (error) {
    deps.log.warn('HurryFailed', { error: messageOf(error) });
  }
}

function waitsForPerson(record: WindowRecord, { clock }: WindowDependencies): boolean {
  const now = clock.now();
  const isHeld = record.repair !== undefined && Date.parse(record.notBefore ?? '') > now.getTime();
  return isHeld && !isFinished(record) && !isClaimed(record, now);
}
