/** The time that strips and charts show: whole hours, so that nothing shifts before the hour is over. */
export interface DayRange {
  /** Epoch milliseconds. */
  readonly start: number;
  readonly end: number;
}

export const HOUR_MS = 3_600_000;
const HOURS = 25;

/** The last 24 hours and what is left of this one. */
export function dayRange(now: number): DayRange {
  const end = (Math.floor(now / HOUR_MS) + 1) * HOUR_MS;
  return { start: end - HOURS * HOUR_MS, end };
}

/** Starts of the hours of the range. */
export function hoursOf({ start, end }: DayRange): number[] {
  return Array.from({ length: (end - start) / HOUR_MS }, (_, index) => start + index * HOUR_MS);
}

/** Full hours of the range that are multiples of `step`: where the axis has its marks. */
export function hourMarks(range: DayRange, step: number): number[] {
  return hoursOf(range).filter((time) => new Date(time).getUTCHours() % step === 0);
}

/** Where an instant lies in the range, 0 to 1; outside it is at the edge. */
export function placeOf(time: number, { start, end }: DayRange): number {
  return Math.min(1, Math.max(0, (time - start) / (end - start)));
}
