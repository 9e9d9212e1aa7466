import type { BackfillView, LimitView, PingResult, StatusAnswer, StreamStatus } from '../answers.ts';
import { formatDuration, formatNear, formatPlural, formatTime } from './format.ts';

/** `bad` needs a person, `warn` may, `info` explains. */
export type Severity = 'bad' | 'warn' | 'info';

/** Something a person should know at once. */
export interface Problem {
  readonly severity: Severity;
  readonly title: string;
  /** What it means, or what to do. */
  readonly hint: string;
  /** Id of the part of the page that tells more. */
  readonly target: string;
}

/** What problems are found in. */
export interface Findings {
  readonly status: StatusAnswer;
  readonly backfills: readonly BackfillView[];
  /** The last result of the check, when one was made. */
  readonly ping?: MadePing | undefined;
}

/** A check of the connections, and when it was made, epoch milliseconds. */
export interface MadePing {
  readonly result: PingResult;
  readonly at: number;
}

const ORDER: readonly Severity[] = ['bad', 'warn', 'info'];

/** Everything that is not as it should be, worst first. */
export function findProblems({ status, backfills, ping }: Findings): Problem[] {
  const now = Date.parse(status.time);
  const found = [
    ...status.streams.filter(({ enabled }) => enabled).flatMap((stream) => streamProblems(stream, now)),
    ...status.limits.flatMap((limit) => [...outagesOf(limit, now), ...pauseOf(limit, now)]),
    ...storedProblems(status),
    ...backfills.filter(({ status: each }) => each === 'failed').map(failedBackfill),
    ...pingProblems(ping),
  ];
  return found.sort((one, two) => ORDER.indexOf(one.severity) - ORDER.indexOf(two.severity));
}

/** Id of the section of a stream. */
export function streamSectionId(name: string): string {
  return `stream-${name}`;
}

function streamProblems(stream: StreamStatus, now: number): Problem[] {
  const { name, start, watermark, lastTick, windows, scheduleSeconds } = stream;
  const target = streamSectionId(name);
  if (start?.state === 'waiting') {
    return [{ severity: 'bad', title: `${name} does not know where to begin`, hint: start.note, target }];
  }
  if (watermark === null || lastTick === null) {
    return [{ severity: 'info', title: `${name} has not started yet`, hint: 'Its planner has not run.', target }];
  }
  const problems: Problem[] = [];
  const silentSeconds = (now - Date.parse(lastTick)) / 1000;
  // As the alarm no-tick has it.
  if (silentSeconds > scheduleSeconds + Math.max(600, scheduleSeconds / 2)) {
    const title = `${name}: its planner has not run for ${formatDuration(silentSeconds)}`;
    problems.push({
      severity: 'bad',
      title,
      hint: 'Nothing new is planned. Check the connections, then restart the app.',
      target,
    });
  }
  if (windows.failed > 0) problems.push(failedWindows(stream, now));
  else if (isLate(stream, now)) problems.push(late(stream, now));
  if (windows.incomplete > 0) {
    const title = `${name}: ${formatPlural(windows.incomplete, 'window')} closed incomplete`;
    const hint = 'Qualys counts more than it gave, or a host could not be read. Retry, or waive to take note.';
    problems.push({ severity: 'warn', title, hint, target });
  }
  return problems;
}

/** Now minus watermark, in seconds; undefined before the first tick. */
export function lagSecondsAt({ watermark }: StreamStatus, now: number): number | undefined {
  return watermark === null ? undefined : Math.max(0, (now - Date.parse(watermark)) / 1000);
}

/** Whether the watermark is further behind than planning explains. */
export function isLate(stream: StreamStatus, now: number): boolean {
  return (lagSecondsAt(stream, now) ?? 0) > stream.normalLagSeconds;
}

function failedWindows(stream: StreamStatus, now: number): Problem {
  const { name, windows, watermark } = stream;
  const held =
    isLate(stream, now) && watermark !== null ? `; complete only up to ${formatNear(watermark, now)} UTC` : '';
  return {
    severity: 'bad',
    title: `${name}: ${formatPlural(windows.failed, 'window')} failed${held}`,
    hint: 'Failed windows are tried again by themselves, later ones go on. The error tells the reason.',
    target: streamSectionId(name),
  };
}

function late(stream: StreamStatus, now: number): Problem {
  const { name, windows, normalLagSeconds } = stream;
  const lag = formatDuration(lagSecondsAt(stream, now) ?? 0);
  const isRead = windows.open === 0;
  const rest = isRead
    ? 'All is read that was planned: the watermark moves with the next tick.'
    : `${formatPlural(windows.open, 'window')} still to read.`;
  return {
    severity: 'warn',
    title: `${name} is ${lag} behind`,
    hint: `Up to ${formatDuration(normalLagSeconds)} is normal. ${rest}`,
    target: streamSectionId(name),
  };
}

function pauseOf({ api, pausedUntil, pauseReason }: LimitView, now: number): Problem[] {
  if (pausedUntil === null || Date.parse(pausedUntil) <= now) return [];
  const title = `Qualys asked the ${api.toUpperCase()} API's callers to wait until ${formatNear(pausedUntil, now)} UTC`;
  return [{ severity: 'info', title, hint: pauseReason ?? '', target: 'limits' }];
}

function outagesOf({ outages }: LimitView, now: number): Problem[] {
  return outages.map(({ route, since, error }) => ({
    severity: 'bad',
    title: `Qualys does not answer on ${route} since ${formatNear(since, now)} UTC`,
    hint: `It is tried again by itself; nothing is lost. ${error}`,
    target: 'limits',
  }));
}

function storedProblems({ queue, deadLetters, alerts }: StatusAnswer): Problem[] {
  const problems: Problem[] = [];
  if (queue.poison > 0) {
    const title = `${formatPlural(queue.poison, 'work item')} in the poison queue`;
    problems.push({
      severity: 'bad',
      title,
      hint: 'The host gave them up and nobody has recorded them yet.',
      target: 'queue',
    });
  }
  if (deadLetters > 0) {
    const title = formatPlural(deadLetters, 'dead letter');
    problems.push({
      severity: 'warn',
      title,
      hint: 'Rows that Azure refuses. Replay them after a fix.',
      target: 'dead-letters',
    });
  }
  const unposted = alerts.undelivered + alerts.uncertain + alerts.poison;
  if (unposted > 0) {
    const title = `${formatPlural(unposted, 'alert')} not known to be posted to the webhook`;
    problems.push({ severity: 'warn', title, hint: alerts.lastError ?? 'Replay them after a fix.', target: 'alerts' });
  }
  return problems;
}

function failedBackfill({ stream, windows }: BackfillView): Problem {
  const title = `A backfill of ${stream} failed: ${formatPlural(windows.failed, 'window')} not read`;
  return {
    severity: 'warn',
    title,
    hint: 'Retry its windows, or waive them to take note. All others are ingested.',
    target: 'backfills',
  };
}

function pingProblems(ping: MadePing | undefined): Problem[] {
  if (ping === undefined) return [];
  const failed = ping.result.checks.filter(({ ok }) => !ok);
  return failed.map(({ name, detail }) => ({
    severity: 'bad' as const,
    title: `The connection check ${name} failed at ${formatTime(ping.at)} UTC`,
    hint: detail,
    target: 'connections',
  }));
}
