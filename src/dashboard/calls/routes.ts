import type {
  BackfillEstimate,
  BackfillView,
  CostAnswer,
  DeadLetterView,
  Health,
  PingResult,
  ReplayResult,
  StatusAnswer,
  WindowState,
  WindowView,
} from '../answers.ts';
import { callApp, CallError } from './call-app.ts';

/** Where a window is: its stream, `live` or a backfill's id, and its key. */
export interface WindowPlace {
  readonly stream: string;
  readonly run: string;
  readonly key: string;
}

/** The app's routes with one function key. All reject with a CallError. */
export interface Routes {
  readonly status: () => Promise<StatusAnswer>;
  /** The judgement alone. */
  readonly health: () => Promise<Health>;
  readonly cost: () => Promise<CostAnswer>;
  readonly liveWindows: (stream: string, hours: number) => Promise<readonly WindowView[]>;
  readonly windowsOf: (backfill: BackfillView, states: readonly WindowState[]) => Promise<readonly WindowView[]>;
  readonly backfills: (limit: number) => Promise<readonly BackfillView[]>;
  /** What a range would cost. */
  readonly estimateBackfill: (range: { stream: string; from: string; to: string }) => Promise<BackfillEstimate>;
  readonly startBackfill: (range: { stream: string; from: string; to: string }) => Promise<{ readonly id: string }>;
  readonly cancelBackfill: (id: string) => Promise<BackfillView>;
  readonly retryWindow: (place: WindowPlace) => Promise<WindowView>;
  /** Retries all of a run that failed, fell short or wait. @returns how many. */
  readonly retryWindows: (stream: string, run: string) => Promise<number>;
  readonly waiveWindow: (place: WindowPlace, reason: string) => Promise<WindowView>;
  readonly deadLetters: (limit: number) => Promise<readonly DeadLetterView[]>;
  readonly replayDeadLetters: (limit: number) => Promise<ReplayResult>;
  /** @returns how many were queued again. */
  readonly replayAlerts: (state: 'undelivered' | 'uncertain', limit: number) => Promise<number>;
  /** Hurries what waits for the account or the identity. */
  readonly tryNow: (reason: string) => Promise<{ readonly login: string; readonly windows: number }>;
  readonly ping: () => Promise<PingResult>;
}

/** Binds the routes to a function key; undefined where the app asks for none. */
export function createRoutes(key: string | undefined): Routes {
  const windows = async (stream: string, query: Readonly<Record<string, string>>): Promise<readonly WindowView[]> => {
    const path = `windows/${encodeURIComponent(stream)}?${new URLSearchParams(query).toString()}`;
    return listOf((await callApp<{ readonly windows: readonly WindowView[] }>({ path }, key)).windows);
  };
  const operate = (place: WindowPlace, act: string, query: Readonly<Record<string, string>>): Promise<WindowView> => {
    const path = `windows/${encodeURIComponent(place.stream)}/${encodeURIComponent(place.key)}/${act}`;
    const text = new URLSearchParams({ run: place.run, ...query }).toString();
    return callApp({ path: `${path}?${text}`, method: 'POST' }, key);
  };
  return {
    status: () => callApp({ path: 'status' }, key),
    health: () => callApp({ path: 'health', alsoAnswers: [503] }, key),
    cost: () => callApp({ path: 'cost' }, key),
    liveWindows: (stream, hours) => windows(stream, { hours: String(hours) }),
    windowsOf: ({ stream, id }, states) => windows(stream, { run: id, state: states.join(',') }),
    backfills: async (limit) =>
      listOf(await callApp<readonly BackfillView[]>({ path: `backfill?limit=${limit}` }, key)),
    estimateBackfill: (range) => callApp({ path: `backfill-estimate?${new URLSearchParams(range).toString()}` }, key),
    startBackfill: (range) => callApp({ path: 'backfill', method: 'POST', body: range }, key),
    cancelBackfill: (id) => callApp({ path: `backfill/${encodeURIComponent(id)}`, method: 'DELETE' }, key),
    retryWindow: (place) => operate(place, 'retry', {}),
    retryWindows: async (stream, run) => {
      const path = `windows/${encodeURIComponent(stream)}/retry?${new URLSearchParams({ run }).toString()}`;
      return (await callApp<{ readonly retried: number }>({ path, method: 'POST' }, key)).retried;
    },
    waiveWindow: (place, reason) => operate(place, 'waive', { reason }),
    deadLetters: async (limit) => {
      const path = `dead-letters?limit=${limit}`;
      return listOf((await callApp<{ readonly deadLetters: readonly DeadLetterView[] }>({ path }, key)).deadLetters);
    },
    replayDeadLetters: (limit) => callApp({ path: `dead-letters/replay?limit=${limit}`, method: 'POST' }, key),
    replayAlerts: async (state, limit) => {
      const path = `alerts/replay?state=${state}&limit=${limit}`;
      return (await callApp<{ readonly replayed: number }>({ path, method: 'POST' }, key)).replayed;
    },
    tryNow: (reason) => callApp({ path: `try-now?${new URLSearchParams({ reason }).toString()}`, method: 'POST' }, key),
    ping: () => callApp({ method: 'POST', path: 'ping', alsoAnswers: [503] }, key),
  };
}

/** An answer of another release may lack its list; that must not look like an empty one. @throws CallError. */
function listOf<T>(list: readonly T[] | undefined): readonly T[] {
  if (Array.isArray(list)) return list as readonly T[];
  throw new CallError(200, 'the answer has a form that this page does not know: load the page again');
}
