import type { RegisteredFunction } from './app-registry.ts';
import { findTrigger, getText } from './bindings.ts';
import { HostError } from './host-error.ts';
import type { Invoker } from './invoke.ts';
import type { CategoryLog } from './log.ts';
import { parseSchedule, type Schedule } from './schedule.ts';
import { resolveSettings, type Env } from './settings.ts';

/** A timer function on its schedule. */
export interface Timer {
  readonly name: string;
  /** Runs it once now, after a run that is under way. Rejects with what the handler threw. */
  readonly runOnce: () => Promise<void>;
  /** Begins the schedule; `runAtStart` runs it once at once. */
  readonly start: (runAtStart: boolean) => void;
  /** Starts no further run. */
  readonly stop: () => void;
}

/** Longest wait that Node's timers take is below 25 days. */
const maxWaitMs = 24 * 24 * 3600 * 1000;
const never = '0001-01-01T00:00:00+00:00';

/** A time as .NET writes one of UTC: with an offset, and a fraction only where there is one. */
function formatTime(date: Date): string {
  return date.toISOString().replace(/(?:\.000)?Z$/, '+00:00');
}

interface Status {
  last: Date | undefined;
  next: Date | undefined;
}

/** The trigger's value as the host sends it; the library turns the names to camel case. */
function createTimerInfo(status: Status, useMonitor: boolean): string {
  const last = status.last === undefined ? never : formatTime(status.last);
  const next = status.next === undefined ? never : formatTime(status.next);
  return JSON.stringify({
    Schedule: { AdjustForDST: true },
    ScheduleStatus: useMonitor ? { Last: last, Next: next, LastUpdated: last } : null,
    IsPastDue: false,
  });
}

function readSchedule(target: RegisteredFunction, env: Env): Schedule {
  const where = `timer "${target.metadata.name}"`;
  const text = getText(findTrigger(target).binding, 'schedule');
  if (text === undefined) {
    throw new HostError(`${where}: schedule is missing: six NCRONTAB fields, or %SETTING%`);
  }
  const setting = /^%([^%]+)%$/.exec(text)?.[1];
  return parseSchedule(
    resolveSettings(env, text, where),
    setting === undefined ? where : `${where}, setting ${setting}`,
  );
}

/** What a timer needs of the host. */
export interface TimerOptions {
  readonly env: Env;
  readonly invoker: Invoker;
  readonly log: CategoryLog;
}

/**
 * Prepares a timer function. Runs never overlap: one that lasts beyond the next time of the schedule delays it, and
 * times missed meanwhile become one run. The status is kept in memory only, so nothing is ever past due.
 * @throws HostError for a schedule that cannot be read.
 */
export function createTimer(target: RegisteredFunction, { env, invoker, log }: TimerOptions): Timer {
  const schedule = readSchedule(target, env);
  const { name, binding } = findTrigger(target);
  const useMonitor = binding.useMonitor !== false && !schedule.isFrequent;
  const status: Status = { last: undefined, next: schedule.next(new Date()) };
  let wait: NodeJS.Timeout | undefined;
  let isStopped = false;
  let running: Promise<unknown> = Promise.resolve();

  const invoke = async (isScheduled: boolean): Promise<void> => {
    const startedAt = new Date();
    const info = createTimerInfo(status, useMonitor);
    try {
      const reason = `Timer fired at ${formatTime(startedAt)}`;
      await invoker.invoke(target, { inputData: [{ name, data: { json: info } }], reason });
    } finally {
      // Node's timers can be early by a millisecond; without this the same time would come twice.
      const isEarly = isScheduled && status.next !== undefined && status.next > startedAt;
      status.last = isEarly ? status.next : startedAt;
      status.next = schedule.next(status.last!);
    }
  };

  const enqueue = async (isScheduled: boolean): Promise<void> => {
    const turn = running.then(() => (isStopped ? undefined : invoke(isScheduled)));
    running = turn.catch(() => undefined);
    await turn;
  };

  const scheduleNext = (): void => {
    if (isStopped || status.next === undefined) {
      return;
    }
    const waitMs = Math.max(status.next.getTime() - Date.now(), 0);
    wait = setTimeout(waitMs > maxWaitMs ? scheduleNext : () => void runScheduled(), Math.min(waitMs, maxWaitMs));
  };

  // A failed run is logged by the invoker; the schedule goes on.
  const runScheduled = async (): Promise<void> => {
    await enqueue(true).catch(() => undefined);
    scheduleNext();
  };

  const runFirst = async (): Promise<void> => {
    await enqueue(false).catch(() => undefined);
    scheduleNext();
  };

  return {
    name: target.metadata.name,
    runOnce: () => enqueue(false),
    start: (runAtStart) => {
      log('debug', `Timer '${target.metadata.name}' runs next at ${status.next?.toISOString() ?? 'no time'}`);
      if (runAtStart) {
        void runFirst();
      } else {
        scheduleNext();
      }
    },
    stop: () => {
      isStopped = true;
      clearTimeout(wait);
    },
  };
}
