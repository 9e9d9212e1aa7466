import { scheduleValues } from '../is-schedule.ts';
import type { PlanSettings } from './stream.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAY_MS = DAY * 1000;
/** Within so many days each date has come on each day of the week: 29 February does so every 28 years. */
const MOST_DAYS = 29 * 366;
/** A tick that plans, reads and stores takes a moment itself. */
const TOLERANCE_SECONDS = MINUTE;

/**
 * Lag up to which a stream is on time while its planner runs, in seconds: a window may be read until the next tick, and that of the next one
 * is not read yet, so that is twice the usual time between two ticks, the safety lag, and the grid on which windows end.
 */
export function normalLagSeconds(
  schedule: string,
  { safetyLagSeconds, gridMinutes = 0 }: Pick<PlanSettings, 'safetyLagSeconds' | 'gridMinutes'>,
): number {
  return 2 * usualSeconds(schedule) + safetyLagSeconds + gridMinutes * MINUTE + TOLERANCE_SECONDS;
}

/** How long the planner rests at most, beyond the usual time between two ticks, in seconds: at night, at weekends; 0 where it never does. */
export function restSeconds(schedule: string): number {
  return secondsBetweenTicks(schedule) - usualSeconds(schedule);
}

/**
 * Seconds between two ticks of a six-field NCRONTAB schedule at most, its rest included; where days are named a month, where months a year.
 * The alarms (`infra/streams.bicep`) know fewer forms and take longer times for the others.
 */
export function secondsBetweenTicks(schedule: string): number {
  const [, minutes = [], hours = [], days = [], months = [], weekdays = []] = scheduleValues(schedule);
  if (months.length < 12) return 366 * DAY;
  if (days.length < 31) return 31 * DAY;
  if (weekdays.length < 7) return Math.max(...gapsOf(weekdays, 7)) * DAY;
  if (hours.length < 24) return Math.max(...gapsOf(hours, 24)) * HOUR;
  return Math.max(...gapsOf(minutes, 60)) * MINUTE;
}

/** The first tick of a schedule after an instant, epoch milliseconds; undefined where no day has one (30 February). */
export function tickAfter(schedule: string, after: number): number | undefined {
  const [seconds = [], minutes = [], hours = [], days = [], months = [], weekdays = []] = scheduleValues(schedule);
  const times = hours.flatMap((hour) => minutes.map((minute) => hour * HOUR + minute * MINUTE));
  const midnight = after - (after % DAY_MS);
  for (let day = midnight; day < midnight + MOST_DAYS * DAY_MS; day += DAY_MS) {
    const date = new Date(day);
    if (!days.includes(date.getUTCDate()) || !months.includes(date.getUTCMonth() + 1)) continue;
    if (!weekdays.includes(date.getUTCDay())) continue;
    for (const time of times) {
      const second = seconds.find((each) => day + (time + each) * 1000 > after);
      if (second !== undefined) return day + (time + second) * 1000;
    }
  }
  return undefined;
}

/** Seconds between two ticks while the planner does not rest. */
function usualSeconds(schedule: string): number {
  const [, minutes = [], hours = [], days = [], , weekdays = []] = scheduleValues(schedule);
  if (minutes.length > 1) return Math.max(...gapsOf(minutes, 60)) * MINUTE;
  if (hours.length > 1) return Math.min(...gapsOf(hours, 24)) * HOUR;
  const daily = [gapsOf(days, 31), gapsOf(weekdays, 7)].map((gaps) => Math.min(...gaps));
  return days.length > 1 && weekdays.length > 1 ? Math.max(...daily) * DAY : secondsBetweenTicks(schedule);
}

/** From each value to the next, from the last to the first of the next round. */
function gapsOf(values: readonly number[], round: number): number[] {
  const [first = 0] = values;
  return values.map((value, index) => (values[index + 1] ?? first + round) - value);
}
