import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import type { BackfillRecord, WindowRecord } from '../../src/lib/pipeline/ports.ts';
import { hasGivenUp } from '../../src/lib/pipeline/recovery.ts';
import { isoSeconds } from '../../src/lib/pipeline/window.ts';
import { BEGINNINGS, COMMANDS, running } from './model-commands.ts';
import { SOUND, type Kind } from './model-vendor.ts';
import { createWorld, START, STREAM, USUAL, type World } from './model-world.ts';

const IS_SOAK = process.env.SOAK === '1';
const USUAL_SEED = 82768165;
const KINDS: readonly Kind[] = ['plain', 'ledger'];

/** Ends all faults and lets the system run on until nothing is left to do. */
async function runOn(world: World): Promise<void> {
  world.strikes.clear();
  Object.assign(world.settings, USUAL);
  Object.assign(world.mood, SOUND);
  world.refusal.rows = 'none';
  for (const actor of running(world)) await actor.finish();
  for (const request of world.owed.splice(0)) await world.startRequest('repeated', request).finish();
  expect(world.owed).toEqual([]);
  const target = isoSeconds(world.clock.now().getTime() - 20_000);
  for (let round = 0; round < 2000; round++) {
    await world.startPlanner().finish();
    for (let worker = world.startWorker(0); worker !== undefined; worker = world.startWorker(0)) await worker.finish();
    if (hasCaughtUp(world, target)) return;
    world.clock.forward(30_000);
  }
  throw new Error(`not caught up: ${JSON.stringify(openIn(world))}`);
}

function hasCaughtUp(world: World, target: string): boolean {
  return (world.store.watermarkOf(STREAM)?.watermark ?? '') >= target && openIn(world).length === 0;
}

/** Windows and backfills that are not at their end. */
function openIn({ store }: World): (WindowRecord | BackfillRecord)[] {
  const backfills = store.backfills().filter(({ status }) => status !== 'cancelled');
  const open = ['live', ...backfills.map(({ id }) => id)]
    .flatMap((run) => store.windowsOf(STREAM, run))
    .filter((record) => !isFinished(record) && !hasGivenUp(record));
  return [...open, ...backfills.filter(({ status }) => ['planning', 'running'].includes(status))];
}

function checkEnd({ invariants, store }: World): void {
  expect(invariants.violations).toEqual([]);
  const to = store.watermarkOf(STREAM)?.watermark ?? START;
  expect(invariants.lost('live', { from: START, to }), 'lost').toEqual([]);
  for (const backfill of store.backfills()) {
    const short = store
      .windowsOf(STREAM, backfill.id)
      .filter((record) => hasGivenUp(record) || (record.state === 'incomplete' && record.acknowledged !== true));
    if (backfill.status === 'succeeded') {
      expect(invariants.lost(backfill.id, backfill), `lost in backfill ${backfill.id}`).toEqual([]);
      expect(short).toEqual([]);
    } else if (backfill.status === 'failed') expect(short).not.toEqual([]);
  }
}

test.for(KINDS)(
  'whatever happens in whatever order, nothing is lost and the watermark never runs ahead: a stream that is %s',
  { timeout: 1_200_000 },
  async (kind) => {
    // A commit that was green stays green: `npm test` plays the same runs each time, and the long form looks for new ones.
    const seed = Number(process.env.FC_SEED ?? (IS_SOAK ? Date.now() % 2 ** 31 : USUAL_SEED));
    const numRuns = Number(process.env.FC_RUNS ?? (IS_SOAK ? 3000 : 80));
    console.log(`model-based test, ${kind}: FC_SEED=${seed}, ${numRuns} runs`);
    await fc.assert(
      fc.asyncProperty(
        BEGINNINGS,
        fc.commands(COMMANDS, { maxCommands: 60, size: 'max' }),
        async (beginning, steps) => {
          const world = createWorld(kind, beginning);
          await fc.asyncModelRun(() => ({ model: {}, real: world }), steps);
          await runOn(world);
          checkEnd(world);
        },
      ),
      { seed, numRuns, interruptAfterTimeLimit: IS_SOAK ? 540_000 : 60_000 },
    );
  },
);
