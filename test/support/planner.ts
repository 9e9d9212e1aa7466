import type { WindowRecord } from '../../src/lib/pipeline/ports.ts';
import { runPlanner, type PlannerDependencies } from '../../src/lib/pipeline/run-planner.ts';
import type { PlanSettings } from '../../src/lib/pipeline/stream.ts';
import { TABLE_NAMES } from '../../src/lib/azure/names.ts';
import { createTableCheckpointStore } from '../../src/lib/azure/table-checkpoint-store.ts';
import { createTableStartStore } from '../../src/lib/azure/table-start-store.ts';
import { fixedClock, keptLog, keptQueue } from './pipeline.ts';
import { testStorage, uniqueName } from './storage.ts';

/** A planner over real tables, with clock and queue in the test's hands. */
export async function setUpPlanner(plan: Partial<PlanSettings> = {}, now = '2026-05-01T12:00:00Z') {
  const stream = uniqueName();
  const storage = await testStorage();
  const store = createTableCheckpointStore(storage);
  const [queue, clock, log] = [keptQueue(), fixedClock(now), keptLog()];
  const deps: PlannerDependencies = {
    store,
    starts: createTableStartStore(storage),
    queue,
    clock,
    log: log.log,
    stream,
    plan: { windowMinutes: 15, safetyLagSeconds: 120, ...plan },
    staleSeconds: 900,
  };
  return {
    stream,
    store,
    queue,
    clock,
    log,
    deps,
    tick: (changes: Partial<PlannerDependencies> = {}) => runPlanner({ ...deps, ...changes }),
    windows: (run = 'live') => store.listWindows(stream, run),
    /** Loses the watermark, and nothing else. */
    forget: async () => {
      await storage.table(TABLE_NAMES.watermarks).deleteEntity(stream, 'watermark');
    },
    start: () => deps.starts.read(stream),
    watermark: async () => (await store.readWatermark(stream))?.watermark,
    /** Brings a window into a state, as a worker does. */
    put: async (record: WindowRecord | undefined, changes: Partial<WindowRecord>) => {
      if (record === undefined) throw new Error('there is no such window');
      await store.saveWindow(Object.assign(record, changes));
    },
    /** Keys of the windows sent to the queue since the last call. */
    taken: () => queue.sent.splice(0).map(({ item }) => item.window),
  };
}
