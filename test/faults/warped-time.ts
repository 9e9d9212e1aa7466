/**
 * Time that can be moved on: `Date` of this process runs ahead of the machine's by an offset, for everything in it — the pipeline,
 * Azurite, the simulator. Timers run in real time. Time is moved only when all participants sleep.
 */

const RealDate = globalThis.Date;
let offset = 0;
let active = 0;
let sleepers: { readonly until: number; readonly wake: () => void }[] = [];

/** Installs the warped `Date`, this far ahead of the machine's. */
export function warpTime(offsetMs = 0): void {
  offset = offsetMs;
  const now = (): number => RealDate.now() + offset;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values: unknown[], newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  });
}

/** How far this process is ahead of the machine, in milliseconds. */
export function warpOffset(): number {
  return offset;
}

/** Runs something that takes part in this time: it stands still for all while one of them works. */
export async function takePart<T>(run: () => Promise<T>): Promise<T> {
  active++;
  try {
    return await run();
  } finally {
    active--;
    moveOn();
  }
}

/** Sleeps in warped time. */
export async function sleepFor(milliseconds: number): Promise<void> {
  await new Promise<void>((wake) => {
    sleepers.push({ until: Date.now() + milliseconds, wake });
    active--;
    moveOn();
  });
}

function moveOn(): void {
  if (active > 0 || sleepers.length === 0) return;
  const first = Math.min(...sleepers.map(({ until }) => until));
  offset += Math.max(0, first - Date.now());
  const due = sleepers.filter(({ until }) => until <= first);
  sleepers = sleepers.filter(({ until }) => until > first);
  active += due.length;
  for (const { wake } of due) wake();
}
