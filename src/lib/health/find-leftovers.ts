import { found, type Found } from './find.ts';
import { backfillsWaitForDay } from './find-daily-limit.ts';
import { isBackfillWaiting } from './find-waits.ts';
import type { BackfillStand, Stand } from './health.ts';
import { at, counted, lasting, sentences } from './words.ts';

const HOUR_MS = 3_600_000;

/** What was put aside, given up, or is stuck, beside the live windows. */
export function findLeftovers(stand: Stand): Found[] {
  const { time, queue, deadLetters, alerts, settingMistakes } = stand;
  const now = Date.parse(time);
  const unposted = alerts.undelivered + alerts.uncertain + alerts.poison;
  const unpostedText = sentences(
    `${counted(unposted, 'alert')} not known to be posted to the webhook`,
    alerts.lastError,
  );
  const poisonText = `${counted(queue.poison, 'work item')} in the poison queue: the host gave up on ${queue.poison === 1 ? 'it' : 'them'}.`;
  return [
    ...(queue.poison === 0 ? [] : [found('poison', { since: null, text: poisonText }, now)]),
    ...(deadLetters === 0
      ? []
      : [
          found(
            'dead-letters',
            { since: null, text: `${counted(deadLetters, 'dead letter')}: rows that Azure refuses.` },
            now,
          ),
        ]),
    ...(unposted === 0 ? [] : [found('alerts-undelivered', { since: null, text: unpostedText }, now)]),
    ...(settingMistakes.length === 0
      ? []
      : [found('settings-doubtful', { since: null, text: sentences(...settingMistakes) }, now)]),
    ...stand.backfills.flatMap((backfill) => backfillProblems(backfill, stand)),
  ];
}

function backfillProblems(backfill: BackfillStand, stand: Stand): Found[] {
  const { id, stream, status, movedAt } = backfill;
  const now = Date.parse(stand.time);
  if (status === 'failed') {
    const text = `The backfill ${id} of ${stream} failed: windows of it are not read. All others are ingested.`;
    return [found('backfill-failed', { stream, since: movedAt, text }, now)];
  }
  if (!isStalled(backfill, stand)) return [];
  const still = lasting((now - Date.parse(movedAt)) / 1000);
  const text = `The backfill ${id} of ${stream} has not moved for ${still}, since ${at(movedAt, now)}.`;
  return [found('backfill-stalled', { stream, since: movedAt, text }, now)];
}

/** An hour after the planner has fed it, without anything that it waits for. */
function isStalled({ stream, fedBy }: BackfillStand, stand: Stand): boolean {
  const { time, streams, limits } = stand;
  if (backfillsWaitForDay(stream, stand)) return false;
  const about = streams.find(({ name }) => name === stream);
  if (
    isBackfillWaiting(
      limits.find(({ api }) => api === about?.api),
      time,
    )
  )
    return false;
  if (about !== undefined && about.held.length > 0) return false;
  return Date.parse(time) - Date.parse(fedBy) > HOUR_MS;
}
