import { startFaultProxy, type FaultProxy } from '../../dev/fault-proxy/start-fault-proxy.ts';
import type { ProxyFault } from '../../dev/fault-proxy/proxy-faults.ts';
import { startAzurite, type Azurite } from '../../dev/azurite/start-azurite.ts';
import { startIngestion, type Ingestion } from '../../dev/ingestion/start-ingestion.ts';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { openStorage } from '../../src/lib/azure/storage.ts';
import { createTableCheckpointStore } from '../../src/lib/azure/table-checkpoint-store.ts';
import { SETTING_NAMES } from '../../src/lib/config.ts';
import { QUEUE_NAME } from '../../src/lib/azure/names.ts';
import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import type { CheckpointStore } from '../../src/lib/pipeline/ports.ts';
import { gaps, isoSeconds, toInterval } from '../../src/lib/pipeline/window.ts';
import type { DataShape, Feed } from './feeds.ts';

/** The emulators' published key: no secret. */
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const MINUTE_MS = 60_000;
const STARTS = SETTING_NAMES.filter((name) => name.endsWith('_START'));
/** A vendor without records. */
const NOTHING = { eventCount: 0, incidentCount: 0, recordCount: 0, hostCount: 0 };
/** Windows of the cell after its start. */
const SPAN_MINUTES = { lean: 30, deep: 30, fat: 30, wide: 30, late: 60 } as const;

let azurite: Azurite | undefined;
let accounts = 0;

/** Starts one Azurite for so many cells, with an account for each; it reads them again every minute. */
export async function openAzurite(cells: number): Promise<void> {
  process.env.AZURITE_ACCOUNTS = Array.from({ length: cells }, (_, place) => `cell${place}:${KEY}`).join(';');
  accounts = 0;
  azurite = await startAzurite({ inMemory: true });
}

/** Ends what {@link openAzurite} started. */
export async function closeAzurite(): Promise<void> {
  await azurite?.close();
  azurite = undefined;
}

/** The world of one cell: a storage account, a vendor and a sink of its own, with proxies before them. */
export interface Rig {
  readonly feed: Feed;
  readonly simulator: Simulator;
  readonly ingestion: Ingestion;
  /** Proxies before the queue and blob services, the vendor and the sink. */
  readonly queue: FaultProxy;
  readonly blob: FaultProxy;
  readonly vendor: FaultProxy;
  readonly sink: FaultProxy;
  /** Sets faults before the table service; the watch over the watermark stays. */
  readonly setTableFaults: (...faults: readonly ProxyFault[]) => void;
  /** Settings of the connector in this world. */
  readonly env: Readonly<Record<string, string>>;
  /** Storage without proxies. */
  readonly storage: ReturnType<typeof openStorage>;
  readonly store: CheckpointStore;
  readonly queueName: string;
  /** Where the stream begins, and where everything is ingested: ISO times. */
  readonly start: string;
  readonly target: string;
  /** What the watch over the watermark saw. */
  readonly violations: string[];
  readonly close: () => Promise<void>;
}

function connectionString(account: string, urls: { table: string; queue: string; blob: string }): string {
  const endpoints = Object.entries({ Blob: urls.blob, Queue: urls.queue, Table: urls.table });
  const parts = endpoints.map(([name, url]) => `${name}Endpoint=${new URL(url).origin}/${account}`);
  return ['DefaultEndpointsProtocol=http', `AccountName=${account}`, `AccountKey=${KEY}`, ...parts, ''].join(';');
}

function openDirect(connection: string): ReturnType<typeof openStorage> {
  return openStorage({
    AzureWebJobsStorage: connection,
  });
}

/** Settings by which every stream begins at an ISO time. */
export function startingAt(time: string): Record<string, string> {
  return Object.fromEntries(STARTS.map((name) => [name, time]));
}

/** What lies before the watermark must be finished, without a gap. */
async function findGap(store: CheckpointStore, stream: string): Promise<string | undefined> {
  const mark = await store.readWatermark(stream);
  if (mark === undefined || mark.watermark === mark.start) return undefined;
  const finished = (await store.listWindows(stream, 'live')).filter(isFinished).map(toInterval);
  const open = gaps({ from: Date.parse(mark.start), to: Date.parse(mark.watermark) }, finished);
  return open.length === 0 ? undefined : `the watermark ${mark.watermark} is ahead of an unfinished window`;
}

/** The span ends before now, so that the first tick plans both windows. */
function halfAnHour(shape: DataShape): (now: number) => { start: number; target: number } {
  return (now) => {
    const start = Math.floor((now - 90_000) / 1000) * 1000 - 30 * MINUTE_MS;
    return { start, target: start + SPAN_MINUTES[shape] * MINUTE_MS };
  };
}

/** Builds the world of a cell. */
export async function createRig(feed: Feed, shape: DataShape, rateLimit = 0): Promise<Rig> {
  if (azurite === undefined) throw new Error('openAzurite comes first');
  const { tableUrl, queueUrl, blobUrl } = azurite;
  const account = `cell${accounts++}`;
  const simulator = await startSimulator({ ...NOTHING, ...feed.options?.(shape), rateLimit });
  const ingestion = await startIngestion({ keep: 'memory' });
  const [table, queue, blob, vendor, sink] = await Promise.all(
    [tableUrl, queueUrl, blobUrl, simulator.url, ingestion.url].map((url) =>
      startFaultProxy(new URL(url).origin, { now: () => Date.now() }),
    ),
  );
  if (!table || !queue || !blob || !vendor || !sink) throw new Error('ports');
  const span = (feed.span ?? halfAnHour(shape))(Date.now());
  feed.fill(simulator, span.start, shape);
  const start = isoSeconds(span.start);
  const storage = openDirect(connectionString(account, { table: tableUrl, queue: queueUrl, blob: blobUrl }));
  const store = createTableCheckpointStore(storage);
  const violations: string[] = [];
  const watch: ProxyFault = {
    kind: 'pass',
    id: 'watch',
    route: '^(PUT|PATCH|MERGE) /[^/]+/QualysWatermarks',
    count: 'always',
    onAnswer: async (_, status) => {
      const gap = status < 300 ? await findGap(store, feed.name) : undefined;
      if (gap !== undefined) violations.push(gap);
    },
  };
  table.setFaults(watch);
  return {
    feed,
    simulator,
    ingestion,
    queue,
    blob,
    vendor,
    sink,
    setTableFaults: (...faults) => table.setFaults(watch, ...faults),
    env: {
      QUALYS_USERNAME: 'qualys-reader',
      QUALYS_PASSWORD: 'simulated-password',
      QUALYS_API_URL: vendor.url,
      QUALYS_GATEWAY_URL: vendor.url,
      QUALYS_STREAMS: feed.name,
      STALE_WINDOW_SECONDS: '120',
      ...startingAt(start),
      ...feed.settings,
      ...(shape === 'fat' ? feed.fatSettings : {}),
      LOGS_INGESTION_ENDPOINT: sink.url,
      LOGS_INGESTION_RULE_ID: ingestion.ruleId,
      AzureWebJobsStorage: connectionString(account, { table: table.url, queue: queue.url, blob: blob.url }),
    },
    storage,
    store,
    queueName: QUEUE_NAME,
    start,
    target: isoSeconds(span.target),
    violations,
    close: async () => {
      await Promise.all([table, queue, blob, vendor, sink].map((proxy) => proxy.close()));
      await Promise.all([simulator.close(), ingestion.close()]);
    },
  };
}
