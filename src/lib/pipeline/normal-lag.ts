import type { PlanSettings } from './stream.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
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
 * Seconds between two ticks of a six-field NCRONTAB schedule at most, by the rule of the alarms (`infra/streams.bicep`): it knows every N
 * minutes, once an hour and every N hours, and takes the rest for once a day, or a week where it names weekdays, a month where days, a year
 * where months. A stream is then called late or silent later, never in error.
 */
export function secondsBetweenTicks(schedule: string): number {
  const [, minute = '', hour = '', day = '*', month = '*', weekday = '*'] = schedule.trim().split(/\s+/);
  if (month !== '*') return 366 * DAY;
  if (day !== '*') return 31 * DAY;
  if (weekday !== '*') return 7 * DAY;
  if (hour !== '*') return (stepOf(hour) ?? 24) * HOUR;
  return minute === '*' ? MINUTE : (stepOf(minute) ?? 60) * MINUTE;
}

function stepOf(field: string): number | undefined {
  const [, step] = /^\*\/(\d+)$/.exec(field) ?? [];
  return step === undefined ? undefined : Number(step);
}
