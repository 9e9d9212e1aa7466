import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import type { Actor } from './actor.ts';
import { createWorld, STREAM, type World } from './model-world.ts';

/** A process that begins, goes on by some operations, is killed, or time that passes. */
type Step =
  | { readonly kind: 'tick' | 'wake-up' | 'worker' | 'go on'; readonly operations: number }
  | { readonly kind: 'kill'; readonly isDone: boolean }
  | { readonly kind: 'wait'; readonly seconds: number };

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constantFrom('tick' as const, 'wake-up' as const, 'worker' as const, 'go on' as const),
      operations: fc.nat(14),
    }),
    fc.record({ kind: fc.constant('kill' as const), isDone: fc.boolean() }),
    fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 61, 300) }),
  ),
  { minLength: 10, maxLength: 60, size: 'max' },
);

const running = (world: World): Actor[] => world.actors.filter((actor) => !actor.isOver());

async function play(world: World, step: Step): Promise<void> {
  const [first] = running(world);
  if (step.kind === 'wait') world.clock.forward(step.seconds * 1000);
  else if (step.kind === 'kill') await first?.crash(step.isDone);
  else if (step.kind === 'tick') await world.startPlanner().step(step.operations);
  else if (step.kind === 'wake-up') await world.startWakeUp().step(step.operations);
  else if (step.kind === 'worker') await world.startWorker(step.operations)?.step(step.operations);
  else await first?.step(step.operations);
  expect(world.invariants.violations).toEqual([]);
}

/** Reads all that is planned, with ticks only to bring back what a killed process left. */
async function readAll(world: World): Promise<void> {
  const isRead = (): boolean => world.store.windowsOf(STREAM, 'live').every(isFinished);
  for (let round = 0; round < 200; round++) {
    for (const actor of running(world)) await actor.finish();
    for (let worker = world.startWorker(0); worker !== undefined; worker = world.startWorker(0)) await worker.finish();
    if (round > 0 && isRead()) return;
    await world.startPlanner().finish();
    if (!isRead()) world.clock.forward(61_000);
  }
  throw new Error('not all is read');
}

test('ticks, wake-ups and workers in any order and killed anywhere: the watermark never runs ahead, and the last wake-up brings it to the horizon of the last tick', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (course) => {
      const world = createWorld();
      for (const step of course) await play(world, step);
      await readAll(world);
      const before = world.store.watermarkOf(STREAM);
      const windows = world.store.windowsOf(STREAM, 'live');
      await world.startWakeUp().finish();
      const mark = world.store.watermarkOf(STREAM);
      expect(world.invariants.violations).toEqual([]);
      const horizon = windows
        .map(({ to }) => to)
        .toSorted()
        .at(-1);
      expect(mark?.watermark).toBe(horizon ?? before?.watermark);
      expect(mark?.lastTick).toBe(before?.lastTick);
      expect(world.store.windowsOf(STREAM, 'live')).toEqual(windows);
    }),
    { seed: 21, numRuns: 60 },
  );
});
