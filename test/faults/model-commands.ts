import fc from 'fast-check';
import { expect } from 'vitest';
import {
  ClaimLostError,
  ConfigError,
  FatalError,
  OutageError,
  RetryableError,
  WaitError,
} from '../../src/lib/errors.ts';
import type { Actor } from './actor.ts';
import { startCancel, startReplay, startRetry, startWaive } from './model-operator.ts';
import type { Beginning, ModelSettings, World } from './model-world.ts';

/** What the model knows: nothing, since all is seen from outside. */
type Model = Readonly<Record<string, never>>;

type Command = fc.AsyncCommand<Model, World>;

function command(text: string, run: (world: World) => unknown): Command {
  return {
    check: () => true,
    toString: () => text,
    run: async (_, world) => {
      await run(world);
      expect(world.invariants.violations).toEqual([]);
    },
  };
}

export const running = (world: World): Actor[] => world.actors.filter((actor) => !actor.isOver());
const pick = <T>(list: readonly T[], place: number): T | undefined => list[place % Math.max(1, list.length)];

const VENDOR_FAULTS: Readonly<Record<string, () => Error>> = {
  reset: () => new RetryableError('connection reset', { scope: 'route' }),
  limit: () => new WaitError('1965', 90_000),
  outage: () => new OutageError('the route is out', 60_000, { outMs: 1000 }),
  'not allowed': () => new ConfigError('401'),
  broken: () => new TypeError('a defect'),
  refused: () => new FatalError('1905'),
};

const storageFails = (): Error => new RetryableError('storage failed', { scope: 'storage' });
const conflicts = (): Error => new ClaimLostError('412 at the second try');
const PORT_FAULTS: Readonly<Record<string, readonly (() => Error)[]>> = {
  ...Object.fromEntries(
    ['readWatermark', 'listWindows', 'readWindow', 'readPlanTag', 'insertWindows', 'clearLedger', 'pruneWindows']
      .concat('readBackfill', 'listBackfills')
      .map((method) => [`store.${method}`, [storageFails]]),
  ),
  ...Object.fromEntries(
    ['saveWatermark', 'saveWindow', 'openWindows', 'splitWindow', 'saveBackfill'].map((method) => [
      `store.${method}`,
      [storageFails, conflicts],
    ]),
  ),
  'ledger.load': [storageFails],
  'queue.send': [storageFails],
  'starts.read': [storageFails],
  'starts.save': [storageFails],
  'clock.now': [storageFails],
  'wakeUps.take': [storageFails],
  'deadLetters.put': [storageFails],
  'letters.list': [storageFails],
  'letters.markRefused': [storageFails],
  'letters.remove': [storageFails],
  'audit.write': [storageFails],
  'sink.upload': [() => new RetryableError('500'), () => new WaitError('429', 30_000)],
};

const STRIKES = Object.entries(PORT_FAULTS).flatMap(([name, errors]) =>
  errors.flatMap((error) => [true, false].map((isDone) => ({ name, isDone, error }))),
);

const place = fc.nat(7);
const operations = fc.nat(12);

/** Lets the clock run on, with a tick every five minutes and a worker for each message as soon as it is visible. */
async function live(world: World, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    world.clock.forward(60_000);
    if (minute % 5 === 0) await world.startPlanner().finish();
    // As many as one minute may need: a message that comes back at once must not hold the clock.
    for (let n = 0; n < 30; n++) await world.startWorker(0)?.finish();
  }
}

/** Processes that run side by side, stand still and die. */
const processes = [
  fc.constant(command('planner ticks', (world) => world.startPlanner().finish())),
  fc.constantFrom(6, 16, 31).map((minutes) => command(`${minutes} minutes of life`, (world) => live(world, minutes))),
  operations.map((n) => command(`planner is woken, ${n} operations`, (world) => world.startWakeUp().step(n))),
  operations.map((n) => command(`planner starts, ${n} operations`, (world) => world.startPlanner().step(n))),
  fc
    .tuple(place, fc.nat(30))
    .map(([at, n]) =>
      command(`worker takes message ${at}, ${n} operations`, (world) => world.startWorker(at)?.step(n)),
    ),
  place.map((at) => command(`worker finishes message ${at}`, (world) => world.startWorker(at)?.finish())),
  fc
    .tuple(place, fc.integer({ min: 1, max: 20 }))
    .map(([at, n]) => command(`process ${at} goes on for ${n}`, (world) => pick(running(world), at)?.step(n))),
  place.map((at) => command(`process ${at} finishes`, (world) => pick(running(world), at)?.finish())),
  fc
    .tuple(place, fc.boolean())
    .map(([at, isDone]) =>
      command(`process ${at} is killed ${isDone ? 'after' : 'before'} its operation`, (world) =>
        pick(running(world), at)?.crash(isDone),
      ),
    ),
  fc.tuple(place, fc.integer({ min: 1, max: 12 })).map(([at, n]) =>
    command(`worker takes message ${at}, freezes after ${n} operations, another finishes its window`, async (world) => {
      const frozen = world.startWorker(at);
      const item = frozen === undefined ? undefined : world.itemOf(frozen);
      if (frozen === undefined || item === undefined) return;
      await frozen.step(n);
      // Longer than a claim lasts.
      world.clock.forward(61_000);
      world.messages.unshift({ item, visibleAt: 0, dequeues: 0, isTaken: false });
      await world.startWorker(0)?.finish();
    }),
  ),
];

/** Time that passes, messages that are lost and doubled, calls that fail. */
const faults = [
  fc
    .constantFrom(10, 61, 300, 620, 901, 3700)
    .map((seconds) => command(`clock +${seconds} s`, (world) => world.clock.forward(seconds * 1000))),
  place.map((at) =>
    command(`message ${at} is lost`, ({ messages }) => {
      const found = pick(
        messages.filter(({ isTaken }) => !isTaken),
        at,
      );
      if (found !== undefined) messages.splice(messages.indexOf(found), 1);
    }),
  ),
  place.map((at) =>
    command(`message ${at} comes twice`, ({ messages }) => {
      const found = pick(messages, at);
      if (found !== undefined) messages.unshift({ item: found.item, visibleAt: 0, dequeues: 0, isTaken: false });
    }),
  ),
  ...[1, 2, 3].map(() =>
    fc
      .constantFrom(...STRIKES)
      .map(({ name, isDone, error }) =>
        command(`${name} ${isDone ? 'is done and ' : ''}fails: ${error().message}`, ({ strikes }) =>
          strikes.set(name, { isDone, error }),
        ),
      ),
  ),
  fc.tuple(fc.constantFrom('count', 'page'), fc.constantFrom(...Object.keys(VENDOR_FAULTS))).map(([call, kind]) =>
    command(`vendor at its next ${call}: ${kind}`, ({ strikes }) => {
      const error = VENDOR_FAULTS[kind];
      if (error !== undefined) strikes.set(`vendor.${call}`, { isDone: false, error });
    }),
  ),
];

/** What the vendor and Azure do for a while. */
const moods = [
  fc
    .constantFrom('isHiding' as const, 'isBreaking' as const, 'refusesCursors' as const, 'keepsCursor' as const)
    .chain((name) =>
      fc.boolean().map((value) => command(`vendor ${name}: ${value}`, ({ mood }) => set(mood, name, value))),
    ),
  fc.constantFrom(0, 1, 3).map((n) => command(`vendor gives ${n} strays`, ({ mood }) => set(mood, 'strays', n))),
  fc
    .constantFrom('none' as const, 'some' as const, 'all' as const)
    .map((rows) => command(`sink refuses ${rows}`, ({ refusal }) => set(refusal, 'rows', rows))),
];

function set<T, K extends keyof T>(target: T, key: K, value: T[K]): void {
  target[key] = value;
}

const CHANGES: readonly Partial<ModelSettings>[] = [
  { windowMinutes: 3 },
  { windowMinutes: 7 },
  { pageSize: 2 },
  { pageSize: 6 },
  { query: 'even' },
  { query: 'all' },
  { query: 'unknown-token' },
  { incompleteAfterHours: 0.1 },
  { incompleteAfterHours: 24 },
  { staleSeconds: 120 },
  { staleSeconds: 900 },
  { parallel: 1 },
  { parallel: 3 },
];

/** What people do: settings, backfills, retries. */
const acts = [
  fc
    .constantFrom(...CHANGES)
    .map((change) => command(`setting: ${JSON.stringify(change)}`, ({ settings }) => Object.assign(settings, change))),
  fc
    .tuple(fc.nat(800), fc.integer({ min: 1, max: 900 }), operations)
    .map(([from, seconds, n]) =>
      command(`backfill from ${from} s for ${seconds} s, ${n} operations`, (world) =>
        world.startBackfill(from, Math.min(seconds, 880 - from)).step(n),
      ),
    ),
  fc
    .tuple(place, fc.constantFrom(undefined, 'dead-letters' as const, 'outside' as const), operations)
    .map(([at, accept, n]) =>
      command(`operator retries window ${at}, accepts ${accept ?? 'nothing'}, ${n} operations`, (world) =>
        startRetry(world, at, accept)?.step(n),
      ),
    ),
  fc
    .tuple(place, operations)
    .map(([at, n]) =>
      command(`operator waives window ${at}, ${n} operations`, (world) => startWaive(world, at)?.step(n)),
    ),
  fc
    .tuple(place, operations)
    .map(([at, n]) =>
      command(`operator cancels backfill ${at}, ${n} operations`, (world) => startCancel(world, at)?.step(n)),
    ),
  fc
    .tuple(fc.integer({ min: 1, max: 5 }), operations)
    .map(([limit, n]) =>
      command(`operator replays ${limit} dead letters, ${n} operations`, (world) => startReplay(world, limit).step(n)),
    ),
  place.map((at) =>
    command(`operator deletes dead letter ${at}`, ({ letters }) => {
      const name = pick(letters.names(), at);
      if (name !== undefined) letters.delete(name);
    }),
  ),
];

export const COMMANDS = [...processes, ...faults, ...moods, ...acts];

/** How worlds begin: most of them soundly. */
export const BEGINNINGS: fc.Arbitrary<Beginning> = fc.record({
  settings: fc.constantFrom({}, { incompleteAfterHours: 0.1 }, { incompleteAfterHours: 0.1 }, ...CHANGES),
  mood: fc.constantFrom({}, {}, { isHiding: true }, { isBreaking: true }, { strays: 1 }, { strays: 3 }),
  rows: fc.constantFrom('none' as const, 'none' as const, 'some' as const, 'all' as const),
});
