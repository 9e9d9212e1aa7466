import { setTimeout as sleep } from 'node:timers/promises';
import { rm } from 'node:fs/promises';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { startAzurite } from '../../dev/azurite/start-azurite.ts';
import { startIngestion } from '../../dev/ingestion/start-ingestion.ts';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { isoSeconds } from '../../src/lib/pipeline/window.ts';
import { createServices } from '../../src/lib/services.ts';
import { startHosts } from './host-fleet.ts';
import { buildApp } from './kill-host.ts';
import { BY_TIME, expectIngested, realTimeSettings } from './real-time.ts';

// Two connectors of two Qualys subscriptions, each a host in a process of its own, over one storage account and one workspace. Both vendors
// number their records from the same figure on, so that whatever is known by an id alone is mixed up.

const MINUTES = 10;
const MINUTE_MS = 60_000;
const PATIENCE_MS = 300_000;
/** The first is one of before there were names. */
const NAMES = ['', 'eu'] as const;
const SIZES = { '': { eventCount: 60, hostCount: 30 }, eu: { eventCount: 90, hostCount: 45 } } as const;

const HOSTS = 'QualysVmHosts_CL';
const HOME = await buildApp({ batchSize: 4, newBatchThreshold: 0, maxPollingInterval: '00:00:00.500' });
afterAll(() => rm(HOME, { recursive: true, force: true }));

/** A connector with its vendor; storage and sink are shared. */
async function createConnector(name: (typeof NAMES)[number], end: number, shared: Readonly<Record<string, string>>) {
  const from = isoSeconds(end - MINUTES * MINUTE_MS);
  const simulator: Simulator = await startSimulator({
    ...SIZES[name],
    detectionsPerHost: 3,
    incidentCount: 20,
    longEventEvery: 0,
    longResultsEvery: 0,
    spanHours: MINUTES / 60,
    dataEnd: end,
    rateLimit: 0,
  });
  const env = {
    ...(name === '' ? {} : { QUALYS_SUBSCRIPTION: name }),
    QUALYS_USERNAME: 'qualys-reader',
    QUALYS_PASSWORD: 'simulated-password',
    QUALYS_API_URL: simulator.url,
    QUALYS_GATEWAY_URL: simulator.url,
    QUALYS_STREAMS: [...BY_TIME.map(({ feed }) => feed.name), 'vm-hosts'].join(','),
    ...realTimeSettings(BY_TIME, from, 5),
    HOSTS_SCHEDULE: '*/8 * * * * *',
    ...shared,
  };
  onTestFinished(() => simulator.close());
  return { name, simulator, env, span: { from, to: isoSeconds(end) }, ...createServices(env) };
}

type Connector = Awaited<ReturnType<typeof createConnector>>;

async function isDone(
  { store, span }: Connector,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<boolean> {
  const marks = await Promise.all(BY_TIME.map(({ feed }) => store.readWatermark(feed.name)));
  const isIngested = marks.every((mark) => mark !== undefined && mark.watermark >= span.to);
  return isIngested && rows.some(({ RecordType }) => RecordType === 'SnapshotEnd');
}

test(
  'two connectors of two subscriptions share storage and workspace, and mix nothing',
  { timeout: 3 * PATIENCE_MS },
  async () => {
    const [ingestion, azurite] = await Promise.all([
      startIngestion({ keep: 'memory' }),
      startAzurite({ inMemory: true }),
    ]);
    onTestFinished(async () => {
      await Promise.all([ingestion.close(), azurite.close()]);
    });
    const shared = {
      LOGS_INGESTION_ENDPOINT: ingestion.url,
      LOGS_INGESTION_RULE_ID: ingestion.ruleId,
      AzureWebJobsStorage: azurite.connectionString,
    };
    const end = Math.floor(Date.now() / 1000 - 10) * 1000;
    const connectors = await Promise.all(NAMES.map((name) => createConnector(name, end, shared)));
    const rowsOf = (table: string, { name }: Connector) =>
      ingestion.rows(table).filter(({ QualysSubscription = '' }) => QualysSubscription === name);
    const fleets = await Promise.all(connectors.map(({ env }) => startHosts([HOME], { env })));
    try {
      const deadline = Date.now() + PATIENCE_MS;
      const areAllDone = async (): Promise<boolean> =>
        (await Promise.all(connectors.map((each) => isDone(each, rowsOf(HOSTS, each))))).every(Boolean);
      while (!(await areAllDone())) {
        if (Date.now() > deadline) throw new Error('waited in vain for all watermarks and snapshots');
        await sleep(200);
      }
    } finally {
      await Promise.all(fleets.flat().map((host) => host.end()));
    }
    const [first, second] = connectors;
    // Otherwise nothing could be mixed up.
    expect(first!.simulator.hostIds().filter((id) => !second!.simulator.hostIds().includes(id))).toEqual([]);
    for (const connector of connectors) {
      const { simulator, queue } = connector;
      for (const each of BY_TIME) await expectIngested(each, rowsOf(each.feed.table, connector), connector);
      const snapshot = rowsOf(HOSTS, connector);
      const hosts = snapshot.filter(({ RecordType }) => RecordType === 'Host').map(({ HostId }) => String(HostId));
      expect(new Set(hosts)).toEqual(new Set(simulator.hostIds()));
      const ends = snapshot.filter(({ RecordType }) => RecordType === 'SnapshotEnd');
      expect(ends.map(({ HostCount }) => HostCount)).toEqual([simulator.hostIds().length]);
      expect((await queue.lengths()).poison).toBe(0);
    }
    for (const table of [...BY_TIME.map(({ feed }) => feed.table), HOSTS]) {
      const keys = ingestion.rows(table).map(({ RowKey }) => String(RowKey));
      expect(new Set(keys).size, `keys of ${table}`).toBe(keys.length);
    }
  },
);
