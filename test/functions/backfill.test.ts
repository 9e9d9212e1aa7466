import { InvocationContext } from '@azure/functions';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BackfillView } from '../../src/lib/pipeline/backfill-answer.ts';
import type { Services } from '../../src/lib/services.ts';
import type * as BackfillModule from '../../src/lib/handlers/backfill.ts';
import type * as ToolsModule from '../../src/lib/handlers/mcp-tools.ts';
import type * as ProcessWindowModule from '../../src/lib/handlers/process-window.ts';
import { call, isProblem, startBackends, useSettings, type Backends } from '../support/http-app.ts';

let backends: Backends;
let services: Services;
let backfill: typeof BackfillModule;
let processMessage: typeof ProcessWindowModule.processMessage;
let runTool: typeof ToolsModule.runTool;
const WATERMARK = '2026-05-01T12:00:00Z';
const UNKNOWN = '0123456789ab-9';

beforeAll(async () => {
  backends = await startBackends({ eventCount: 0, hostCount: 0 });
  useSettings({ BACKFILL_MAX_DAYS: '10', BACKFILL_MAX_RUNNING: '2' });
  services = (await import('../../src/lib/services.ts')).getServices();
  backfill = await import('../../src/lib/handlers/backfill.ts');
  ({ processMessage } = await import('../../src/lib/handlers/process-window.ts'));
  ({ runTool } = await import('../../src/lib/handlers/mcp-tools.ts'));
  await services.store.saveWatermark({
    stream: 'edr-events',
    watermark: WATERMARK,
    start: WATERMARK,
    lastTick: '2026-05-01T12:02:00.000Z',
  });
});
afterAll(async () => {
  await services.limiter.close();
  await backends.close();
});
beforeEach(async () => {
  for (const { id } of await services.store.listBackfills()) {
    await call(backfill.cancelOne, { method: 'DELETE', params: { id } });
  }
});

const start = (body: unknown) => call(backfill.startOne, { method: 'POST', path: '/api/backfill?code=key', body });
const range = (from: string, to: string, stream = 'edr-events') => ({ stream, from, to });
const DAY = range('2026-04-20T00:00:00Z', '2026-04-20T01:00:00Z');

describe('GET /api/backfill-estimate', () => {
  const estimate = (given: Record<string, string>) =>
    call(backfill.estimate, { path: `/api/backfill-estimate?${new URLSearchParams(given).toString()}` });

  test('tells windows and calls, and starts nothing', async () => {
    const answered = await estimate({ ...DAY });
    expect(answered.status).toBe(200);
    expect(answered.json).toMatchObject({ ...DAY, windows: 4, calls: null });
    const running = (await services.store.listBackfills()).filter(({ status }) => status === 'running');
    expect(running).toEqual([]);
  });

  test('refuses what could not be started, in the same words', async () => {
    const wrong = { ...DAY, to: 'yesterday' };
    expect((await estimate(wrong)).json).toEqual((await start(wrong)).json);
  });
});

describe('POST /api/backfill', () => {
  test('is 201 with where to look, and the same again is 200 with the same id', async () => {
    const answered = await start(DAY);
    const body = answered.json as { id: string; statusUrl: string };
    expect(answered.status).toBe(201);
    expect(body).toMatchObject({ ...DAY, status: 'running' });
    expect(Object.keys(body).sort()).toEqual(['from', 'id', 'status', 'statusUrl', 'stream', 'to']);
    expect(body.statusUrl).toBe(`http://localhost:7071/api/backfill/${body.id}`);
    expect(answered.headers.get('location')).toBe(body.statusUrl);
    const again = await start(DAY);
    expect(again.status).toBe(200);
    expect(again.json).toMatchObject({ id: body.id });
  });

  test('takes times with an offset, and fractions, on whole seconds around them', async () => {
    const { json } = await start(range('2026-04-20T02:00:00.4+02:00', '2026-04-20T03:00:00.4+02:00'));
    expect(json).toMatchObject({ from: '2026-04-20T00:00:00Z', to: '2026-04-20T01:00:01Z' });
  });

  test.for([
    ['an unknown stream', { ...DAY, stream: 'was-findings' }, 'stream must be an enabled stream'],
    ['a bad time', { ...DAY, from: 'yesterday' }, 'from must be an ISO 8601 time'],
    ['a day that does not exist', { ...DAY, to: '2026-02-30T00:00:00Z' }, 'to must be an ISO 8601 time'],
    ['a time without an offset', { ...DAY, from: '2026-04-20T00:00:00' }, 'from must be an ISO 8601 time'],
    ['reversed times', range('2026-04-20T01:00:00Z', '2026-04-20T00:00:00Z'), 'from must be before to'],
    ['an empty range', range('2026-04-20T00:00:00Z', '2026-04-20T00:00:00Z'), 'from must be before to'],
    ['too long a range', range('2026-04-01T00:00:00Z', '2026-04-20T00:00:00Z'), 'at most 10 days'],
    ['an end beyond the watermark', range('2026-05-01T00:00:00Z', '2026-05-01T12:00:01Z'), WATERMARK],
    ['a stream without a watermark', { ...DAY, stream: 'vm-detections' }, 'has not started'],
    ['a missing field', { stream: 'edr-events', from: DAY.from }, 'to'],
    ['an unknown field', { ...DAY, force: true }, 'force'],
  ] as const)('refuses %s with 400', async ([, body, detail]) => {
    const answered = await start(body);
    expect(answered.status).toBe(400);
    expect(isProblem(answered)).toBe(true);
    expect((answered.json as { detail: string }).detail).toContain(detail);
  });

  test('ends exactly at the watermark at the latest', async () => {
    expect((await start(range('2026-05-01T11:00:00Z', WATERMARK))).status).toBe(201);
  });

  test('names every wrong field at once', async () => {
    const { errors } = (await start({ stream: 'x', from: 'y', to: 'z' })).json as { errors: string[] };
    expect(errors.map((error) => error.split(' ')[0])).toEqual(['stream', 'from', 'to']);
  });

  test('refuses more backfills at once than allowed with 409, but not the same again', async () => {
    await start(DAY);
    await start(range('2026-04-21T00:00:00Z', '2026-04-21T01:00:00Z'));
    const third = await start(range('2026-04-22T00:00:00Z', '2026-04-22T01:00:00Z'));
    expect(third.status).toBe(409);
    expect(isProblem(third)).toBe(true);
    expect((await start(DAY)).status).toBe(200);
  });

  test('of a disabled stream is refused', async () => {
    const { checkBackfill } = await import('../../src/lib/http/check-backfill.ts');
    const present = { ...services, streams: [{ name: 'vm-detections' }] };
    await expect(checkBackfill(DAY, present)).rejects.toThrow(/enabled stream \(vm-detections\)/);
  });

  test('of a stream whose past nobody can read is refused, with the reason', async () => {
    const { checkBackfill } = await import('../../src/lib/http/check-backfill.ts');
    const streams = [{ name: 'edr-events' }, { name: 'vm-hosts', isSnapshot: true }];
    await expect(checkBackfill({ ...DAY, stream: 'vm-hosts' }, { ...services, streams })).rejects.toThrow(
      /enabled stream \(edr-events\), given "vm-hosts", of which Qualys tells the present state only/,
    );
  });
});

describe('GET and DELETE /api/backfill', () => {
  test('show how far it is, list it and cancel it', async () => {
    const { id } = (await start(DAY)).json as { id: string };
    const viewed = await call(backfill.viewOne, { params: { id } });
    expect(viewed.json).toMatchObject({
      id,
      ...DAY,
      status: 'running',
      windows: { total: 4, closed: 0, failed: 0 },
      rows: 0,
      percent: 0,
      etaSeconds: null,
    });
    const listed = (await call(backfill.listAll)).json as BackfillView[] | { backfills: BackfillView[] };
    const all = Array.isArray(listed) ? listed : listed.backfills;
    expect(all.map((each) => each.id)).toContain(id);
    const cancelled = await call(backfill.cancelOne, { method: 'DELETE', params: { id } });
    expect(cancelled.status).toBe(200);
    expect(cancelled.json).toMatchObject({ id, status: 'cancelled' });
    expect((await call(backfill.viewOne, { params: { id } })).json).toMatchObject({ status: 'cancelled' });
  });

  test('list as many as asked for, newest first, and always those that run', async () => {
    const ids: string[] = [];
    for (const day of ['21', '22', '23']) {
      const bounds = range(`2026-04-${day}T00:00:00Z`, `2026-04-${day}T01:00:00Z`);
      const { id } = (await start(bounds)).json as { id: string };
      ids.unshift(id);
      if (day !== '21') await call(backfill.cancelOne, { method: 'DELETE', params: { id } });
    }
    const listed = (await call(backfill.listAll, { path: '/api/backfill?limit=1' })).json as BackfillView[];
    expect(listed.map(({ id }) => id)).toEqual([ids[0], ids[2]]);
    const refused = await call(backfill.listAll, { path: '/api/backfill?limit=0' });
    expect([refused.status, isProblem(refused)]).toEqual([400, true]);
  });

  test('of an unknown id are 404', async () => {
    for (const handler of [backfill.viewOne, backfill.cancelOne]) {
      const answered = await call(handler, { params: { id: UNKNOWN } });
      expect(answered.status).toBe(404);
      expect(isProblem(answered)).toBe(true);
    }
  });

  test('its windows are read again, and what is cancelled is not started', async () => {
    backends.simulator.changeData({ bursts: [{ processedTime: '2026-04-20T00:10:00Z', count: 25, spreadMs: 1000 }] });
    const { id } = (await start(DAY)).json as { id: string };
    const [first, second] = await services.store.listWindows('edr-events', id);
    await processMessage({ version: 1, stream: 'edr-events', run: id, window: first!.key });
    expect((await call(backfill.viewOne, { params: { id } })).json).toMatchObject({
      windows: { closed: 1 },
      rows: 25,
      percent: 25,
    });
    expect(backends.ingestion.rows('QualysEdrEvents_CL')).toHaveLength(25);
    await call(backfill.cancelOne, { method: 'DELETE', params: { id } });
    await processMessage({ version: 1, stream: 'edr-events', run: id, window: second!.key });
    expect((await services.store.readWindow('edr-events', id, second!.key))?.state).toBe('planned');
    expect((await services.store.readWatermark('edr-events'))?.watermark).toBe(WATERMARK);
  });
});

describe('a running backfill', () => {
  test('tells that it waits for the vendor, and until when', async () => {
    const { id } = (await start(DAY)).json as { id: string };
    await services.limiter.pause('edr', 60_000, 'Qualys asks to wait 60 s (code 1965)');
    const view = (await call(backfill.viewOne, { params: { id } })).json as BackfillView;
    expect(view.waits?.reason).toContain('Qualys asked the callers of the EDR API to wait');
    expect(Date.parse(view.waits?.until ?? '')).toBeGreaterThan(Date.now());
    const told = async (args: object) => {
      const context = new InvocationContext({ functionName: 'tool', triggerMetadata: { mcptoolargs: args } });
      return (await runTool('qualys_backfill_progress', false)({}, context)) as {
        result: { backfills: BackfillView[] };
      };
    };
    expect((await told({ id })).result).toEqual({ backfills: [view] });
    expect((await told({})).result.backfills).toContainEqual(view);
  });
});

test('a query that is none is refused by itself, whatever is wrong with the settings', async () => {
  useSettings({ EDR_WINDOW_MINUTES: 'many' });
  vi.resetModules();
  const { estimate } = await import('../../src/lib/handlers/backfill.ts');
  expect((await call(estimate, { path: '/api/backfill-estimate?stream=' })).status).toBe(400);
  expect((await call(estimate, { path: `/api/backfill-estimate?${new URLSearchParams(DAY).toString()}` })).status).toBe(
    503,
  );
});
