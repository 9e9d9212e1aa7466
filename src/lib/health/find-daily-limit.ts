import { found, type Found } from './find.ts';
import type { Stand } from './health.ts';
import { at, counted, sentences } from './words.ts';

/** So long after midnight what waited for it may not have begun again. */
const RESUMING_MS = 15 * 60_000;

/** Streams that wait because what a day may send is sent. */
export function findDailyLimit(stand: Stand): Found[] {
  const { dailyLimit: limit, time } = stand;
  if (limit?.isReached !== true) return [];
  const now = Date.parse(time);
  return stand.streams
    .filter(({ enabled, name }) => enabled && limit.streams.includes(name))
    .map(({ api, name, windows: { open } }) => {
      const backfills = stand.backfills.filter(({ stream, status }) => stream === name && status !== 'failed').length;
      const waiting = [
        ...(open === 0 ? [] : [counted(open, 'window')]),
        ...(backfills === 0 ? [] : [counted(backfills, 'backfill')]),
      ].join(' and ');
      const text = sentences(
        `Today's ${limit.gigabytes} GB of DAILY_GB_LIMIT are sent (${limit.sentGigabytes} GB): ${name} waits until ${at(limit.until, now)}`,
        waiting === '' ? '' : `${waiting} ${open + backfills === 1 ? 'waits' : 'wait'}; nothing is lost`,
      );
      return found('daily-limit', { stream: name, api, since: null, text }, now);
    });
}

/** Whether a stream waits for the next day, or has just begun to go on. */
export function waitsForDay(stream: string, { dailyLimit: limit, time }: Stand): boolean {
  if (limit?.streams.includes(stream) !== true) return false;
  const isResuming = limit.resumedAt !== null && Date.parse(time) - Date.parse(limit.resumedAt) < RESUMING_MS;
  return limit.isReached || isResuming;
}
