import type { BackfillEstimate } from './backfill-answer.ts';
import { isLate, isLook } from './look-back.ts';
import type { LimitView } from './limit-view.ts';
import { isFinished } from './plan-windows.ts';
import type { WindowRecord } from './ports.ts';
import { chop, isoSeconds, toInterval } from './window.ts';

/** What an estimate goes by. */
export interface EstimateInputs {
  readonly stream: string;
  readonly range: { readonly from: Date; readonly to: Date };
  /** Largest window of the stream. */
  readonly windowMinutes: number;
  /** Live windows of the stream. */
  readonly windows: readonly WindowRecord[];
  /** Live windows of all streams that share its API, this one among them. */
  readonly sharing: readonly WindowRecord[];
  readonly budget: LimitView['budget'];
  readonly now: Date;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Estimates a backfill. Pure. */
export function estimateBackfill(inputs: EstimateInputs): BackfillEstimate {
  const { stream, range, windowMinutes, windows: live } = inputs;
  const [from, to] = [isoSeconds(range.from), isoSeconds(range.to)];
  const windows = chop(toInterval({ from, to }), windowMinutes * 60_000).length;
  const calls = callsFor(windows, Number(range.to) - Number(range.from), live);
  const callsAnHour = callsAnHourFor(inputs);
  return {
    stream,
    from,
    to,
    windows,
    calls,
    callsAnHour,
    leastSeconds: secondsFor(calls ?? windows, inputs, callsAnHour),
  };
}

/** The least that a window takes, for each; and what took more than that, by the time that it lay in. */
function callsFor(windows: number, spanMs: number, live: readonly WindowRecord[]): number | null {
  const read = new Map<string, { calls: number; ms: number }>();
  for (const record of live.filter((each) => each.state === 'closed' && !isLook(each) && !isLate(each))) {
    const { from, to } = toInterval(record);
    const time = `${record.from}/${record.to}`;
    // Slices of a window share its time.
    read.set(time, { calls: (read.get(time)?.calls ?? 0) + record.counts.calls, ms: to - from });
  }
  const all = [...read.values()];
  if (all.length === 0) return null;
  const least = Math.max(1, Math.min(...all.map(({ calls }) => calls)));
  const more = all.reduce((sum, { calls }) => sum + Math.max(0, calls - least), 0);
  const readMs = all.reduce((sum, { ms }) => sum + ms, 0);
  return windows * least + Math.round((more * spanMs) / readMs);
}

/** The reserve is kept for live windows; where they use more than that, they go first all the same. */
function callsAnHourFor({ budget, sharing, now }: EstimateInputs): number | null {
  if (budget === null) return null;
  const dayAgo = now.getTime() - DAY_MS;
  const ofDay = sharing.filter((record) => isFinished(record) && Date.parse(record.closedAt ?? '') >= dayAgo);
  const hours = budget.windowSeconds / 3600;
  const used = (ofDay.reduce((sum, { counts }) => sum + counts.calls, 0) / 24) * hours;
  return Math.floor(Math.max(0, budget.limit - Math.max(budget.reserve, used)) / hours);
}

function secondsFor(calls: number, { budget }: EstimateInputs, callsAnHour: number | null): number | null {
  if (budget === null || callsAnHour === null) return null;
  const wanting = calls - Math.max(0, budget.left - budget.reserve);
  if (wanting <= 0) return 0;
  return callsAnHour === 0 ? null : Math.ceil((wanting * 3600) / callsAnHour);
}
