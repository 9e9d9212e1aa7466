import type { BackfillView, StatusAnswer, StreamStatus, WindowView } from '../../src/dashboard/answers.ts';

/** The time of all these views. */
export const NOW = Date.parse('2026-05-01T12:34:00Z');

/** A window as the app shows it. */
export function windowView(changes: Partial<WindowView> = {}): WindowView {
  const view: WindowView = {
    key: '20260501T110000Z-20260501T120000Z',
    from: '2026-05-01T11:00:00Z',
    to: '2026-05-01T12:00:00Z',
    slice: null,
    state: 'closed',
    inWork: false,
    pages: 1,
    calls: 3,
    expected: 10,
    fetched: 10,
    listed: null,
    parts: null,
    outside: 0,
    repaired: 0,
    unchanged: 0,
    uploaded: 10,
    attempts: 0,
    notBefore: null,
    startedAt: '2026-05-01T12:02:00.000Z',
    progressAt: '2026-05-01T12:02:04.000Z',
    closedAt: '2026-05-01T12:02:04.000Z',
    acknowledged: false,
    error: null,
    repair: null,
    ...changes,
  };
  return { ...view, key: changes.key ?? `${view.from}-${view.to}${view.slice ?? ''}` };
}

/** A stream that is on time. */
export function streamStatus(changes: Partial<StreamStatus> = {}): StreamStatus {
  return {
    name: 'edr-events',
    enabled: true,
    api: 'edr',
    isSnapshot: false,
    scheduleSeconds: 300,
    watermark: '2026-05-01T12:28:00Z',
    lagSeconds: 360,
    normalLagSeconds: 780,
    lastTick: '2026-05-01T12:30:00.000Z',
    start: null,
    windows: { open: 0, failed: 0, incomplete: 0, since: null },
    held: [],
    progress: { movedAt: '2026-05-01T12:31:00.000Z', rowsLastHour: 40, secondsLeft: 0, heldBy: null },
    outsideLast24h: 0,
    unchangedLast24h: 0,
    lateness: { lookedAt: null, rows: 0, usualSeconds: null, mostSeconds: null, addedLagSeconds: 0 },
    rowsLast24h: 100,
    lastError: null,
    ...changes,
  };
}

/** A status without anything to complain about. */
export function statusAnswer(changes: Partial<StatusAnswer> = {}): StatusAnswer {
  return {
    ok: true,
    verdict: 'ok',
    headline: 'Everything that is due is ingested',
    problems: [],
    version: '1.0.0',
    time: new Date(NOW).toISOString(),
    streams: [streamStatus()],
    limits: [],
    queue: { waiting: 0, poison: 0 },
    deadLetters: 0,
    alerts: {
      enabled: false,
      from: null,
      queued: 0,
      poison: 0,
      waiting: 0,
      undelivered: 0,
      uncertain: 0,
      summarised: 0,
      lastError: null,
    },
    dailyLimit: null,
    ...changes,
  };
}

/** A backfill that has succeeded. */
export function backfillView(changes: Partial<BackfillView> = {}): BackfillView {
  return {
    id: '0123456789ab-1',
    stream: 'edr-events',
    from: '2026-04-01T00:00:00Z',
    to: '2026-04-02T00:00:00Z',
    status: 'succeeded',
    windows: { total: 24, closed: 24, failed: 0 },
    rows: 240,
    percent: 100,
    startedAt: '2026-05-01T10:00:00.000Z',
    updatedAt: '2026-05-01T11:00:00.000Z',
    etaSeconds: null,
    waits: null,
    ...changes,
  };
}
