const MINUTE_MS = 60_000;

/** What was posted in a minute of the clock, and what was too much for it and goes into one summary. */
export interface AlertMinute {
  /** Its start, e.g. `2026-05-01T12:00Z`. */
  readonly minute: string;
  /** Posts, those that were not taken included; summaries do not count. */
  posted: number;
  /** Alerts that were not posted. */
  summarised: number;
  /** Their first and last time, ISO 8601. */
  firstTime?: string;
  lastTime?: string;
  /** The worst of them: its score, and what it says of it. */
  score?: number;
  severity?: string;
  priority?: number;
  /** Its summary is made: nothing counts in it any more. */
  isClosed: boolean;
  /** ETag of the stored minute. */
  etag?: string;
}

/** The minute of a time. */
export function minuteOf(time: Date): string {
  return `${time.toISOString().slice(0, 16)}Z`;
}

/** When a minute is over. */
export function endOf({ minute }: Pick<AlertMinute, 'minute'>): Date {
  return new Date(Date.parse(minute) + MINUTE_MS);
}

/** A minute in which nothing has happened. */
export function newMinute(minute: string): AlertMinute {
  return { minute, posted: 0, summarised: 0, isClosed: false };
}

/**
 * Whether one more may be posted in a minute. What was refused before or is replayed gets half of it, so that a webhook that comes back
 * hears of what happens now.
 */
export function hasRoom({ posted }: AlertMinute, maxPerMinute: number, isNew: boolean): boolean {
  return posted < (isNew ? maxPerMinute : Math.ceil(maxPerMinute / 2));
}
