import { Cron } from 'croner';
import { isSchedule } from '../../src/lib/is-schedule.ts';
import { HostError } from './host-error.ts';
import { parseTimeSpan } from './time-span.ts';

/** When a timer runs. */
export interface Schedule {
  /** The first instant of the schedule after the given one; undefined when there is none. */
  readonly next: (after: Date) => Date | undefined;
  /** True when it can run more than once a minute: the real host then keeps no status of it. */
  readonly isFrequent: boolean;
}

function assertFields(text: string, where: string): void {
  if (parseTimeSpan(text) !== undefined) {
    throw new HostError(
      `${where}: the time span "${text}" is not supported on Flex Consumption: use six NCRONTAB fields`,
    );
  }
  if (!isSchedule(text)) {
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
  assertFields(text, where);
  const cron = createCron(text, fields, where);
  const next = (after: Date): Date | undefined => cron.nextRun(after) ?? undefined;
  const isEveryMinute = fields.slice(1).every((field) => field === '*');
  return { next, isFrequent: isEveryMinute && isBelowMinute(cron) };
}
