import { InvocationContext } from '@azure/functions';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type * as PlanModule from '../../src/lib/handlers/plan-windows.ts';
import type * as StatusModule from '../../src/lib/handlers/status.ts';
import type * as ToolsModule from '../../src/lib/handlers/mcp-tools.ts';
import type { Health, StatusAnswer } from '../../src/lib/health/health-answers.ts';
import type { WindowRecord } from '../../src/lib/pipeline/ports.ts';
import { newWindow } from '../../src/lib/pipeline/new-window.ts';
import { isoSeconds } from '../../src/lib/pipeline/window.ts';
import type { Services } from '../../src/lib/services.ts';
import { call, startBackends, useSettings, type Backends } from '../support/http-app.ts';

let backends: Backends;
let services: Services;
let health: typeof StatusModule.health;
let status: typeof StatusModule.status;
let planner: typeof PlanModule.planner;
let runTool: typeof ToolsModule.runTool;

async function load(): Promise<void> {
  vi.resetModules();
  ({ health, status } = await import('../../src/lib/handlers/status.ts'));
  ({ planner } = await import('../../src/lib/handlers/plan-windows.ts'));
  ({ runTool } = await import('../../src/lib/handlers/mcp-tools.ts'));
}

beforeAll(async () => {
  backends = await startBackends({ eventCount: 0, hostCount: 0 });
  await load();
  services = (await import('../../src/lib/services.ts')).getServices();
});
afterAll(async () => {
  await services.limiter.close();
  await backends.close();
});

/** What status, the health route and the tool say; they must say the same. */
async function judged(): Promise<{ readonly http: number; readonly verdict: string; readonly codes: string[] }> {
  const answered = (await call(status)).json as StatusAnswer;
  const alone = await call(health);
  const context = new InvocationContext({ logHandler: () => undefined });
  const { result } = (await runTool('qualys_connector_status', false)({}, context)) as { result: StatusAnswer };
  const said = [answered, alone.json as Health, result].map(({ ok, verdict, headline, problems }) => ({
    ...{ ok, verdict, headline },
    problems: problems.map(({ code, stream, api, act, docs }) => [code, stream, api, act, docs]),
  }));
  expect(said[1]).toEqual(said[0]);
  expect(said[2]).toEqual(said[0]);
  return { http: alone.status, verdict: answered.verdict, codes: answered.problems.map(({ code }) => code) };
}

/** Stores an hour of a stream that ended so many hours ago. */
async function put(hoursAgo: number, changes: Partial<WindowRecord>): Promise<WindowRecord> {
  const to = Date.now() - hoursAgo * 3_600_000;
  const bounds = { from: isoSeconds(to - 3_600_000), to: isoSeconds(to) };
  const record = { ...newWindow({ stream: 'edr-events', run: 'live', ...bounds }, new Date()), ...changes };
  await services.store.insertWindows([record]);
  const stored = await services.store.readWindow('edr-events', 'live', record.key);
  if (stored === undefined) throw new Error('it was stored just now');
  return stored;
}

const TICKED = ['edr-events', 'vm-detections'];
async function tick(): Promise<void> {
  for (const stream of TICKED) {
    const known = await services.store.readWatermark(stream);
    const now = new Date();
    const mark = { watermark: isoSeconds(now), lastTick: now.toISOString() };
    await services.store.saveWatermark({ stream, start: '2026-05-01T00:00:00Z', ...known, ...mark });
  }
}

describe('what is stored is told by status, health route and tool alike:', () => {
  test('nothing wrong', async () => {
    await tick();
    expect(await judged()).toEqual({ http: 200, verdict: 'ok', codes: [] });
  });

  test('a refused account, as soon as a window waits for it', async () => {
    await tick();
    const error = 'Qualys refuses the account (HTTP 401)';
    const held = await put(30, { lastError: error, repair: 'account', attempts: 1 });
    expect(await judged()).toEqual({ http: 503, verdict: 'down', codes: ['account-refused'] });
    const { problems, streams } = (await call(status)).json as StatusAnswer;
    expect(problems[0]).toMatchObject({ api: 'edr', text: expect.stringContaining(error) as string });
    expect(streams[0]?.held).toMatchObject([{ repair: 'account', windows: 1, error, isLatest: true }]);
    await services.store.saveWindow({ ...held, state: 'closed', closedAt: new Date().toISOString() });
    expect(await judged()).toEqual({ http: 200, verdict: 'ok', codes: [] });
  });

  test('a pause, a failed window and a running backfill’s refused identity', async () => {
    await tick();
    await services.limiter.pause('vm', 3_600_000, 'code 1965');
    expect(await judged()).toEqual({ http: 200, verdict: 'waiting', codes: ['vendor-pause'] });
    const failed = await put(40, { state: 'failed', lastError: 'HTTP 500' });
    expect(await judged()).toEqual({ http: 503, verdict: 'attention', codes: ['windows-failed', 'vendor-pause'] });
    await services.store.saveWindow({ ...failed, state: 'closed', closedAt: '2026-05-01T00:00:00.000Z' });
    const now = new Date();
    const range = { from: '2026-04-01T00:00:00Z', to: '2026-04-01T01:00:00Z' };
    const about = { id: 'b-1', stream: 'vm-detections', ...range, status: 'running' as const };
    await services.store.saveBackfill({ ...about, startedAt: now.toISOString(), updatedAt: now.toISOString() });
    const window = newWindow({ stream: 'vm-detections', run: 'b-1', ...range }, now);
    await services.store.insertWindows([{ ...window, repair: 'identity', lastError: 'Logs Ingestion answered 403' }]);
    expect(await judged()).toEqual({ http: 503, verdict: 'down', codes: ['identity-refused', 'vendor-pause'] });
  });
});

test('a tick writes the judgement down with all codes, another reader only what has changed', async () => {
  const lines: string[] = [];
  const context = new InvocationContext({
    logHandler: (_level, ...more: unknown[]) => lines.push(...more.map(String)),
  });
  await planner('vm-hosts')({}, context);
  await call(status, { onLog: (line) => lines.push(line) });
  const judgedLines = lines.filter((line) => line.includes('"event":"HealthJudged"'));
  expect(judgedLines).toHaveLength(1);
  expect(JSON.parse(judgedLines[0] ?? '')).toMatchObject({
    verdict: 'down',
    ok: false,
    codes: 'identity-refused:all vendor-pause:vm',
  });
});

test('a wrong setting is a judgement too, by every route, and in the line of a tick', async () => {
  useSettings({ EDR_WINDOW_MINUTES: 'many' });
  await load();
  expect(await judged()).toEqual({ http: 503, verdict: 'down', codes: ['settings-wrong'] });
  const answered = await call(status);
  expect(answered.status).toBe(200);
  expect(answered.json).toMatchObject({ streams: [], limits: [], queue: null, deadLetters: null, alerts: null });
  expect((answered.json as StatusAnswer).problems[0]?.text).toContain('EDR_WINDOW_MINUTES');
  expect(answered.text).not.toContain('many');
  const lines: string[] = [];
  const context = new InvocationContext({
    logHandler: (_level, ...more: unknown[]) => lines.push(...more.map(String)),
  });
  await expect(planner('edr-events')({}, context)).rejects.toThrow('EDR_WINDOW_MINUTES');
  expect(lines.join('\n')).toContain('"codes":"settings-wrong:all"');
  useSettings({ EDR_WINDOW_MINUTES: undefined });
});
