import type { BackfillView, CostAnswer, DeadLetterView, StatusAnswer, WindowView } from '../answers.ts';
import type { Routes } from '../calls/routes.ts';
import { isRead } from '../model/read-status.ts';
import { readAnew, type Reading } from './reading.ts';

/** Everything the page shows by itself. */
export interface LiveData {
  readonly status: Reading<StatusAnswer>;
  /** Live windows by stream. */
  readonly windows: ReadonlyMap<string, Reading<readonly WindowView[]>>;
  readonly backfills: Reading<readonly BackfillView[]>;
  readonly deadLetters: Reading<readonly DeadLetterView[]>;
  readonly cost: Reading<CostAnswer>;
}

/** Before the first answer. */
export const NO_DATA: LiveData = { status: {}, windows: new Map(), backfills: {}, deadLetters: {}, cost: {} };

/** Live windows asked for: a day and the hour that has begun. */
const WINDOW_HOURS = 25;
/** Ended backfills shown; those that run always are. */
const BACKFILLS = 20;
/** Dead letters listed. */
const DEAD_LETTERS = 20;
const LETTERS_FRESH_MS = 120_000;
/** Sums of days change slowly. */
const COST_FRESH_MS = 60_000;

/**
 * Reads everything once, status first, because it names the streams; without it nothing else is asked.
 * `onPart` gets what is known so far.
 */
export async function readAll(before: LiveData, routes: Routes, onPart: (data: LiveData) => void): Promise<LiveData> {
  const status = await readAnew(before.status, routes.status);
  const known = { ...before, status };
  onPart(known);
  if (status.error !== undefined || status.data === undefined || !isRead(status.data)) return known;
  const names = status.data.streams.filter(({ enabled }) => enabled).map(({ name }) => name);
  const [windows, backfills, deadLetters, cost] = await Promise.all([
    Promise.all(
      names.map(async (name) => {
        const reading = await readAnew(before.windows.get(name) ?? {}, () => routes.liveWindows(name, WINDOW_HOURS));
        return [name, reading] as const;
      }),
    ),
    readAnew(before.backfills, () => routes.backfills(BACKFILLS)),
    readDeadLetters(before, status.data, routes),
    isFresh(before.cost, COST_FRESH_MS) ? before.cost : readAnew(before.cost, routes.cost),
  ]);
  return { status, windows: new Map(windows), backfills, deadLetters, cost };
}

/** The list costs a download each letter: it is read only when their number has changed, and now and then. */
function readDeadLetters(before: LiveData, status: StatusAnswer, routes: Routes): Promise<LiveData['deadLetters']> {
  const { deadLetters, status: last } = before;
  const isSameNumber = last.data?.deadLetters === status.deadLetters;
  if (isSameNumber && isFresh(deadLetters, LETTERS_FRESH_MS)) return Promise.resolve(deadLetters);
  return readAnew(deadLetters, () =>
    (status.deadLetters ?? 0) === 0 ? Promise.resolve([]) : routes.deadLetters(DEAD_LETTERS),
  );
}

function isFresh({ error, readAt = 0 }: Reading<unknown>, freshMs: number): boolean {
  return error === undefined && Date.now() - readAt < freshMs;
}

/** All readings, named as a person would. */
export function namedReadings(data: LiveData): { readonly name: string; readonly reading: Reading<unknown> }[] {
  return [
    { name: 'status', reading: data.status },
    ...[...data.windows].map(([stream, reading]) => ({ name: `windows of ${stream}`, reading })),
    { name: 'backfills', reading: data.backfills },
    { name: 'dead letters', reading: data.deadLetters },
    { name: 'cost', reading: data.cost },
  ];
}
