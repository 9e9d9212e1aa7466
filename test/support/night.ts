import { expect } from 'vitest';
import type { StatusAnswer } from '../../src/lib/health/health-answers.ts';
import type { ProblemCode, Verdict } from '../../src/lib/health/problem-codes.ts';
import type { LocalApp } from './local-app.ts';
import { runCli } from './run-cli.ts';

// What those who look after the connector see of it at night.

/** As the page and a watching command line ask; a busy machine takes its time. */
export const POLL = { timeout: 300_000, interval: 500 };
/** For a test of several such waits. */
export const PATIENCE = { timeout: 1_200_000 };

/** Reads the status. */
export async function readStatus(app: LocalApp): Promise<StatusAnswer> {
  return (await app.get('status')).body as StatusAnswer;
}

/** Compares what status, health, agents' tool and command line tell now: the problem stands first, for all of them. @returns its text. */
export async function expectToldNow(app: LocalApp, code: ProblemCode, verdict: Verdict): Promise<string> {
  const isFine = !['attention', 'down'].includes(verdict);
  const { problems } = await readStatus(app);
  expect(problems[0]?.code, JSON.stringify(problems)).toBe(code);
  const health = await app.get('health');
  expect(health.status).toBe(isFine ? 200 : 503);
  expect(health.body).toMatchObject({ ok: isFine, verdict });
  expect((health.body as StatusAnswer).problems[0]?.code).toBe(code);
  expect(await askAgent(app)).toMatchObject({ verdict, problems: [{ code }] });
  const told = await runCli(['status'], { env: { CONNECTOR_URL: app.host.url } });
  expect(told.out).toContain(`${code}: `);
  expect(told.code).toBe(isFine ? 0 : 1);
  return problems[0]?.text ?? '';
}

/** What the tool for agents answers of the whole. */
async function askAgent({ host }: LocalApp): Promise<unknown> {
  const response = await fetch(`${host.url}/runtime/webhooks/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({
      ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
      params: { name: 'qualys_connector_status', arguments: {} },
    }),
  });
  const { result } = (await response.json()) as { result?: { content?: { text: string }[] } };
  const { verdict, problems } = JSON.parse(result?.content?.[0]?.text ?? '{}') as StatusAnswer;
  return { verdict, problems: problems.slice(0, 1) };
}

/** Waits until the problem stands first, for all. @returns its text. */
export async function expectTold(app: LocalApp, code: ProblemCode, verdict: Verdict): Promise<string> {
  await expect.poll(async () => (await readStatus(app)).problems[0]?.code, POLL).toBe(code);
  return expectToldNow(app, code, verdict);
}

/** Waits until all is well, for all. */
export async function expectWell(app: LocalApp): Promise<void> {
  await expect.poll(async () => (await readStatus(app)).problems.map(({ code }) => code), POLL).toEqual([]);
  expect(await readStatus(app)).toMatchObject({ ok: true, verdict: 'ok' });
  expect((await app.get('health')).status).toBe(200);
  expect((await runCli(['status'], { env: { CONNECTOR_URL: app.host.url } })).code).toBe(0);
}

/** Starts a backfill of the time between so many hours before this minute and so many. @returns its id. */
export async function backfill(app: LocalApp, stream: string, hours: readonly [number, number]): Promise<string> {
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  const [from, to] = hours.map((ago) => new Date(minute - ago * 3_600_000).toISOString());
  return ((await app.post('backfill', { stream, from, to })) as { id: string }).id;
}

/** Waits until a backfill has succeeded; its windows, and live ones, are hurried by hand where they would wait too long for a test. */
export async function expectDone(app: LocalApp, stream: string, id: string, isHurried = true): Promise<void> {
  const look = async (): Promise<unknown> => {
    if (isHurried) await hurry(app, stream, [id, 'live']);
    return ((await app.get(`backfill/${id}`)).body as { status: string }).status;
  };
  await expect.poll(look, { timeout: 300_000, interval: 2000 }).toBe('succeeded');
}

async function hurry(app: LocalApp, stream: string, runs: readonly string[]): Promise<void> {
  for (const run of runs) {
    const { body } = await app.get(`windows/${stream}?run=${run}&state=planned,failed`);
    // One that a worker has just taken needs no hurry.
    for (const { key } of (body as { windows: { key: string }[] }).windows)
      await app.post(`windows/${stream}/${key}/retry?run=${run}`, {}).catch(() => undefined);
  }
}
