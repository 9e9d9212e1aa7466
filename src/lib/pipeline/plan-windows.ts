import type { WindowRecord, WindowState } from './ports.ts';
import type { PlanSettings } from './stream.ts';
import { chop, floorSecond, gaps, isoSeconds, toInterval } from './window.ts';

/** Windows planned in one go; the rest follows at the next tick. */
export const MAX_WINDOWS_A_TICK = 1000;

const FINISHED: ReadonlySet<WindowState> = new Set(['closed', 'incomplete', 'waived']);

/** What a planner knows when it plans. */
export interface PlanInput {
  /** Time before which everything is ingested. */
  readonly watermark: string;
  /** Checkpoints of the run at and after the watermark, in any order. */
  readonly records: readonly Pick<WindowRecord, 'from' | 'to' | 'state'>[];
  /** Where planning ends; windows end at or before it, on a whole second. */
  readonly horizon: Date;
  readonly windowMinutes: number;
}

/** What the planner is to do. */
export interface Plan {
  /** The new watermark: end of the contiguous run of finished windows. Never before the old one. */
  readonly watermark: string;
  /** Windows to open: exactly the time that no record covers yet. */
  readonly windows: readonly { readonly from: string; readonly to: string }[];
}

/** Whether a window needs no further work. */
export function isFinished(record: Pick<WindowRecord, 'state'>): boolean {
  return FINISHED.has(record.state);
}

/** Whether a window was closed with less than there is, and nobody has taken note of that. */
export function isUnacknowledged({ state, acknowledged }: Pick<WindowRecord, 'state' | 'acknowledged'>): boolean {
  return state === 'incomplete' && acknowledged !== true;
}

/** Where planning ends, in epoch milliseconds: `now` less the safety lag, on the grid of the stream. */
export function horizonOf(plan: Pick<PlanSettings, 'safetyLagSeconds' | 'gridMinutes'>, now: number): number {
  const horizon = floorSecond(now - plan.safetyLagSeconds * 1000);
  if (plan.gridMinutes === undefined) return horizon;
  const gridMs = plan.gridMinutes * 60_000;
  return Math.floor(horizon / gridMs) * gridMs;
}

/**
 * Decides what to open and where the watermark stands. Pure and idempotent: what a killed planner left undone
 * is a gap, and gaps are planned again.
 */
export function planWindows({ watermark, records, horizon, windowMinutes }: PlanInput): Plan {
  const start = Date.parse(watermark);
  const until = Math.max(start, floorSecond(horizon.getTime()));
  const open = gaps({ from: start, to: until }, records.map(toInterval));
  const windows = open.flatMap((gap) => chop(gap, windowMinutes * 60_000)).slice(0, MAX_WINDOWS_A_TICK);
  return {
    watermark: watermarkAfter(watermark, records),
    windows: windows.map(({ from, to }) => ({ from: isoSeconds(from), to: isoSeconds(to) })),
  };
}

/** The watermark by the windows at and after it: the end of the contiguous run of finished ones. Never before the old one. */
export function watermarkAfter(watermark: string, records: PlanInput['records']): string {
  const start = Date.parse(watermark);
  const finished = records.filter(isFinished).map(toInterval);
  const open = records.filter((record) => !isFinished(record)).map(toInterval);
  const end = Math.max(start, ...finished.map(({ to }) => to));
  const [gap] = gaps({ from: start, to: end }, finished);
  const ahead = open.filter(({ to }) => to > start).map(({ from }) => Math.max(start, from));
  return isoSeconds(Math.min(gap?.from ?? end, ...ahead));
}
