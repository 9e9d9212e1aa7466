import { DailyLimitError } from '../errors.ts';
import type { Clock } from '../pipeline/ports.ts';
import { limitedStreams, type LimitSettings } from '../setting-rules.ts';
import type { DailyLimitView } from './daily-limit-answer.ts';
import { BYTES_A_GIGABYTE, bytesIn, DAY_MS, dayOf, type SentBook } from './sent.ts';

/** A bound on what a day may send. */
export interface DailyLimit {
  /**
   * @param run of the window that is read: `live`, or the id of a backfill.
   * @throws DailyLimitError where the stream waits for the next day; RetryableError when the storage fails.
   */
  readonly check: (stream: string, run: string) => Promise<void>;
  readonly view: () => Promise<DailyLimitView>;
}

/** What waits looks again after so long: somebody may have raised the limit. */
const LOOK_AGAIN_MS = 15 * 60_000;

/** Part of a day's limit that backfills may take it to, in percent: the rest is for the live windows. */
const BACKFILL_PERCENT = 80;

/** Whether so much is sent that backfills wait; both numbers of the same unit. */
export function isReachedForBackfills(sent: number, limit: number): boolean {
  return sent >= (limit * BACKFILL_PERCENT) / 100;
}

/** Makes the limit that the settings ask for; undefined: none. It knows what other instances have sent up to half a minute ago. */
export function createDailyLimit(
  settings: LimitSettings,
  book: Pick<SentBook, 'today' | 'since'>,
  clock: Clock,
): DailyLimit | undefined {
  const { DAILY_GB_LIMIT: gigabytes } = settings;
  if (gigabytes === undefined) return undefined;
  const streams = limitedStreams(settings);
  const most = gigabytes * BYTES_A_GIGABYTE;
  return {
    check: async (stream, run) => {
      if (!streams.includes(stream)) return;
      const sent = await book.today();
      const isBackfill = run !== 'live';
      if (sent < most && !(isBackfill && isReachedForBackfills(sent, most))) return;
      const now = clock.now().getTime();
      const midnight = midnightAfter(now);
      const [part, who] = isBackfill
        ? [`${BACKFILL_PERCENT} % of `, `backfills of ${stream} go`]
        : ['', `${stream} goes`];
      throw new DailyLimitError(
        `${part}the ${gigabytes} GB a day of DAILY_GB_LIMIT are sent; ${who} on at ${new Date(midnight).toISOString()}`,
        Math.min(LOOK_AGAIN_MS, midnight - now),
      );
    },
    view: async () => {
      const now = clock.now().getTime();
      const [today, yesterday] = [dayOf(now), dayOf(now - DAY_MS)];
      const rows = await book.since(yesterday);
      const sentOn = (wanted: string): number => bytesIn(rows.filter(({ day }) => day === wanted));
      const sent = sentOn(today);
      return {
        gigabytes,
        sentGigabytes: Math.round(sent / 1e6) / 1e3,
        isReached: sent >= most,
        streams,
        until: new Date(midnightAfter(now)).toISOString(),
        resumedAt: sentOn(yesterday) >= most ? `${today}T00:00:00.000Z` : null,
      };
    },
  };
}

function midnightAfter(time: number): number {
  return (Math.floor(time / DAY_MS) + 1) * DAY_MS;
}
