import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { startLocalApp, untilCaughtUp, type LocalApp, type StatusOfStream } from '../support/local-app.ts';

const EDR_TABLE = 'QualysEdrEvents_CL';
const VM_TABLE = 'QualysHostDetectionV3_CL';

/** The planner's only tick by itself is that at the start of the host. */
const ONCE = '0 0 0 1 1 *';

let simulator: Simulator;
let app: LocalApp;

beforeAll(async () => {
  simulator = await startSimulator({ eventCount: 2000, hostCount: 120, detectionsPerHost: 15, rateLimit: 0 });
  app = await startLocalApp(simulator.url, {
    VM_TRUNCATION_LIMIT: '20',
    VM_WINDOW_MINUTES: '360',
    EDR_SCHEDULE: ONCE,
    VM_SCHEDULE: ONCE,
  });
});

afterAll(async () => {
  await app.close();
  await simulator.close();
});

describe('the first start', () => {
  test.each([
    ['edr-events', 120],
    ['vm-detections', 600],
  ])(
    '%s is ingested up to its first tick as soon as its last window has ended, with no further tick',
    async (name, lag) => {
      let lastTick: string | null | undefined;
      const behindTickSeconds = async (): Promise<number> => {
        const { streams } = (await app.get('status')).body as {
          streams: (StatusOfStream & { lastTick: string | null })[];
        };
        const stream = streams.find((each) => each.name === name);
        lastTick ??= stream?.lastTick;
        expect(stream?.lastTick ?? null).toBe(lastTick ?? null);
        return (Date.parse(stream?.lastTick ?? '') - Date.parse(stream?.watermark ?? '')) / 1000;
      };
      await expect.poll(behindTickSeconds, { interval: 200 }).toBeLessThan(lag + 1);
    },
  );
});

describe('from the vendor’s answer into the table', () => {
  test('every EDR event of the first 24 hours arrives exactly once', async () => {
    const { watermark } = await untilCaughtUp(app, 'edr-events');
    const wanted = simulator.eventIds({ to: watermark ?? '' });
    const ids = app.rows(EDR_TABLE).map(({ EventId }) => EventId);
    expect(wanted.length).toBeGreaterThan(1900);
    expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
    const keys = app.rows(EDR_TABLE).map(({ RowKey }) => RowKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('every VM host of the first 24 hours arrives with all its detections', async () => {
    const { watermark } = await untilCaughtUp(app, 'vm-detections');
    const wanted = simulator.hostIds({ to: watermark ?? '' });
    const ids = new Set(app.rows(VM_TABLE).map(({ HostId }) => HostId));
    expect(wanted.length).toBeGreaterThan(100);
    expect(wanted.filter((id) => !ids.has(id))).toEqual([]);
    expect(app.ingestion.stats()).toMatchObject({ faults: [] });
  });

  test('calls at once never exceed the limit', () => {
    const { apis } = simulator.stats();
    for (const api of [apis.edr, apis.vm]) {
      expect(api?.mostAtOnce).toBeLessThanOrEqual(2);
      expect(api?.concurrencyRefusals).toBe(0);
    }
  });
});

describe('a backfill', () => {
  test('reads a range again with the same row keys and leaves the watermark alone', async () => {
    const before = await untilCaughtUp(app, 'edr-events');
    const to = new Date(Date.now() - 6 * 3_600_000).toISOString();
    const from = new Date(Date.now() - 8 * 3_600_000).toISOString();
    const body = JSON.stringify({ stream: 'edr-events', from, to });
    const started = await app.get('backfill', { method: 'POST', body });
    expect(started.status).toBe(201);
    const { id } = started.body as { id: string };
    expect(started.headers.get('location')).toContain(`/api/backfill/${id}`);
    await expect
      .poll(async () => ((await app.get(`backfill/${id}`)).body as { status: string }).status)
      .toBe('succeeded');
    const rows = app.rows(EDR_TABLE);
    const keys = new Set(rows.map(({ RowKey }) => RowKey));
    expect(rows.length).toBeGreaterThan(keys.size);
    const after = (await app.get('status')).body as { streams: { name: string; watermark: string }[] };
    const { watermark } = after.streams.find(({ name }) => name === 'edr-events') ?? {};
    expect(Date.parse(watermark ?? '')).toBeGreaterThanOrEqual(Date.parse(before.watermark ?? ''));
  });
});

describe('ping', () => {
  test('passes with all five checks', async () => {
    const { status, body } = await app.get('ping');
    expect(body).toMatchObject({ ok: true });
    expect(status).toBe(200);
    expect((body as { checks: { name: string }[] }).checks.map(({ name }) => name)).toEqual([
      'settings',
      'storage',
      'qualys-edr',
      'qualys-vm',
      'logs-ingestion',
    ]);
  });
});
