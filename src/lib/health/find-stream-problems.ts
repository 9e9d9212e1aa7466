import type { StreamStatus } from '../pipeline/status-answer.ts';
import { behindSince, waitsForDay } from './find-daily-limit.ts';
import { isWaiting } from './find-waits.ts';
import type { Finding, Stand } from './health.ts';
import { at, counted, lasting, sentences } from './words.ts';

/** So long after a window has ended its stream is still on its way. */
const MOVING_SECONDS = 900;

/** What is wrong with each enabled stream by itself. */
export function findStreamProblems(stand: Stand): Finding[] {
  return stand.streams.filter(({ enabled }) => enabled).flatMap((stream) => problemsOf(stream, stand));
}

/** So long after its last tick a planner is silent, in seconds: a missed tick and half the time between two, at least ten minutes. */
export function silentAfterSeconds({ scheduleSeconds }: Pick<StreamStatus, 'scheduleSeconds'>): number {
  return scheduleSeconds + Math.max(600, scheduleSeconds / 2);
}

function problemsOf(stream: StreamStatus, stand: Stand): Finding[] {
  const { name, api, start } = stream;
  if (start?.state === 'waiting') {
    const text = sentences(`${name} does not know where to begin: ${start.note}`);
    return [{ code: 'start-unknown', stream: name, api, since: start.since, text }];
  }
  return [
    ...plannerOf(stream, stand),
    ...windowsOf(stream, Date.parse(stand.time)),
    ...lagOf(stream, stand),
    ...latenessOf(stream),
    ...outsideOf(stream),
  ];
}

function outsideOf({ api, name, outsideLast24h }: StreamStatus): Finding[] {
  if (outsideLast24h === 0) return [];
  const text = `${counted(outsideLast24h, 'record')} of the last 24 hours of ${name} had another time than was asked for; they are ingested.`;
  return [{ code: 'records-outside', stream: name, api, since: null, text }];
}

function latenessOf({ api, lateness, name }: StreamStatus): Finding[] {
  const { addedLagSeconds, mostSeconds, rows, usualSeconds } = lateness;
  if (rows === 0) return [];
  const text = sentences(
    `Qualys showed ${counted(rows, 'row')} of ${name} after their windows were read, in the last two days: still missing ${lasting(usualSeconds ?? 0)} after their time as a rule, ${lasting(mostSeconds ?? 0)} at most; they are ingested`,
    addedLagSeconds === 0 ? '' : `Windows are read ${lasting(addedLagSeconds)} later for that`,
  );
  return [{ code: 'records-late', stream: name, api, since: null, text }];
}

function plannerOf(stream: StreamStatus, { time, runningSince }: Stand): Finding[] {
  const { name, api, lastTick, scheduleSeconds } = stream;
  const now = Date.parse(time);
  const since = lastTick ?? runningSince;
  const silentSeconds = (now - Date.parse(since)) / 1000;
  if (silentSeconds > silentAfterSeconds(stream)) {
    const text = `The planner of ${name} has not run for ${lasting(silentSeconds)}, its schedule is every ${lasting(scheduleSeconds)}. Nothing new is planned.`;
    return [{ code: 'planner-silent', stream: name, api, since, text }];
  }
  if (lastTick !== null) return [];
  const text = `${name} has not started yet: its planner has not run.`;
  return [{ code: 'not-started', stream: name, api, since, text }];
}

function windowsOf(stream: StreamStatus, now: number): Finding[] {
  const { name, api, windows, lastError, watermark } = stream;
  const about = { stream: name, api, since: windows.since };
  const upTo = behindSince(stream) !== null && watermark !== null ? `; complete only up to ${at(watermark, now)}` : '';
  const failed: Finding = {
    ...about,
    code: 'windows-failed',
    text: sentences(`${name}: ${counted(windows.failed, 'window')} failed${upTo}`, lastError),
  };
  const incomplete: Finding = {
    ...about,
    code: 'windows-incomplete',
    text: sentences(
      `${name}: ${counted(windows.incomplete, 'window')} closed incomplete`,
      'Qualys counts more than it gave, or a host could not be read',
      windows.failed === 0 ? lastError : '',
    ),
  };
  return [...(windows.failed === 0 ? [] : [failed]), ...(windows.incomplete === 0 ? [] : [incomplete])];
}

/** Late is what nothing above explains and what does not move; all else that is behind is on its way. */
function lagOf(stream: StreamStatus, stand: Stand): Finding[] {
  const { name, api, windows, lagSeconds, normalLagSeconds, progress } = stream;
  const since = behindSince(stream);
  if (since === null || lagSeconds === null || windows.failed > 0) return [];
  const now = Date.parse(stand.time);
  const about = { stream: name, api, since };
  const limit = stand.limits.find((each) => each.api === api);
  const isHeld = isWaiting(limit, now);
  const isForTomorrow = waitsForDay(name, stand);
  const isLate = windows.open > 0 && !isHeld && !isForTomorrow && (!isMoving(stream, now) || progress.heldBy !== null);
  if (!isLate) {
    const heldBy = isHeld ? 'when Qualys lets it' : undefined;
    const goesOn = isForTomorrow && stand.dailyLimit?.isReached === true ? 'with the next day' : heldBy;
    return [{ code: 'catching-up', ...about, text: catchingUp(stream, goesOn) }];
  }
  const text = sentences(
    `${name} is ${lasting(lagSeconds)} behind, ${lasting(lagSeconds - normalLagSeconds)} more than is normal; ${counted(windows.open, 'window')} left`,
    progress.heldBy === null
      ? `No window has ended since ${progress.movedAt === null ? 'it began' : at(progress.movedAt, now)}`
      : `The oldest is held: ${progress.heldBy}`,
  );
  return [{ code: 'late', ...about, text }];
}

function catchingUp({ name, lagSeconds, windows, progress }: StreamStatus, goesOn: string | undefined): string {
  const behind = `${name} is ${lasting(lagSeconds ?? 0)} behind`;
  if (windows.open === 0) return `${behind}: all that was planned is read, the watermark follows.`;
  const left = `${counted(windows.open, 'window')} left`;
  if (goesOn !== undefined) return `${behind}, ${left}: it goes on ${goesOn}.`;
  const time = progress.secondsLeft === null ? '' : `, about ${lasting(progress.secondsLeft)} to go`;
  return `${behind} and catching up: ${left}, ${counted(progress.rowsLastHour, 'row')} in the last hour${time}.`;
}

function isMoving({ progress: { movedAt } }: StreamStatus, now: number): boolean {
  return movedAt !== null && now - Date.parse(movedAt) < MOVING_SECONDS * 1000;
}
