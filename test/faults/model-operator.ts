import { cancelBackfill, isRunning, resumeBackfill } from '../../src/lib/pipeline/backfill.ts';
import { retryWindow, waiveWindow } from '../../src/lib/pipeline/operate-window.ts';
import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import type { WindowRecord, WorkItem } from '../../src/lib/pipeline/ports.ts';
import { replayDeadLetters } from '../../src/lib/pipeline/replay-dead-letters.ts';
import { keptLog } from '../support/pipeline.ts';
import type { Actor } from './actor.ts';
import { STREAM, type RequestPorts, type World } from './model-world.ts';

type Accept = Parameters<typeof retryWindow>[1]['accept'];

/** The request that retries a window at the place, as `src/lib/handlers/windows.ts` does it. */
export function startRetry(world: World, place: number, accept: Accept): Actor | undefined {
  const chosen = choose(world, place, ({ state }) => !['closed', 'waived'].includes(state));
  return operate(world, 'retry', chosen, (item, { backfills }) => retryWindow(item, { ...backfills, accept }));
}

/** The request that waives or acknowledges a window that has failed or is incomplete. */
export function startWaive(world: World, place: number): Actor | undefined {
  const chosen = choose(world, place, ({ state }) => state === 'failed' || state === 'incomplete');
  return operate(world, 'waive', chosen, (item, { backfills }) => waiveWindow(item, backfills));
}

export function startCancel(world: World, place: number): Actor | undefined {
  const running = world.store.backfills().filter(isRunning);
  const chosen = running[place % Math.max(1, running.length)];
  if (chosen === undefined) return undefined;
  return world.startRequest('cancel', async ({ backfills, audit }) => {
    await cancelBackfill(chosen.id, backfills);
    await audit.write();
  });
}

export function startReplay(world: World, limit: number): Actor {
  return world.startRequest('replay', async ({ letters, sink, audit }) => {
    await replayDeadLetters(limit, { source: letters, sink, log: keptLog().log });
    await audit.write();
  });
}

function choose(world: World, place: number, isWanted: (record: WindowRecord) => boolean): WindowRecord | undefined {
  const runs = ['live', ...world.store.backfills().map(({ id }) => id)];
  const records = runs.flatMap((run) => world.store.windowsOf(STREAM, run)).filter(isWanted);
  // Those that wait for a person first.
  const sorted = records.sort((left, right) => Number(isAtRest(right)) - Number(isAtRest(left)));
  return sorted[place % Math.max(1, sorted.length)];
}

function isAtRest(record: WindowRecord): boolean {
  return record.state === 'failed' || isFinished(record);
}

function operate(
  world: World,
  name: string,
  chosen: WindowRecord | undefined,
  act: (item: WorkItem, ports: RequestPorts) => Promise<WindowRecord | undefined>,
): Actor | undefined {
  if (chosen === undefined) return undefined;
  const { stream, run, key } = chosen;
  return world.startRequest(name, async (ports) => {
    const record = await act({ version: 1, stream, run, window: key }, ports);
    if (record === undefined) return;
    await resumeBackfill(run, ports.backfills);
    await ports.audit.write();
  });
}
