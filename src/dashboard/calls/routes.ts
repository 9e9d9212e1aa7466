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
import type { BackfillRange } from '../model/backfill-ranges.ts';
import { callApp, CallError, type AppCall } from './call-app.ts';

/** Where a window is: its stream, `live` or a backfill's id, and its key. */
export interface WindowPlace {
  readonly stream: string;
  readonly run: string;
  readonly key: string;
}

type Query = NonNullable<AppCall['query']>;

/** Binds the app's routes to a function key; undefined where the app asks for none. All reject with a CallError. */
export function createRoutes(key: string | undefined) {
  const get = <T>(path: string, query: Query = {}) => callApp<T>({ path, query }, key);
  const post = <T>(path: string, query: Query = {}) => callApp<T>({ method: 'POST', path, query }, key);
  const windows = async (stream: string, query: Query) =>
    listOf((await get<{ readonly windows: readonly WindowView[] }>(pathOf('windows', stream), query)).windows);
  return {
    status: () => get<StatusAnswer>('status'),
    /** The judgement alone. */
    health: () => callApp<Health>({ path: 'health', alsoAnswers: [503] }, key),
    cost: () => get<CostAnswer>('cost'),
    liveWindows: (stream: string, hours: number) => windows(stream, { hours }),
    windowsOf: ({ stream, id }: BackfillView, states: readonly WindowState[]) =>
      windows(stream, { run: id, state: states.join(',') }),
    backfills: async (limit: number) => listOf(await get<readonly BackfillView[]>('backfill', { limit })),
    /** What a range would cost. */
    estimateBackfill: (range: BackfillRange) => get<BackfillEstimate>('backfill-estimate', { ...range }),
    startBackfill: (range: BackfillRange) =>
      callApp<{ readonly id: string }>({ path: 'backfill', method: 'POST', body: range }, key),
    cancelBackfill: (id: string) => callApp<BackfillView>({ path: pathOf('backfill', id), method: 'DELETE' }, key),
    retryWindow: ({ stream, run, key: window }: WindowPlace) =>
      post<WindowView>(pathOf('windows', stream, window, 'retry'), { run }),
    /** Retries all of a run that failed, fell short or wait. @returns how many. */
    retryWindows: async (stream: string, run: string) =>
      (await post<{ readonly retried: number }>(pathOf('windows', stream, 'retry'), { run })).retried,
    waiveWindow: ({ stream, run, key: window }: WindowPlace, reason: string) =>
      post<WindowView>(pathOf('windows', stream, window, 'waive'), { run, reason }),
    deadLetters: async (limit: number) =>
      listOf((await get<{ readonly deadLetters: readonly DeadLetterView[] }>('dead-letters', { limit })).deadLetters),
    replayDeadLetters: (limit: number) => post<ReplayResult>('dead-letters/replay', { limit }),
    /** @returns how many were queued again. */
    replayAlerts: async (state: 'undelivered' | 'uncertain', limit: number) =>
      (await post<{ readonly replayed: number }>('alerts/replay', { state, limit })).replayed,
    /** Hurries what waits for the account or the identity. */
    tryNow: (reason: string) => post<{ readonly login: string; readonly windows: number }>('try-now', { reason }),
    ping: () => callApp<PingResult>({ method: 'POST', path: 'ping', alsoAnswers: [503] }, key),
  };
}

function pathOf(...parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join('/');
}

/** The app's routes. */
export type Routes = ReturnType<typeof createRoutes>;

/** An answer of another release may lack its list; that must not look like an empty one. @throws CallError. */
function listOf<T>(list: readonly T[] | undefined): readonly T[] {
  if (Array.isArray(list)) return list as readonly T[];
  throw new CallError(200, 'the answer has a form that this page does not know: load the page again');
}
