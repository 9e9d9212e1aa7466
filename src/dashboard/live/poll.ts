import { CallError } from '../calls/call-app.ts';
import type { Routes } from '../calls/routes.ts';
import { namedReadings, NO_DATA, readAll, type LiveData } from './live-data.ts';

/** What is not as it should be, and a backfill, are watched closely. */
const BUSY_MS = 5000;
/** With the reading itself what is stored is seen within ten seconds. */
const CALM_MS = 8000;
/** After a failure, doubling with each further one. */
const FIRST_RETRY_MS = 3000;
const LAST_RETRY_MS = 60_000;

/** What a poller tells. */
export interface PollerEvents {
  readonly onData: (data: LiveData) => void;
  /** The app refused the key; the poller has ended. */
  readonly onRefused: (error: CallError) => void;
}

/** Makes a poller, which reads again and again while it is on. */
export function createPoller(routes: Routes, { onData, onRefused }: PollerEvents) {
  let data = NO_DATA;
  let failures = 0;
  let isRunning = false;
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reading: Promise<void> | undefined;

  function tell(next: LiveData): void {
    data = next;
    if (!isStopped) onData(next);
  }

  async function readOnce(): Promise<void> {
    const next = await readAll(data, routes, tell).catch((thrown: unknown) => withFailure(data, thrown));
    const { error } = next.status;
    if (!isStopped && error?.status === 401) {
      isStopped = true;
      onRefused(error);
      return;
    }
    failures = namedReadings(next).some((each) => each.reading.error !== undefined) ? failures + 1 : 0;
    tell(next);
  }

  async function refresh(): Promise<void> {
    // What is asked for while a reading runs must see what happened since that began.
    await reading;
    clearTimeout(timer);
    reading ??= readOnce().finally(() => {
      reading = undefined;
      schedule();
    });
    await reading;
  }

  function schedule(): void {
    clearTimeout(timer);
    if (isRunning && !isStopped) timer = setTimeout(() => void refresh(), nextDelayMs(data, failures));
  }

  return {
    /** Reads now. */
    refresh,
    /** Reads by itself, at once and from then on; or only when asked. */
    turn: (isOn: boolean): void => {
      isRunning = isOn;
      if (isOn) void refresh();
      else clearTimeout(timer);
    },
    /** Tells nothing any more. */
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** What nobody foresaw is a failure like any other: shown, and tried again. */
function withFailure(data: LiveData, thrown: unknown): LiveData {
  const { status } = data;
  const error = new CallError(0, `the answer cannot be understood: ${String(thrown)}`);
  return { ...data, status: { ...status, error, failingSince: status.failingSince ?? Date.now() } };
}

function nextDelayMs({ backfills, status: { data } }: LiveData, failures: number): number {
  if (failures > 0) return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS);
  const isBusy = backfills.data?.some(({ status }) => status === 'running' || status === 'planning') === true;
  return isBusy || data?.verdict !== 'ok' ? BUSY_MS : CALM_MS;
}
