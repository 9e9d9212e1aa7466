import { backfillsWaitForDay } from './find-daily-limit.ts';
import { isBackfillWaiting } from './find-waits.ts';
import type { BackfillStand, Finding, Stand } from './health.ts';
import type { ProblemCode } from './problem-codes.ts';
import { at, counted, lasting, sentences } from './words.ts';

const HOUR_MS = 3_600_000;

/** What was put aside, given up, or is stuck, beside the live windows. */
export function findLeftovers(stand: Stand): Finding[] {
  const { queue, deadLetters, alerts, settingMistakes } = stand;
  const unposted = alerts.undelivered + alerts.uncertain + alerts.poison;
  const leftovers: readonly (readonly [number, ProblemCode, string])[] = [
    [
      queue.poison,
      'poison',
      `${counted(queue.poison, 'work item')} in the poison queue: the host gave up on ${queue.poison === 1 ? 'it' : 'them'}.`,
    ],
    [deadLetters, 'dead-letters', `${counted(deadLetters, 'dead letter')}: rows that Azure refuses.`],
    [
      unposted,
      'alerts-undelivered',
      sentences(`${counted(unposted, 'alert')} not known to be posted to the webhook`, alerts.lastError),
    ],
    [settingMistakes.length, 'settings-doubtful', sentences(...settingMistakes)],
  ];
  return [
    ...leftovers.flatMap(([count, code, text]) => (count === 0 ? [] : [{ code, since: null, text }])),
    ...stand.backfills.flatMap((backfill) => backfillProblems(backfill, stand)),
  ];
}

function backfillProblems(backfill: BackfillStand, stand: Stand): Finding[] {
  const { id, stream, status, movedAt } = backfill;
  const now = Date.parse(stand.time);
  if (status === 'failed') {
    const text = `The backfill ${id} of ${stream} failed: windows of it are not read. All others are ingested.`;
    return [{ code: 'backfill-failed', stream, since: movedAt, text }];
  }
  if (!isStalled(backfill, stand)) return [];
  const still = lasting((now - Date.parse(movedAt)) / 1000);
  const text = `The backfill ${id} of ${stream} has not moved for ${still}, since ${at(movedAt, now)}.`;
  return [{ code: 'backfill-stalled', stream, since: movedAt, text }];
}

/** An hour after the planner has fed it, without anything that it waits for. */
function isStalled({ stream, fedBy }: BackfillStand, stand: Stand): boolean {
  const now = Date.parse(stand.time);
  const about = stand.streams.find(({ name }) => name === stream);
  const limit = stand.limits.find(({ api }) => api === about?.api);
  if (backfillsWaitForDay(stream, stand) || isBackfillWaiting(limit, now)) return false;
  if (about !== undefined && about.held.length > 0) return false;
  return now - Date.parse(fedBy) > HOUR_MS;
}
