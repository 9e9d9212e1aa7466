import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type * as StatusModule from '../../src/lib/handlers/status.ts';
import type * as MemoryModule from '../../src/lib/handlers/memory.ts';
import type * as WindowsModule from '../../src/lib/handlers/windows.ts';
import { WAKE_UP_QUEUE_NAME } from '../../src/lib/azure/names.ts';
import { RetryableError } from '../../src/lib/errors.ts';
import type { StatusAnswer } from '../../src/lib/health/health-answers.ts';
import type { BackfillRecord, WindowRecord } from '../../src/lib/pipeline/ports.ts';
import { newWindow } from '../../src/lib/pipeline/new-window.ts';
import { isoSeconds } from '../../src/lib/pipeline/window.ts';
import type { Services } from '../../src/lib/services.ts';
import { call, isProblem, startBackends, type Backends } from '../support/http-app.ts';
import { testStorage, uniqueName } from '../support/storage.ts';

const STREAM = 'edr-events';
const HOUR_MS = 3_600_000;

let backends: Backends;
let services: Services;
let windows: typeof WindowsModule;
let memory: typeof MemoryModule;
let status: typeof StatusModule.status;
let run: string;

beforeAll(async () => {
  backends = await startBackends({ eventCount: 0, hostCount: 0 });
  services = (await import('../../src/lib/services.ts')).getServices();
  windows = await import('../../src/lib/handlers/windows.ts');
  memory = await import('../../src/lib/handlers/memory.ts');
  ({ status } = await import('../../src/lib/handlers/status.ts'));
});
afterAll(async () => {
  await services.limiter.close();
  await backends.close();
});
beforeEach(() => {
  run = uniqueName('run');
});

/** Stores windows of an hour each, the last one just ended, with these changes. */
async function put(...changes: Partial<WindowRecord>[]): Promise<WindowRecord[]> {
  const end = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const records = changes.map((change, index) => {
    const from = end - (changes.length - index) * HOUR_MS;
    const bounds = { from: isoSeconds(from), to: isoSeconds(from + HOUR_MS) };
    return { ...newWindow({ stream: STREAM, run, ...bounds }, new Date()), ...change };
  });
  await services.store.insertWindows(records);
  return records;
}

async function list(query: string): Promise<string[]> {
  const answered = await call(windows.listWindows, {
    path: `/api/windows/${STREAM}?${query}`,
    params: { stream: STREAM },
  });
  expect(answered.status).toBe(200);
  return (answered.json as { windows: { state: string }[] }).windows.map(({ state }) => state);
}

async function putBackfill(state: BackfillRecord['status']): Promise<void> {
  const now = new Date().toISOString();
  const [from, to] = ['2026-04-01T00:00:00Z', '2026-04-02T00:00:00Z'];
  await services.store.saveBackfill({
    id: run,
    stream: STREAM,
    from,
    to,
    status: state,
    startedAt: now,
    updatedAt: now,
  });
}

describe('GET /api/windows/{stream}', () => {
  test('lists all windows of a backfill, however old', async () => {
    await put({ state: 'closed', from: '2020-01-01T00:00:00Z', to: '2020-01-01T01:00:00Z' }, { state: 'failed' });
    expect(await list(`run=${run}`)).toEqual(['closed', 'failed']);
  });

  test('lists nothing for a backfill that has no windows yet, and refuses one that does not exist', async () => {
    await putBackfill('planning');
    expect(await list(`run=${run}`)).toEqual([]);
    const none = uniqueName('none');
    const answered = await call(windows.listWindows, { path: `/api/x?run=${none}`, params: { stream: STREAM } });
    expect(answered).toMatchObject({ status: 404, json: { detail: `stream ${STREAM} has no backfill "${none}"` } });
  });

  test('lists only the states asked for', async () => {
    await put({ state: 'closed' }, { state: 'failed' }, { state: 'incomplete' });
    expect(await list(`run=${run}&state=failed,incomplete`)).toEqual(['failed', 'incomplete']);
    expect(await list(`run=${run}&state=waived`)).toEqual([]);
  });

  test('tells when a window was started and when something was stored for it last', async () => {
    const [record] = await put({ state: 'running', startedAt: '2026-05-01T12:00:00.000Z' });
    const answered = await call(windows.listWindows, { path: `/api/x?run=${run}`, params: { stream: STREAM } });
    expect((answered.json as { windows: object[] }).windows).toMatchObject([
      { startedAt: '2026-05-01T12:00:00.000Z', progressAt: record?.progressAt },
    ]);
  });

  test.for([
    ['state=broken', /state/],
    ['state=failed,', /state/],
    ['run=a/b', /run/],
    ['hours=0', /hours/],
  ] as const)('refuses ?%s and says what is allowed', async ([query, name]) => {
    const answered = await call(windows.listWindows, { path: `/api/x?${query}`, params: { stream: STREAM } });
    expect(answered.status).toBe(400);
    expect(isProblem(answered)).toBe(true);
    expect((answered.json as { errors: string[] }).errors.join()).toMatch(name);
  });
});

describe('POST /api/windows/{stream}/{window}/retry', () => {
  const retry = (key: string, query: string) =>
    call(windows.retry, { method: 'POST', path: `/api/x?run=${run}${query}`, params: { stream: STREAM, window: key } });

  test('lets refused rows become dead letters where it is asked for, until it is retried without', async () => {
    const [record] = await put({ stoppedBy: ['0123456789abcdef'] });
    const stored = () => services.store.readWindow(STREAM, run, record!.key);
    expect((await retry(record!.key, '&accept=dead-letters')).status).toBe(200);
    expect(await stored()).toMatchObject({ state: 'planned', acceptsDeadLetters: true });
    expect((await retry(record!.key, '')).status).toBe(200);
    expect(await stored()).not.toHaveProperty('acceptsDeadLetters');
    expect((await retry(record!.key, '&accept=outside')).status).toBe(200);
    expect(await stored()).toMatchObject({ state: 'planned', acceptsOutside: true });
    const refused = await retry(record!.key, '&accept=all');
    expect(refused.status).toBe(400);
    expect((refused.json as { errors: string[] }).errors.join()).toMatch(/accept: must be dead-letters/);
  });
});

describe('a failed backfill', () => {
  const act = (key: string, handler: typeof windows.retry) =>
    call(handler, { method: 'POST', path: `/api/x?run=${run}`, params: { stream: STREAM, window: key } });

  test('goes on when one of its windows is retried', async () => {
    await putBackfill('failed');
    const [record] = await put({ state: 'failed', attempts: 10 });
    expect((await act(record!.key, windows.retry)).status).toBe(200);
    expect((await services.store.readBackfill(run))?.status).toBe('running');
  });

  test('goes on when all are retried, also where a try before has broken off behind its windows', async () => {
    await putBackfill('failed');
    await put({ state: 'planned' });
    const answer = await call(windows.retryAll, {
      method: 'POST',
      path: `/api/x?run=${run}`,
      params: { stream: STREAM },
    });
    expect(answer.json).toEqual({ retried: 0 });
    expect((await services.store.readBackfill(run))?.status).toBe('running');
  });

  test('goes on when one of several could be retried, and the answer tells that others could not', async () => {
    await putBackfill('failed');
    await put({ state: 'failed', attempts: 10 }, { state: 'failed', attempts: 10 });
    const { queue } = services;
    const { send } = queue;
    let sent = 0;
    const refuse = (): Promise<void> => Promise.reject(new RetryableError('storage is busy', { scope: 'storage' }));
    Object.assign(queue, { send: (...args: Parameters<typeof send>) => (sent++ === 0 ? refuse() : send(...args)) });
    try {
      const path = `/api/x?run=${run}`;
      const { status: code } = await call(windows.retryAll, { method: 'POST', path, params: { stream: STREAM } });
      expect([code, sent]).toEqual([502, 2]);
    } finally {
      Object.assign(queue, { send });
    }
    expect((await services.store.readBackfill(run))?.status).toBe('running');
  });

  test('has succeeded when its last failed window is waived', async () => {
    await putBackfill('failed');
    const [record] = await put({ state: 'failed', attempts: 10 });
    expect((await act(record!.key, windows.waive)).status).toBe(200);
    const { viewBackfill } = await import('../../src/lib/pipeline/backfill.ts');
    expect(await viewBackfill(run, services.backfills)).toMatchObject({ status: 'succeeded', windows: { failed: 0 } });
  });

  test('that was cancelled stays so', async () => {
    await putBackfill('cancelled');
    const [record] = await put({ state: 'failed', attempts: 10 });
    await act(record!.key, windows.waive);
    expect((await services.store.readBackfill(run))?.status).toBe('cancelled');
  });
});

describe('GET /api/status', () => {
  test('tells the limits of both APIs, as far as the vendor has told them', async () => {
    const before = (await call(status)).json as { limits: { api: string; budget: unknown }[] };
    expect(before.limits.map(({ api, budget }) => `${api} ${String(budget)}`)).toEqual(['edr null', 'vm null']);
    const permit = await services.limiter.acquire('edr', 'live');
    services.limiter.observe('edr', { rateLimit: 300, rateRemaining: 187, rateWindowSeconds: 3600 });
    await services.limiter.pause('vm', 60_000, 'Qualys asks to wait 60 s (code 1965)');
    const { limits } = (await call(status)).json as { limits: Record<string, unknown>[] };
    permit.release();
    expect(limits).toMatchObject([
      { api: 'edr', permits: 2, inUse: 1, pausedUntil: null, pauseReason: null, budget: { limit: 300, left: 187 } },
      { api: 'vm', permits: 2, inUse: 0, pauseReason: 'Qualys asks to wait 60 s (code 1965)', budget: null },
    ]);
    expect(Date.parse(limits[1]?.pausedUntil as string)).toBeGreaterThan(Date.now());
  });

  test('tells its clock, and for each stream its API and the lag that is normal', async () => {
    const { time, streams } = (await call(status)).json as StatusAnswer;
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
    const times = streams.map(({ name, api, isSnapshot, scheduleSeconds, normalLagSeconds }) =>
      [name, api, isSnapshot, scheduleSeconds, normalLagSeconds].join(' '),
    );
    expect(times).toContain('edr-events edr false 300 780');
    expect(times).toContain('vm-detections vm false 1800 4260');
    // A snapshot a day is on time for a day.
    expect(times).toContain('vm-hosts vm true 900 88260');
  });
});

describe('a live window that is given up', () => {
  test('wakes the planner: it holds the watermark no longer', async () => {
    const queue = (await testStorage()).queue(WAKE_UP_QUEUE_NAME);
    await services.moving(services.streams[0]!).wakeUps.take(STREAM);
    const [record] = await put({ state: 'failed', run: 'live' });
    const params = { stream: STREAM, window: record!.key };
    expect((await call(windows.retry, { method: 'POST', path: '/api/x', params })).status).toBe(200);
    expect(await queue.exists()).toBe(false);
    expect((await call(windows.waive, { method: 'POST', path: '/api/x', params })).status).toBe(200);
    expect((await queue.getProperties()).approximateMessagesCount).toBe(1);
  });
});

describe('what was sent', () => {
  const forget = (stream: string, query: string) =>
    call(memory.forget, { method: 'POST', path: `/api/memory/${stream}/forget?${query}`, params: { stream } });

  test('is forgotten of the hosts that are named, or of all', async () => {
    const open = await services.memory.open('vm-detections', 'scope');
    await open.doubt(['1', '2']);
    await open.remember(new Map(['1', '2'].map((id) => [id, 'ab'.repeat(16)])));
    const known = async (): Promise<boolean[]> => {
      const now = await services.memory.open('vm-detections', 'scope');
      await now.recall([1n, 2n]);
      return ['1', '2'].map((id) => now.known(id) !== undefined);
    };
    expect(await forget('vm-detections', 'ids=1')).toMatchObject({ status: 200, json: { forgotten: 1 } });
    expect(await known()).toEqual([false, true]);
    expect(await forget('vm-detections', 'reason=why')).toMatchObject({ status: 200, json: { forgotten: null } });
    expect(await known()).toEqual([false, false]);
  });

  test('is refused to be forgotten for a stream that remembers nothing, and for ids that are none', async () => {
    for (const [stream, query] of [
      ['edr-events', ''],
      ['vm-detections', 'ids=1-5'],
    ] as const)
      expect(await forget(stream, query)).toMatchObject({ status: 400 });
    expect(await forget('no-stream', '')).toMatchObject({ status: 404 });
  });
});
