import { TableClient } from '@azure/data-tables';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { alertItemOf } from '../../src/lib/alerts/alert-record.ts';
import { pushAlert } from '../../src/lib/alerts/push-alert.ts';
import { TABLE_NAMES } from '../../src/lib/azure/names.ts';
import { createServices } from '../../src/lib/services.ts';
import { isGenuine } from '../support/alerts-page.ts';
import { vendorEvent } from '../support/enrich.ts';
import { startLocalApp, untilCaughtUp, type LocalApp } from '../support/local-app.ts';

const SECRET = 'a-secret-of-some-length';
const WHSEC = 'whsec_0123456789abcdef0123456789abcdef';
const HOUR_MS = 3_600_000;

let simulator: Simulator;
let app: LocalApp;
/** What the webhook got, and what it answers. */
const posts: { headers: IncomingHttpHeaders; body: string }[] = [];
let statusOfWebhook = 202;
const webhook = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    posts.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
    response.writeHead(statusOfWebhook).end();
  });
});

/** Starts an app with a day of events behind it and the webhook set. */
async function start(settings: Readonly<Record<string, string>>): Promise<void> {
  posts.length = 0;
  statusOfWebhook = 202;
  await new Promise<void>((done) => webhook.listen(0, '127.0.0.1', done));
  simulator = await startSimulator({ eventCount: 400, hostCount: 0, rateLimit: 0 });
  app = await startLocalApp(simulator.url, {
    QUALYS_STREAMS: 'edr-events',
    EDR_WINDOW_MINUTES: '360',
    EDR_SAFETY_LAG_SECONDS: '0',
    ALERT_WEBHOOK_URL: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/hook?key=in-the-address`,
    ALERT_WEBHOOK_PRIVATE: 'true',
    ALERT_MIN_SCORE: '8',
    ...settings,
  });
}

async function stop(): Promise<void> {
  await app.close();
  await simulator.close();
  await new Promise((done) => webhook.close(done));
}

/** Waits until an event that the vendor shows now is ingested. */
async function ingestNow(record: { readonly id?: unknown }): Promise<void> {
  simulator.changeData({ events: [{ record }] });
  const isIngested = async (): Promise<boolean> => {
    await app.host.runTimer('plan-edr-events');
    return app.rows('QualysEdrEvents_CL').some(({ EventId }) => EventId === record.id);
  };
  await expect.poll(isIngested, { interval: 1000 }).toBe(true);
}

const ticketOf = ({ body }: { body: string }): string => (JSON.parse(body) as { ticket_id: string }).ticket_id;
const postedIds = (): string[] => posts.map(ticketOf).sort();
const single = (): string[] => postedIds().filter((id) => !id.startsWith('summary-'));

/** Ids of the ingested events at or above the score. */
const scoredIds = (): string[] => {
  const rows = app.rows('QualysEdrEvents_CL').filter(({ Score, PartNumber }) => Number(Score) >= 8 && PartNumber === 1);
  return [...new Set(rows.map(({ EventId }) => String(EventId)))].sort();
};

interface AlertStatus {
  readonly from: string;
  readonly queued: number;
  readonly waiting: number;
  readonly summarised: number;
}
const alertStatus = async (): Promise<AlertStatus> =>
  ((await app.get('status')).body as { alerts: AlertStatus }).alerts;

/** Waits until the alert queue is empty. */
async function untilPosted(): Promise<void> {
  await expect.poll(alertStatus).toMatchObject({ queued: 0, waiting: 0 });
}

describe('alert push', () => {
  beforeAll(() => start({ ALERT_WEBHOOK_SECRET: SECRET, ALERT_FROM: '2020-01-01', ALERT_MAX_PER_MINUTE: '1000' }));
  afterAll(stop);

  test('posts every ingested event of a high score once, signed', async () => {
    await untilCaughtUp(app, 'edr-events');
    await untilPosted();
    expect(scoredIds().length).toBeGreaterThan(10);
    expect(postedIds()).toEqual(scoredIds());
    for (const { headers, body } of posts) expect(isGenuine(headers, body, SECRET)).toBe(true);
    expect(new Set(posts.map(({ headers }) => headers['webhook-id'])).size).toBe(posts.length);
  });

  test('posts nothing again when everything is ingested again', async () => {
    const connection = process.env.AzureWebJobsStorage ?? '';
    for (const name of [TABLE_NAMES.watermarks, TABLE_NAMES.windows]) {
      const table = TableClient.fromConnectionString(connection, name, { allowInsecureConnection: true });
      for await (const { partitionKey, rowKey } of table.listEntities()) {
        await table.deleteEntity(partitionKey ?? '', rowKey ?? '');
      }
    }
    const before = app.rows('QualysEdrEvents_CL').length;
    await app.host.runTimer('plan-edr-events');
    await untilCaughtUp(app, 'edr-events');
    await untilPosted();
    expect(app.rows('QualysEdrEvents_CL').length).toBeGreaterThan(before);
    expect(postedIds()).toEqual(scoredIds());
  });

  test('calls nobody for a backfill', async () => {
    const hoursAgo = (hours: number): string => new Date(Date.now() - hours * HOUR_MS).toISOString();
    simulator.changeData({ events: [{ record: vendorEvent({ score: '10', eventProcessedTime: hoursAgo(40) }) }] });
    const [from, to] = [hoursAgo(44), hoursAgo(30)];
    const body = JSON.stringify({ stream: 'edr-events', from, to });
    const { id } = (await app.get('backfill', { method: 'POST', body })).body as { id: string };
    const before = posts.length;
    await expect.poll(async () => (await app.get(`backfill/${id}`)).body).toMatchObject({ status: 'succeeded' });
    await untilPosted();
    expect(scoredIds().length).toBeGreaterThan(before);
    expect(posts).toHaveLength(before);
  });

  test('goes on ingesting while the webhook refuses, and shows what waits, without the address', async () => {
    statusOfWebhook = 503;
    const record = vendorEvent({ score: '10', eventProcessedTime: new Date(Date.now() + 2000).toISOString() });
    await ingestNow(record);
    await expect.poll(alertStatus).toMatchObject({
      enabled: true,
      waiting: 1,
      undelivered: 0,
      lastError: expect.stringMatching(/^127\.0\.0\.1:\d+ answered 503$/) as string,
    });
    expect((await app.get('alerts')).body).toMatchObject({
      alerts: [{ id: record.id, state: 'waiting', attempts: 1 }],
    });
    expect(app.log.join('\n')).not.toContain('in-the-address');
    expect(app.log.join('\n')).not.toContain(SECRET);
  });
});

describe('a webhook that is set on a connector with a day of events behind it', () => {
  beforeAll(() => start({}));
  afterAll(stop);

  test('hears of nothing that was processed before, and of what comes then', async () => {
    await untilCaughtUp(app, 'edr-events');
    await untilPosted();
    expect(scoredIds().length).toBeGreaterThan(10);
    expect(posts).toEqual([]);
    expect(app.log.join('\n')).toContain('AlertsLeftOut');
    const { from } = await alertStatus();
    expect(Math.abs(Date.parse(from) - Date.now())).toBeLessThan(5 * 60_000);
    await app.stopHost();
    await app.restartHost();
    const record = vendorEvent({ score: '10', eventProcessedTime: new Date(Date.now() + 2000).toISOString() });
    await ingestNow(record);
    await untilPosted();
    expect(postedIds()).toEqual([record.id]);
    expect((await alertStatus()).from).toBe(from);
  });
});

describe('a webhook that may get two alerts a minute', () => {
  beforeAll(() => start({ ALERT_WEBHOOK_SECRET: WHSEC, ALERT_FROM: '2020-01-01', ALERT_MAX_PER_MINUTE: '2' }));
  afterAll(stop);

  test('gets the rest in one signed summary for each minute, and status counts it', async () => {
    await untilCaughtUp(app, 'edr-events');
    const settled = async (): Promise<number> => single().length + (await alertStatus()).summarised;
    await expect.poll(settled).toBe(scoredIds().length);
    // An instance whose clock is ahead: the summaries are due.
    const { alerts } = createServices(process.env);
    const clock = { now: () => new Date(Date.now() + 2 * 60_000) };
    for (const { key } of await alerts.store.listOpen(10)) {
      const record = await alerts.store.read(key);
      const item = record && alertItemOf(record);
      if (item !== undefined) await pushAlert(item, { ...alerts, clock });
    }
    await expect.poll(async () => (await app.get('alerts')).body).toEqual({ alerts: [], isWebhookSet: true });
    const told = posts.flatMap(({ body }) => (JSON.parse(body) as { summary?: { count: number } }).summary ?? []);
    expect(single().length).toBeLessThanOrEqual(2 * (told.length + 1));
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(scoredIds().length - single().length);
    expect((await alertStatus()).summarised).toBe(scoredIds().length - single().length);
    for (const { headers, body } of posts) expect(isGenuine(headers, body, WHSEC)).toBe(true);
  });
});
