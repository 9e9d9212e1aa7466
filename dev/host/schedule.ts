import { Cron } from 'croner';
import { HostError } from './host-error.ts';
import { parseTimeSpan } from './time-span.ts';

/** When a timer runs. */
export interface Schedule {
  /** The first instant of the schedule after the given one; undefined when there is none. */
  readonly next: (after: Date) => Date | undefined;
  /** True when it can run more than once a minute: the real host then keeps no status of it. */
  readonly isFrequent: boolean;
}

const name = '(?:sun|mon|tue|wed|thu|fri|sat|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)';
const value = `(?:\\d{1,2}|${name})`;
const part = `(?:\\*|${value}(?:-${value})?)(?:/\\d{1,2})?`;
/** What NCRONTAB knows; the other signs of cron dialects (`?`, `L`, `W`, `#`, `@daily`) it does not. */
const fieldPattern = new RegExp(`^${part}(?:,${part})*$`, 'i');

function assertFields(text: string, fields: readonly string[], where: string): void {
  if (parseTimeSpan(text) !== undefined) {
    throw new HostError(
      `${where}: the time span "${text}" is not supported on Flex Consumption: use six NCRONTAB fields`,
    );
  }
  const weekday = fields[5] ?? '';
  const isValid = fields.length === 6 && fields.every((field) => fieldPattern.test(field));
  if (!isValid || /(?:^|[,-])[7-9]|\d\d/.test(weekday.replace(/\/\d+/g, ''))) {
    throw new HostError(
      `${where}: "${text}" is no schedule: allowed are six NCRONTAB fields, "second minute hour day month weekday", ` +
        'each *, a value, a range (1-5), steps (*/5) or a list of these; weekdays are 0 (Sunday) to 6',
    );
  }
}

function createCron(text: string, fields: readonly string[], where: string): Cron {
  try {
    // NCRONTAB wants day and weekday both to fit, and reads 5/15 as "from 5 on, every 15".
    const options = { timezone: 'UTC', mode: '6-part', domAndDow: true, sloppyRanges: true, paused: true } as const;
    return new Cron(fields.join(' '), options);
  } catch (error) {
    throw new HostError(`${where}: "${text}" is no schedule: ${String(error)}`, { cause: error });
  }
}

function isBelowMinute(cron: Cron): boolean {
  const [first, second] = cron.nextRuns(2, new Date(0));
  return first !== undefined && second !== undefined && second.getTime() - first.getTime() < 60_000;
}

/**
 * Reads an NCRONTAB expression of six fields, in UTC.
 * @throws HostError naming `where`, what was given and what is allowed.
 */
export function parseSchedule(text: string, where: string): Schedule {
  const fields = text.trim().split(/\s+/);
  assertFields(text, fields, where);
  const cron = createCron(text, fields, where);
  const next = (after: Date): Date | undefined => cron.nextRun(after) ?? undefined;
  const isEveryMinute = fields.slice(1).every((field) => field === '*');
  return { next, isFrequent: isEveryMinute && isBelowMinute(cron) };
}
