import { TableClient } from '@azure/data-tables';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { TABLE_NAMES } from '../../src/lib/azure/names.ts';
import { vendorEvent } from '../support/enrich.ts';
import { startLocalApp, untilCaughtUp, type LocalApp } from '../support/local-app.ts';

const SECRET = 'a-secret-of-some-length';
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

beforeAll(async () => {
  await new Promise<void>((done) => webhook.listen(0, '127.0.0.1', done));
  simulator = await startSimulator({ eventCount: 400, hostCount: 0, rateLimit: 0 });
  app = await startLocalApp(simulator.url, {
    QUALYS_STREAMS: 'edr-events',
    EDR_WINDOW_MINUTES: '360',
    EDR_SAFETY_LAG_SECONDS: '0',
    ALERT_WEBHOOK_URL: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/hook?key=in-the-address`,
    ALERT_WEBHOOK_PRIVATE: 'true',
    ALERT_WEBHOOK_SECRET: SECRET,
    ALERT_MIN_SCORE: '8',
  });
});
afterAll(async () => {
  await app.close();
  await simulator.close();
  webhook.close();
});

const ticketOf = ({ body }: { body: string }): string => (JSON.parse(body) as { ticket_id: string }).ticket_id;
const postedIds = (): string[] => posts.map(ticketOf).sort();

/** Ids of the ingested events at or above the score. */
const scoredIds = (): string[] => {
  const rows = app.rows('QualysEdrEvents_CL').filter(({ Score, PartNumber }) => Number(Score) >= 8 && PartNumber === 1);
  return [...new Set(rows.map(({ EventId }) => String(EventId)))].sort();
};

interface AlertStatus {
  readonly queued: number;
  readonly waiting: number;
}
const alertStatus = async (): Promise<AlertStatus> =>
  ((await app.get('status')).body as { alerts: AlertStatus }).alerts;

/** Waits until the alert queue is empty. */
async function untilPosted(): Promise<void> {
  await expect.poll(alertStatus, { timeout: 30_000 }).toMatchObject({ queued: 0, waiting: 0 });
}

describe('alert push', () => {
  test('posts every ingested event of a high score once, signed', async () => {
    await untilCaughtUp(app, 'edr-events');
    await untilPosted();
    expect(scoredIds().length).toBeGreaterThan(10);
    expect(postedIds()).toEqual(scoredIds());
    for (const { headers, body } of posts) {
      const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
      const digest = createHmac('sha256', SECRET).update(signed).digest('base64');
      expect(headers['webhook-signature']).toBe(`v1,${digest}`);
    }
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
    await expect
      .poll(async () => (await app.get(`backfill/${id}`)).body, { timeout: 30_000 })
      .toMatchObject({ status: 'succeeded' });
    await untilPosted();
    expect(scoredIds().length).toBeGreaterThan(before);
    expect(posts).toHaveLength(before);
  });

  test('goes on ingesting while the webhook refuses, and shows what waits, without the address', async () => {
    statusOfWebhook = 503;
    const record = vendorEvent({ score: '10', eventProcessedTime: new Date(Date.now() + 2000).toISOString() });
    simulator.changeData({ events: [{ record }] });
    await expect
      .poll(
        async () => {
          await app.host.runTimer('plan-edr-events');
          return app.rows('QualysEdrEvents_CL').some(({ EventId }) => EventId === record.id);
        },
        { timeout: 60_000, interval: 1000 },
      )
      .toBe(true);
    await expect.poll(alertStatus, { timeout: 20_000 }).toMatchObject({
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
