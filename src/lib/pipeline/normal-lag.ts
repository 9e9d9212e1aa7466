import type { PlanSettings } from './stream.ts';

/** A tick that plans, reads and stores takes a moment itself. */
const TOLERANCE_SECONDS = 60;

/**
 * Lag up to which a stream is on time, in seconds: a window that was read counts at the next tick, so that is twice the time between two
 * ticks and the safety lag. Where windows end on a step, there is none to read before that.
 */
export function normalLagSeconds(
  schedule: string,
  { safetyLagSeconds, stepMinutes = 0 }: Pick<PlanSettings, 'safetyLagSeconds' | 'stepMinutes'>,
): number {
  return (2 * minutesBetweenTicks(schedule) + stepMinutes) * 60 + safetyLagSeconds + TOLERANCE_SECONDS;
}

/**
 * Minutes between two ticks of a six-field NCRONTAB schedule, by the rule of the alarms (`infra/streams.bicep`): it knows every N minutes,
 * once an hour and every N hours, and takes anything else for once a day. A stream is then called late later, never in error.
 */
export function minutesBetweenTicks(schedule: string): number {
  const [, minute = '', hour = ''] = schedule.trim().split(/\s+/);
  if (minute === '*') return 1;
  const step = stepOf(minute);
  if (step !== undefined) return step;
  if (hour === '*') return 60;
  return 60 * (stepOf(hour) ?? 24);
}

function stepOf(field: string): number | undefined {
  const [, step] = /^\*\/(\d+)$/.exec(field) ?? [];
  return step === undefined ? undefined : Number(step);
}
