import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { startLocalApp, type LocalApp, type StatusOfStream } from '../support/local-app.ts';
import { readTables } from '../../dev/kql/workspace.ts';
import { isBeyondEngine, seenAt, useEngine } from './support/check-kind.ts';
import type { Row } from '../../dev/kql/engine.ts';
import { TEXTS } from './support/texts.ts';

/*
 * Rows that the connector itself made of the simulator's answers, in the shapes of the real ones. The functions must give of them what they
 * hold, each once; every other text must run on them.
 */
const STREAMS = ['edr-events', 'vm-detections', 'vm-knowledge-base', 'vm-hosts'];
const engine = useEngine();
let simulator: Simulator;
let now: string;
let rows: ReadonlyMap<string, readonly Row[]>;

beforeAll(async () => {
  simulator = await startSimulator({ eventCount: 60, hostCount: 6, rateLimit: 0 });
  const app = await startLocalApp(simulator.url, {
    QUALYS_STREAMS: STREAMS.join(','),
    EDR_WINDOW_MINUTES: '1440',
    VM_WINDOW_MINUTES: '1440',
  });
  try {
    await vi.waitFor(async () => expect(await unfinished(app)).toEqual([]), { timeout: 600_000, interval: 500 });
    rows = new Map(readTables().map(({ name }) => [name, app.rows(name).map((row) => toStored(name, row))]));
    await engine().fill(Object.fromEntries(rows));
    now = new Date().toISOString();
  } finally {
    await app.close();
  }
}, 900_000);

afterAll(() => simulator.close());

/** Streams that have not ended a window yet, or have one open. */
async function unfinished(app: LocalApp): Promise<string[]> {
  const { body } = await app.get('status');
  const { streams } = body as { streams: StatusOfStream[] };
  const isDone = ({ watermark, windows, rowsLast24h }: StatusOfStream): boolean =>
    watermark !== null && windows.open === 0 && rowsLast24h > 0;
  return streams.filter((stream) => STREAMS.includes(stream.name) && !isDone(stream)).map(({ name }) => name);
}

function toStored(table: string, row: Row): Row {
  return { Type: table, _IngestionTime: row.TimeGenerated, ...row };
}

/** What a query gives in a column, sorted. */
async function valuesOf(query: string, column: string): Promise<string[]> {
  const found = await engine().run(query, seenAt(now, {}));
  return found.rows.map((row) => String(row[column])).sort();
}

/** What the rows of a table hold in a column, each value once, sorted. */
function heldIn(table: string, column: string): string[] {
  const values = rows.get(table)!.map((row) => row[column]);
  return [...new Set(values.filter((value) => typeof value === 'string' && value !== ''))].sort() as string[];
}

test.each([
  ['QualysEdrEvents()', 'QualysEdrEvents_CL', 'EventId'],
  ['QualysHostDetections() | distinct HostId', 'QualysHostDetectionV3_CL', 'HostId'],
  ['QualysVmHosts()', 'QualysVmHosts_CL', 'HostId'],
  ['QualysVmKnowledgeBase()', 'QualysVmKnowledgeBase_CL', 'QID'],
])('%s gives each thing that the rows hold once', async (query, table, column) => {
  const held = heldIn(table, column);
  expect(held.length).toBeGreaterThan(0);
  expect(await valuesOf(query, column)).toEqual(held);
});

describe('every text runs on these rows', () => {
  test.each(TEXTS.filter((text) => !isBeyondEngine(text)))('$kind/$id', async (text) => {
    const found = await engine().run(await text.write({}, new Date(now)), seenAt(now, text));
    expect(found.columns.length).toBeGreaterThan(0);
  });
});
