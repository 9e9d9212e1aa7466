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

/** A range that a backfill reads; ISO 8601. */
interface BackfillRange {
  readonly stream: string;
  readonly from: string;
  readonly to: string;
}

/** Binds the app's routes to a function key; undefined where the app asks for none. All reject with a CallError. */
export function createRoutes(key: string | undefined) {
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
    status: () => callApp<StatusAnswer>({ path: 'status' }, key),
    /** The judgement alone. */
    health: () => callApp<Health>({ path: 'health', alsoAnswers: [503] }, key),
    cost: () => callApp<CostAnswer>({ path: 'cost' }, key),
    liveWindows: (stream: string, hours: number) => windows(stream, { hours: String(hours) }),
    windowsOf: ({ stream, id }: BackfillView, states: readonly WindowState[]) =>
      windows(stream, { run: id, state: states.join(',') }),
    backfills: async (limit: number) =>
      listOf(await callApp<readonly BackfillView[]>({ path: `backfill?limit=${limit}` }, key)),
    /** What a range would cost. */
    estimateBackfill: ({ stream, from, to }: BackfillRange) => {
      const query = new URLSearchParams({ stream, from, to }).toString();
      return callApp<BackfillEstimate>({ path: `backfill-estimate?${query}` }, key);
    },
    startBackfill: (range: BackfillRange) =>
      callApp<{ readonly id: string }>({ path: 'backfill', method: 'POST', body: range }, key),
    cancelBackfill: (id: string) =>
      callApp<BackfillView>({ path: `backfill/${encodeURIComponent(id)}`, method: 'DELETE' }, key),
    retryWindow: (place: WindowPlace) => operate(place, 'retry', {}),
    /** Retries all of a run that failed, fell short or wait. @returns how many. */
    retryWindows: async (stream: string, run: string) => {
      const path = `windows/${encodeURIComponent(stream)}/retry?${new URLSearchParams({ run }).toString()}`;
      return (await callApp<{ readonly retried: number }>({ path, method: 'POST' }, key)).retried;
    },
    waiveWindow: (place: WindowPlace, reason: string) => operate(place, 'waive', { reason }),
    deadLetters: async (limit: number) => {
      const path = `dead-letters?limit=${limit}`;
      return listOf((await callApp<{ readonly deadLetters: readonly DeadLetterView[] }>({ path }, key)).deadLetters);
    },
    replayDeadLetters: (limit: number) =>
      callApp<ReplayResult>({ path: `dead-letters/replay?limit=${limit}`, method: 'POST' }, key),
    /** @returns how many were queued again. */
    replayAlerts: async (state: 'undelivered' | 'uncertain', limit: number) => {
      const path = `alerts/replay?state=${state}&limit=${limit}`;
      return (await callApp<{ readonly replayed: number }>({ path, method: 'POST' }, key)).replayed;
    },
    /** Hurries what waits for the account or the identity. */
    tryNow: (reason: string) => {
      const path = `try-now?${new URLSearchParams({ reason }).toString()}`;
      return callApp<{ readonly login: string; readonly windows: number }>({ path, method: 'POST' }, key);
    },
    ping: () => callApp<PingResult>({ method: 'POST', path: 'ping', alsoAnswers: [503] }, key),
  };
}

/** The app's routes. */
export type Routes = ReturnType<typeof createRoutes>;

/** An answer of another release may lack its list; that must not look like an empty one. @throws CallError. */
function listOf<T>(list: readonly T[] | undefined): readonly T[] {
  if (Array.isArray(list)) return list as readonly T[];
  throw new CallError(200, 'the answer has a form that this page does not know: load the page again');
}
