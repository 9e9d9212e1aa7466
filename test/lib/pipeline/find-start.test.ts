import { describe, expect, test } from 'vitest';
import { ConfigError, RetryableError } from '../../../src/lib/errors.ts';
import type { EarlierRows } from '../../../src/lib/pipeline/find-start.ts';
import { createServices } from '../../../src/lib/services.ts';
import { STREAMS } from '../../../src/lib/streams/index.ts';
import { serveLogsQuery } from '../../support/logs-query.ts';
import { setUpPlanner } from '../../support/planner.ts';
import { LEAST_SETTINGS } from '../../support/settings.ts';
import { testAzurite } from '../../support/storage.ts';

const HOUR_MS = 3_600_000;
const DAY_BEFORE = '2026-04-30T12:00:00Z';

const rows = (changes: Partial<EarlierRows> = {}): { earlierRows: EarlierRows } => ({
  earlierRows: { setting: 'EDR_START', isReplaced: false, ...changes },
});
const newest = (time?: string) =>
  rows({ newest: () => Promise.resolve(time === undefined ? undefined : new Date(time)) });

/** Level-free events of the log with their reasons. */
function eventsOf({ log }: Awaited<ReturnType<typeof setUpPlanner>>) {
  return log.lines.map((line) => JSON.parse(line) as { event: string; error?: string; reason?: string });
}

describe('a stream without a watermark whose table can be asked', () => {
  test('goes on a day before the newest row, however long ago that was', async () => {
    const planner = await setUpPlanner({ windowMinutes: 1440 });
    await planner.tick(newest('2026-04-20T08:30:00.700Z'));
    expect(await planner.watermark()).toBe('2026-04-19T08:30:00Z');
    const windows = await planner.windows();
    expect(windows[0]?.from).toBe('2026-04-19T08:30:00Z');
    expect(windows.at(-1)?.to).toBe('2026-05-01T11:58:00Z');
    expect(await planner.start()).toMatchObject({
      state: 'known',
      note: expect.stringContaining('newest row') as string,
    });
  });

  test('begins no later than a new one does, although its newest row is of just now', async () => {
    const planner = await setUpPlanner();
    await planner.tick(newest('2026-05-01T11:59:00Z'));
    expect(await planner.watermark()).toBe('2026-04-30T11:59:00Z');
    const ahead = await setUpPlanner();
    await ahead.tick(newest('2026-05-02T11:59:00Z'));
    expect(await ahead.watermark()).toBe(DAY_BEFORE);
  });

  test('begins by itself when the table is empty', async () => {
    const planner = await setUpPlanner();
    await planner.tick(newest());
    expect(await planner.watermark()).toBe(DAY_BEFORE);
    expect(await planner.start()).toMatchObject({ state: 'known', note: expect.stringContaining('no rows') as string });
    expect(planner.log.events()).toContain('StreamStarted');
  });

  test('waits visibly while the question is refused, asks at each tick, and then begins where it must', async () => {
    const planner = await setUpPlanner();
    const refused = rows({
      newest: () => Promise.reject(new ConfigError('403: the role is missing, password=hunter2')),
    });
    await planner.tick(refused);
    planner.clock.forward(300_000);
    await planner.tick(refused);
    expect(await planner.watermark()).toBeUndefined();
    expect(await planner.windows()).toEqual([]);
    const start = await planner.start();
    expect(start).toMatchObject({ state: 'waiting', since: '2026-05-01T12:00:00.000Z' });
    expect(start?.note).toMatch(/cannot be asked.*the role is missing.*EDR_START/);
    expect(start?.note).not.toContain('hunter2');
    expect(eventsOf(planner).filter(({ event }) => event === 'StartAwaited')).toHaveLength(2);
    await planner.tick(newest('2026-04-25T12:00:00Z'));
    expect(await planner.watermark()).toBe('2026-04-24T12:00:00Z');
    expect(await planner.start()).toMatchObject({ state: 'known', since: '2026-05-01T12:05:00.000Z' });
  });

  test('needs a person only when that has lasted for an hour', async () => {
    const planner = await setUpPlanner();
    const levels: string[] = [];
    const keep = (level: string) => (event: string) => void levels.push(`${level} ${event}`);
    const log = { info: keep('info'), warn: keep('warn'), error: keep('error'), with: () => log };
    const failing = { ...rows({ newest: () => Promise.reject(new RetryableError('503')) }), log };
    await planner.tick(failing);
    planner.clock.forward(HOUR_MS);
    await planner.tick(failing);
    expect(levels).toEqual(['warn StartAwaited', 'error StartAwaited']);
  });

  test('is not asked once it has a watermark, nor when its start is set', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:00:00Z') });
    const never = rows({ newest: () => Promise.reject(new Error('asked')) });
    await planner.tick(never);
    expect(await planner.watermark()).toBe('2026-05-01T11:00:00Z');
    await planner.tick({ ...never, plan: { windowMinutes: 15, safetyLagSeconds: 120 } });
    expect(eventsOf(planner).map(({ event }) => event)).toEqual(['StreamStarted', 'WindowsPlanned', 'WindowsPlanned']);
  });
});

describe('a stream without a watermark whose table cannot be asked', () => {
  test('begins by itself on a first installation, and says that nobody could tell', async () => {
    const planner = await setUpPlanner();
    await planner.tick(rows());
    expect(await planner.watermark()).toBe(DAY_BEFORE);
    expect(await planner.start()).toMatchObject({ state: 'assumed', since: '2026-05-01T12:00:00.000Z' });
    expect(eventsOf(planner).find(({ event }) => event === 'StreamStarted')?.reason).toMatch(/without knowing/);
  });

  test('waits on a replaced storage account until its start is set', async () => {
    const planner = await setUpPlanner();
    await planner.tick(rows({ isReplaced: true }));
    expect(await planner.watermark()).toBeUndefined();
    expect(planner.taken()).toEqual([]);
    expect(await planner.start()).toMatchObject({
      state: 'waiting',
      note: expect.stringContaining('EDR_START') as string,
    });
    const plan = { windowMinutes: 15, safetyLagSeconds: 120, start: new Date('2026-04-29T00:00:00Z') };
    await planner.tick({ ...rows({ isReplaced: true }), plan });
    expect(await planner.watermark()).toBe('2026-04-29T00:00:00Z');
    expect(await planner.start()).toMatchObject({ state: 'known' });
  });

  test('begins with everything where its first window brings that', async () => {
    const planner = await setUpPlanner({ windowMinutes: Infinity, gridMinutes: 1440, safetyLagSeconds: 0 });
    await planner.tick();
    expect(await planner.windows()).toHaveLength(1);
    expect(await planner.start()).toMatchObject({ state: 'known' });
  });
});

describe('a stream that lost its watermark only', () => {
  test('goes on with its first window, whatever else is set', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:00:00Z') });
    await planner.tick();
    const before = await planner.windows();
    await planner.forget();
    const plan = { windowMinutes: 15, safetyLagSeconds: 120, start: new Date('2026-05-01T11:59:00Z') };
    await planner.tick({ ...rows({ isReplaced: true }), plan });
    expect(await planner.watermark()).toBe('2026-05-01T11:00:00Z');
    expect(await planner.windows()).toEqual(before);
  });
});

describe('a machine whose clock is ahead', () => {
  test('begins by the clock that all share', async () => {
    const planner = await setUpPlanner({}, '2026-05-04T12:00:00Z');
    await planner.tick({ ...rows(), sharedTime: () => Promise.resolve(new Date('2026-05-01T12:00:00Z')) });
    expect(await planner.watermark()).toBe(DAY_BEFORE);
  });
});

describe('the planner of a production instance', () => {
  test('asks the storage service for the time', async () => {
    const services = createServices({ ...LEAST_SETTINGS, AzureWebJobsStorage: (await testAzurite()).connectionString });
    const { sharedTime } = services.planning(services.streams[0]!);
    expect(await sharedTime?.()).toBeInstanceOf(Date);
  });
});

describe('what a stream is told of earlier rows', () => {
  const of = (name: string, changes: Readonly<Record<string, string>> = {}): EarlierRows | undefined => {
    const services = createServices({
      ...LEAST_SETTINGS,
      QUALYS_STREAMS: STREAMS.map((each) => each.name).join(','),
      ...changes,
    });
    return services.planning(services.streams.find((each) => each.name === name)!).earlierRows;
  };

  test('follows from the settings: whom to ask, and whether the storage account is a later one', async () => {
    expect(of('edr-events')).toEqual({ setting: 'EDR_START', isReplaced: false });
    const ages = {
      INSTALLED_AT: '2026-01-01T08:00:00.1234567+00:00',
      STORAGE_CREATED_AT: '2026-01-02T08:00:00.1234567Z',
    };
    expect(of('vm-detections', ages)).toEqual({ setting: 'VM_START', isReplaced: false });
    expect(of('vm-detections', { ...ages, STORAGE_CREATED_AT: '1/2/2026 8:00:01 AM Z' })).toMatchObject({
      isReplaced: true,
    });
    expect(of('vm-detections', { ...ages, INSTALLED_AT: 'long ago' })).toMatchObject({ isReplaced: false });
    const { endpoint, queries } = await serveLogsQuery(() => ({
      rows: [{ Rows: 1, Newest: '2026-05-01T10:00:00.000Z' }],
    }));
    const workspace = {
      LOGS_QUERY_WORKSPACE_ID: '11111111-2222-4333-8444-555555555555',
      LOGS_QUERY_ENDPOINT: endpoint,
    };
    expect(await of('edr-incidents', workspace)?.newest?.()).toEqual(new Date('2026-05-01T10:00:00Z'));
    expect(queries[0]?.kql).toMatch(/^QualysEdrIncidents_CL\n[^]*UpdatedTime/);
  });

  test('is nothing where the first window brings all there is', () => {
    expect([of('vm-knowledge-base'), of('vm-hosts')]).toEqual([undefined, undefined]);
  });
});
