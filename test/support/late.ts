import { createTableStartStore } from '../../src/lib/azure/table-start-store.ts';
import { isLate, isLook } from '../../src/lib/pipeline/look-back.ts';
import type { WindowRecord } from '../../src/lib/pipeline/ports.ts';
import { runPlanner } from '../../src/lib/pipeline/run-planner.ts';
import type { StreamBench } from './feeds.ts';
import { testStorage } from './storage.ts';

/** A stream that is planned and read as time goes by. */
export interface Passing {
  /** Lets so many minutes pass, with a tick of the planner after each step, which then works off all or that many work items. */
  readonly pass: (minutes: number, step?: number, items?: number) => Promise<void>;
  readonly looks: () => Promise<WindowRecord[]>;
  readonly late: () => Promise<WindowRecord[]>;
}

/** Plans a stream from `start` on, by the clock of its bench. */
export async function letPass({ bench, windows, workOff }: StreamBench, start: string): Promise<Passing> {
  const starts = createTableStartStore(await testStorage());
  const { deps, log, queue, store, clock } = bench;
  const plan = { windowMinutes: 15, safetyLagSeconds: 120, start: new Date(start) };
  const { stream } = deps;
  const tick = (): Promise<void> =>
    runPlanner({
      store,
      queue,
      clock,
      starts,
      log: log.log,
      stream: stream.name,
      plan,
      looksBack: stream.looksBack === true,
      staleSeconds: 900,
    });
  return {
    pass: async (minutes, step = 5, items) => {
      for (let passed = 0; passed < minutes; passed += step) {
        clock.forward(step * 60_000);
        await tick();
        await workOff(items);
      }
    },
    looks: async () => (await windows()).filter(isLook),
    late: async () => (await windows()).filter(isLate),
  };
}
