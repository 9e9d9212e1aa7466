import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startLocalApp, untilCaughtUp, type LocalApp, type StatusOfStream } from '../support/local-app.ts';

/** Answers of a real Qualys platform; they stand beside the project, never in it. */
const RECORDED = resolve(import.meta.dirname, '../../../shared/fixtures/qualys-vm');
const isRecordedHere = existsSync(RECORDED);
const guideList = readFileSync(resolve(import.meta.dirname, '../lib/streams/edr-events/fixtures/page-1.json'), 'utf8');

interface Recorded {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function recorded(name: string): Recorded {
  const meta = JSON.parse(readFileSync(join(RECORDED, `${name}.meta.json`), 'utf8')) as { response: Recorded };
  const { status, headers } = meta.response;
  const { 'transfer-encoding': _, ...kept } = headers as Record<string, string>;
  return { status, headers: kept, body: readFileSync(join(RECORDED, `${name}.xml`), 'utf8') };
}

/** A server that gives recorded answers by path. */
async function replay(answers: Readonly<Record<string, Recorded>>): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    request.resume();
    const path = (request.url ?? '').replace(/\?.*/, '');
    const { status, headers, body } = answers[path] ?? { status: 404, headers: {}, body: '' };
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

let app: LocalApp | undefined;
let server: Server | undefined;

afterEach(async () => {
  await app?.close();
  server?.close();
  app = undefined;
});

async function start(
  answers: Readonly<Record<string, Recorded>>,
  settings: Readonly<Record<string, string>>,
): Promise<LocalApp> {
  const served = await replay(answers);
  server = served.server;
  app = await startLocalApp(served.url, settings);
  return app;
}

async function statusOf(running: LocalApp, stream: string): Promise<StatusOfStream | undefined> {
  const { body } = await running.get('status');
  return (body as { streams: StatusOfStream[] }).streams.find(({ name }) => name === stream);
}

const DETECTION = '/api/2.0/fo/asset/host/vm/detection/';
const VM_ONLY = { QUALYS_STREAMS: 'vm-detections', VM_API_VERSION: '2.0', VM_WINDOW_MINUTES: '1440' };

describe.skipIf(!isRecordedHere)('recorded answers of a real platform', () => {
  test('an answer without hosts closes the window', async () => {
    const running = await start({ [DETECTION]: recorded('host-detections-2') }, VM_ONLY);
    expect(await untilCaughtUp(running, 'vm-detections')).toMatchObject({
      windows: { failed: 0, incomplete: 0 },
      rowsLast24h: 0,
      lastError: null,
    });
  });

  test('a refused parameter fails the window with the vendor’s code and text', async () => {
    const running = await start({ [DETECTION]: recorded('host-detections-bad-id') }, VM_ONLY);
    await expect.poll(async () => (await statusOf(running, 'vm-detections'))?.windows.failed).toBeGreaterThan(0);
    const status = await statusOf(running, 'vm-detections');
    expect(status?.lastError).toContain('1905');
    expect(status?.lastError).toContain('neither a positive integer nor a range');
  });

  test('an expired account, told with HTTP 200, keeps the window open and is shown', async () => {
    const running = await start({ [DETECTION]: recorded('verify-authentication-expired') }, VM_ONLY);
    await expect
      .poll(async () => (await statusOf(running, 'vm-detections'))?.lastError ?? '')
      .toContain('This account has expired');
    expect(await statusOf(running, 'vm-detections')).toMatchObject({ windows: { failed: 0 } });
  });
});

test('the guide’s printed event arrives in the table with its quirks understood', async () => {
  const json = { status: 200, headers: { 'content-type': 'application/json' } };
  const events = (JSON.parse(guideList) as { eventProcessedTime: string }[]).slice(0, 1);
  const processed = new Date(Date.now() - 600_000).toISOString().replace('Z', '+0000');
  for (const event of events) event.eventProcessedTime = processed;
  const jwt = [{ alg: 'none' }, { sub: 'reader' }, 'x']
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const running = await start(
    {
      '/auth': { status: 201, headers: { 'content-type': 'text/plain' }, body: jwt },
      '/ioc/events/count': { ...json, body: '{"count":1}' },
      '/ioc/events': { ...json, body: JSON.stringify(events) },
    },
    { QUALYS_STREAMS: 'edr-events', EDR_START: new Date(Date.now() - 840_000).toISOString(), EDR_WINDOW_MINUTES: '60' },
  );
  await expect.poll(() => running.rows('QualysEdrEvents_CL').length).toBeGreaterThanOrEqual(1);
  await untilCaughtUp(running, 'edr-events');
  const rows = running.rows('QualysEdrEvents_CL');
  expect(rows[0]).toMatchObject({
    EventType: 'FILE',
    EventAction: 'CREATED',
    Score: 0,
    FileName: 'energyprov.dll',
    FilePath: 'C:\\Windows\\System32\\energyprov.dll',
    UserName: 'NT AUTHORITY\\LOCAL SERVICE',
    Verdicts: ['KNOWN'],
  });
});
