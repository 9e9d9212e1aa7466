import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startAzurite } from '../../dev/azurite/start-azurite.ts';
import { startIngestion } from '../../dev/ingestion/start-ingestion.ts';
import { startSimulator } from '../../dev/simulator/start-simulator.ts';
import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import { createServices } from '../../src/lib/services.ts';
import { startHosts, type HostLine } from './host-fleet.ts';
import { buildApp } from './kill-host.ts';

/** 100 windows of 50 pages, 32 workers in two hosts. */
const WINDOWS = Number(process.env.LOAD_WINDOWS ?? 100);
const PAGES = 50;
const PAGE_SIZE = 20;
const WORKERS_A_HOST = 16;
const HOSTS = 2;
/** Calls at once that both hosts share. */
const PERMITS = 8;
const MINUTES = 5;
const MINUTE_MS = 60_000;

/** Lines that tell of an error: of the host, or of the app by its own level or event. */
function isError({ level, message }: HostLine): boolean {
  return ['error', 'critical'].includes(level) || /"event":"\w*(Failed|Error|Lost)"/.test(message);
}

test.runIf(process.env.SOAK === '1')(
  '32 workers in two processes take 100 windows of 50 pages without an error, a lost row or a call too many',
  { timeout: 20 * MINUTE_MS },
  async () => {
    const end = Math.floor(Date.now() / 1000 - 5) * 1000;
    const start = end - WINDOWS * MINUTE_MS;
    const simulator = await startSimulator({
      eventCount: WINDOWS * PAGES * PAGE_SIZE,
      hostCount: 0,
      longEventEvery: 0,
      spanHours: WINDOWS / 60,
      dataEnd: end,
      concurrencyLimit: PERMITS,
      rateLimit: 0,
      latencyMs: 20,
    });
    const ingestion = await startIngestion({ keep: 'memory' });
    const azurite = await startAzurite({ inMemory: true, blob: false });
    const env = {
      QUALYS_USERNAME: 'qualys-reader',
      QUALYS_PASSWORD: 'simulated-password',
      QUALYS_API_URL: simulator.url,
      QUALYS_GATEWAY_URL: simulator.url,
      QUALYS_STREAMS: 'edr-events',
      QUALYS_MAX_CONCURRENCY: String(PERMITS),
      EDR_START: new Date(start).toISOString(),
      EDR_WINDOW_MINUTES: '1',
      EDR_SAFETY_LAG_SECONDS: '5',
      EDR_PAGE_SIZE: String(PAGE_SIZE),
      EDR_SCHEDULE: '*/5 * * * * *',
      LOGS_INGESTION_ENDPOINT: ingestion.url,
      LOGS_INGESTION_RULE_ID: ingestion.ruleId,
      AzureWebJobsStorage: azurite.connectionString,
    };
    const errors: string[] = [];
    const onLine = (line: HostLine): void => {
      if (isError(line)) errors.push(line.message.slice(0, 500));
    };
    const appDir = await buildApp({ batchSize: WORKERS_A_HOST, newBatchThreshold: 0, maxPollingInterval: '00:00:01' });
    const hosts = await startHosts(
      Array.from({ length: HOSTS }, () => appDir),
      { env, onLine },
    );
    const { store } = createServices(env);
    const startedAt = Date.now();
    const span = { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
    let watermark = '';
    while (Date.now() - startedAt < 18 * MINUTE_MS) {
      await sleep(2000);
      watermark = (await store.readWatermark('edr-events'))?.watermark ?? '';
      const isDone = Date.parse(watermark) >= end;
      if (isDone && Date.now() - startedAt > MINUTES * MINUTE_MS) break;
    }
    await Promise.all(hosts.map(({ end }) => end()));
    const records = await store.listWindows('edr-events', 'live', span.from);
    const rows = ingestion.rows('QualysEdrEvents_CL');
    const ids = new Set(rows.map(({ EventId }) => String(EventId)));
    const lost = simulator.eventIds(span).filter((id) => !ids.has(id)).length;
    const { mostAtOnce, concurrencyRefusals } = simulator.stats().apis.edr ?? { mostAtOnce: 0, concurrencyRefusals: 0 };
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    console.log(
      `load: ${rows.length} rows, ${ids.size} events, ${lost} lost, ${records.filter((each) => !isFinished(each)).length} windows open, most calls at once ${mostAtOnce} of ${PERMITS}, ${concurrencyRefusals} refused, ${seconds} s`,
    );
    await Promise.all([simulator.close(), ingestion.close(), azurite.close()]);
    expect(Date.parse(watermark), 'watermark').toBeGreaterThanOrEqual(end);
    expect(errors).toEqual([]);
    expect(lost).toBe(0);
    expect(rows.length, 'repeated').toBe(ids.size);
    expect(mostAtOnce).toBeLessThanOrEqual(PERMITS);
  },
);
