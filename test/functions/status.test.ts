import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as StatusModule from '../../src/lib/handlers/status.ts';
import type { Services } from '../../src/lib/services.ts';
import { STREAMS } from '../../src/lib/streams/index.ts';
import { call, startBackends, type Backends } from '../support/http-app.ts';

let backends: Backends;
let services: Services;
let status: typeof StatusModule.status;
const WATERMARK = '2026-05-01T12:00:00Z';

beforeAll(async () => {
  backends = await startBackends({ eventCount: 0, hostCount: 0 });
  services = (await import('../../src/lib/services.ts')).getServices();
  ({ status } = await import('../../src/lib/handlers/status.ts'));
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

describe('GET /api/status', () => {
  test('tells where each stream stands', async () => {
    const answered = await call(status);
    expect(answered.status).toBe(200);
    expect(answered.json).toMatchObject({
      streams: [
        {
          name: 'edr-events',
          enabled: true,
          watermark: WATERMARK,
          lagSeconds: expect.any(Number) as number,
          lastTick: '2026-05-01T12:02:00.000Z',
          windows: { open: 0, failed: 0, incomplete: 0 },
          rowsLast24h: 0,
          lastError: null,
        },
        { name: 'vm-detections', enabled: true, watermark: null, lagSeconds: null, lastTick: null },
        ...STREAMS.slice(2).map(({ name }) => ({ name, enabled: false, watermark: null })),
      ],
      queue: { waiting: expect.any(Number) as number, poison: 0 },
    });
    expect((answered.json as { version: string }).version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('shows that a stream waits for its start, and why', async () => {
    const start = { state: 'waiting', note: 'set VM_START', since: '2026-05-01T12:00:00.000Z' } as const;
    await services.starts.save({ stream: 'vm-detections', ...start });
    const { streams } = (await call(status)).json as { streams: Record<string, unknown>[] };
    expect(streams[1]).toMatchObject({ watermark: null, start, lastError: 'set VM_START' });
    expect(streams[0]).toMatchObject({ start: null, lastError: null });
  });

  test('shows failed and incomplete windows with their reason until they are acknowledged', async () => {
    const { newWindow } = await import('../../src/lib/pipeline/new-window.ts');
    const window = (hour: number, changes: object) => ({
      ...newWindow(
        { stream: 'edr-events', run: 'live', from: `2026-05-01T1${hour}:00:00Z`, to: `2026-05-01T1${hour}:15:00Z` },
        new Date(),
      ),
      ...changes,
    });
    await services.store.insertWindows([
      window(2, { state: 'failed', lastError: '1905 bad parameter' }),
      window(3, {
        state: 'incomplete',
        lastError: 'Qualys counts 2 records, 1 were received',
        progressAt: '2026-05-01T00:00:00Z',
      }),
      window(4, { state: 'incomplete', acknowledged: true }),
      window(5, { state: 'closed', counts: { pages: 1, calls: 1, rows: 7, fetched: 7 } }),
    ]);
    const { streams } = (await call(status)).json as { streams: Record<string, unknown>[] };
    expect(streams[0]).toMatchObject({
      windows: { open: 1, failed: 1, incomplete: 1 },
      rowsLast24h: 7,
      lastError: '2026-05-01T12:00:00Z/2026-05-01T12:15:00Z: 1905 bad parameter',
    });
  });
});
