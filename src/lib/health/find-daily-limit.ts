import type { Finding, Stand } from './health.ts';
import { isReachedForBackfills } from '../cost/daily-limit.ts';
import type { StreamStatus } from '../pipeline/status-answer.ts';
import { PROBLEM_KINDS } from './problem-codes.ts';
import { at, lasting, sentences, waiting } from './words.ts';

/** So long after midnight what waited for it may not have begun again. */
const RESUMING_MS = 15 * 60_000;

/** Streams that wait because what a day may send is sent; also those that are so far behind for it that a day does not help. */
export function findDailyLimit(stand: Stand): Finding[] {
  const { dailyLimit: limit, time } = stand;
  if (limit === null || (!limit.isReached && limit.resumedAt === null)) return [];
  const now = Date.parse(time);
  return stand.streams
    .filter(({ enabled, name }) => enabled && limit.streams.includes(name))
    .filter((stream) => limit.isReached || lasts(stream, now))
    .map((stream) => {
      const { api, name } = stream;
      const text = sentences(
        limit.isReached
          ? `Today's ${limit.gigabytes} GB of DAILY_GB_LIMIT are sent (${limit.sentGigabytes} GB): ${name} waits until ${at(limit.until, now)}`
          : `Yesterday's ${limit.gigabytes} GB of DAILY_GB_LIMIT were sent, and ${name} waited`,
        waitingFor(stream, stand),
        lasts(stream, now)
          ? `It is ${lasting(stream.lagSeconds ?? 0)} behind: a limit that every day reaches lets it fall behind more each day`
          : '',
      );
      return { code: 'daily-limit', stream: name, api, since: behindSince(stream), text };
    });
}

function waitingFor({ name, windows: { open } }: StreamStatus, { backfills: all, dailyLimit }: Stand): string {
  const backfills = all.filter(({ stream, status }) => stream === name && status !== 'failed').length;
  return dailyLimit?.isReached !== true || open + backfills === 0 ? '' : `${waiting(open, backfills)}; nothing is lost`;
}

/** When it was last no more behind than is normal, ISO 8601; null: it still is not. */
export function behindSince({ watermark, lagSeconds, normalLagSeconds }: StreamStatus): string | null {
  if (watermark === null || (lagSeconds ?? 0) <= normalLagSeconds) return null;
  return new Date(Date.parse(watermark) + normalLagSeconds * 1000).toISOString();
}

function lasts(stream: StreamStatus, now: number): boolean {
  const since = behindSince(stream);
  return since !== null && now - Date.parse(since) >= PROBLEM_KINDS['daily-limit'].lasting.afterSeconds * 1000;
}

/** Whether the backfills of a stream wait for the next day: before its live windows do. */
export function backfillsWaitForDay(stream: string, stand: Stand): boolean {
  const { dailyLimit: limit } = stand;
  if (waitsForDay(stream, stand)) return true;
  return limit?.streams.includes(stream) === true && isReachedForBackfills(limit.sentGigabytes, limit.gigabytes);
}

/** Whether a stream waits for the next day, or has just begun to go on. */
export function waitsForDay(stream: string, { dailyLimit: limit, time }: Stand): boolean {
  if (limit?.streams.includes(stream) !== true) return false;
  const isResuming = limit.resumedAt !== null && Date.parse(time) - Date.parse(limit.resumedAt) < RESUMING_MS;
  return limit.isReached || isResuming;
}
