import { describe, expect, test } from 'vitest';
import { findProblems } from '../../src/dashboard/model/problems.ts';
import { judge } from '../../src/dashboard/model/verdict.ts';
import type { StatusAnswer } from '../../src/dashboard/answers.ts';
import { backfillView, NOW, statusAnswer, streamStatus } from './views.ts';

const find = (changes: Partial<StatusAnswer>) =>
  findProblems({ status: statusAnswer(changes), backfills: [] }).map(({ severity, title }) => `${severity}: ${title}`);
const verdictOf = (changes: Partial<StatusAnswer>) => {
  const status = statusAnswer(changes);
  return judge(status, findProblems({ status, backfills: [] }));
};
const withStream = (changes: Parameters<typeof streamStatus>[0]) => ({ streams: [streamStatus(changes)] });

describe('the verdict', () => {
  test('is good where nothing is wrong, also with a stream that is a day behind by design', () => {
    const times = { watermark: '2026-04-30T12:00:00Z', normalLagSeconds: 90_000 };
    const streams = [streamStatus(), streamStatus({ name: 'vm-hosts', ...times })];
    expect(verdictOf({ streams })).toEqual({ severity: 'good', headline: 'Everything that is due is ingested' });
  });

  test('is not good before all enabled streams have started', () => {
    expect(verdictOf(withStream({ watermark: null, lastTick: null })).severity).toBe('info');
  });

  test('does not wait for a disabled stream', () => {
    const streams = [streamStatus(), streamStatus({ enabled: false, watermark: null, lastTick: null })];
    expect(verdictOf({ streams }).severity).toBe('good');
  });

  test('is as bad as the worst problem', () => {
    expect(verdictOf({ deadLetters: 1 }).severity).toBe('warn');
    expect(verdictOf({ deadLetters: 1, queue: { waiting: 0, poison: 1 } }).severity).toBe('bad');
  });
});

describe('problems', () => {
  test('are none of a stream that is on time, however many windows are open', () => {
    expect(find(withStream({ windows: { open: 7, failed: 0, incomplete: 0 } }))).toEqual([]);
  });

  test('name a stream that waits for its start, with what to do', () => {
    const start = { state: 'waiting', note: 'set EDR_START', since: '2026-05-01T12:00:00.000Z' } as const;
    const status = statusAnswer(withStream({ start, watermark: null, lastTick: null }));
    expect(findProblems({ status, backfills: [] })).toEqual([
      {
        severity: 'bad',
        title: 'edr-events does not know where to begin',
        hint: 'set EDR_START',
        target: 'stream-edr-events',
      },
    ]);
  });

  test('name how late a stream is, beyond what is normal', () => {
    expect(find(withStream({ watermark: new Date(NOW - 780_000).toISOString() }))).toEqual([]);
    const late = withStream({ watermark: new Date(NOW - 3_600_000).toISOString() });
    expect(find(late)).toEqual(['warn: edr-events is 1 h behind']);
  });

  test('name failed windows, and up to when a stream is complete where they hold it', () => {
    const windows = { open: 2, failed: 2, incomplete: 0 };
    expect(find(withStream({ windows }))).toEqual(['bad: edr-events: 2 windows failed']);
    expect(find(withStream({ windows, watermark: '2026-04-30T09:35:00Z' }))).toEqual([
      'bad: edr-events: 2 windows failed; complete only up to 2026-04-30 09:35 UTC',
    ]);
  });

  test('name a planner that has stopped', () => {
    expect(find(withStream({ lastTick: '2026-05-01T12:00:00.000Z' }))).toEqual([
      'bad: edr-events: its planner has not run for 34 min',
    ]);
  });

  test('do not wait for a stream that is far behind by design to name its planner', () => {
    const slow = { normalLagSeconds: 90_000, scheduleSeconds: 900, lastTick: '2026-05-01T12:08:00.000Z' };
    expect(find(withStream(slow))).toEqual(['bad: edr-events: its planner has not run for 26 min']);
    expect(find(withStream({ ...slow, lastTick: '2026-05-01T12:10:00.000Z' }))).toEqual([]);
  });

  test('name windows closed incomplete, poison, dead letters and a pause that Qualys asked for, worst first', () => {
    const limit = { api: 'vm' as const, permits: 2, inUse: 0, outages: [], budget: null, pauseReason: 'code 1965' };
    const problems = find({
      ...withStream({ windows: { open: 0, failed: 0, incomplete: 1 } }),
      queue: { waiting: 3, poison: 1 },
      deadLetters: 2,
      alerts: {
        ...statusAnswer().alerts,
        enabled: true,
        waiting: 1,
        undelivered: 1,
        uncertain: 2,
        lastError: 'HTTP 500',
      },
      limits: [{ ...limit, pausedUntil: '2026-05-01T12:40:00.000Z' }],
    });
    expect(problems).toEqual([
      'bad: 1 work item in the poison queue',
      'warn: edr-events: 1 window closed incomplete',
      'warn: 2 dead letters',
      'warn: 3 alerts not known to be posted to the webhook',
      "info: Qualys asked the VM API's callers to wait until 12:40 UTC",
    ]);
    expect(find({ limits: [{ ...limit, pausedUntil: '2026-05-01T12:33:59.000Z' }] })).toEqual([]);
    const since = '2026-05-01T12:20:00.000Z';
    const outages = [{ route: 'vm/detections', since, nextTryAt: since, error: 'HTTP 503' }];
    expect(find({ limits: [{ ...limit, pausedUntil: null, outages }] })).toEqual([
      'bad: Qualys does not answer on vm/detections since 12:20 UTC',
    ]);
  });

  test('name failed backfills, and checks that failed', () => {
    const backfills = [
      backfillView(),
      backfillView({ status: 'failed', windows: { total: 24, closed: 23, failed: 1 } }),
    ];
    const checks = [
      { name: 'storage', ok: true, latencyMs: 1, detail: '' },
      { name: 'qualys-vm', ok: false, latencyMs: 1, detail: 'refuses the account' },
    ];
    const ping = { result: { ok: false, version: '1.0.0', checks }, at: NOW };
    const found = findProblems({ status: statusAnswer(), backfills, ping });
    expect(found.map(({ title, hint }) => `${title}. ${hint}`)).toEqual([
      'The connection check qualys-vm failed at 12:34 UTC. refuses the account',
      'A backfill of edr-events failed: 1 window not read. Retry its windows, or waive them to take note. All others are ingested.',
    ]);
  });
});
