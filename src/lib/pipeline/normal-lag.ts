import type { PlanSettings } from './stream.ts';

const MINUTE = 60;
/** A tick that plans, reads and stores takes a moment itself. */
const TOLERANCE_SECONDS = MINUTE;

/**
 * Lag up to which a stream is on time, in seconds: a window may be read until the next tick, and that of the next one is not read yet, so
 * that is twice the time between two ticks, the safety lag, and the grid on which windows end.
 */
export function normalLagSeconds(
  schedule: string,
  { safetyLagSeconds, gridMinutes = 0 }: Pick<PlanSettings, 'safetyLagSeconds' | 'gridMinutes'>,
): number {
  return 2 * secondsBetweenTicks(schedule) + safetyLagSeconds + gridMinutes * MINUTE + TOLERANCE_SECONDS;
}

/**
 * Seconds between two ticks of a six-field NCRONTAB schedule, by the rule of the alarms (`infra/streams.bicep`): it knows every N minutes,
 * once an hour and every N hours, and takes anything else for once a day. A stream is then called late later, never in error.
 */
export function secondsBetweenTicks(schedule: string): number {
  const [, minute = '', hour = ''] = schedule.trim().split(/\s+/);
  if (minute === '*') return MINUTE;
  const step = stepOf(minute);
  if (step !== undefined) return step * MINUTE;
  return 60 * MINUTE * (hour === '*' ? 1 : (stepOf(hour) ?? 24));
}

function stepOf(field: string): number | undefined {
  const [, step] = /^\*\/(\d+)$/.exec(field) ?? [];
  return step === undefined ? undefined : Number(step);
}
