import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { convertRow, type Row } from '../../../dev/ingestion/convert-row.ts';
import { readTables, type Table } from '../../../dev/ingestion/tables.ts';
import { jsonFile } from '../../../scripts/generators/generated-file.ts';
import { DECLARED } from '../../../scripts/generators/streams.ts';
import {
  feedNext,
  startBackfill,
  viewBackfill,
  type BackfillDependencies,
} from '../../../src/lib/pipeline/backfill.ts';
import { parseSettings } from '../../../src/lib/config.ts';
import { STREAMS } from '../../../src/lib/streams/index.ts';
import type { StreamDefinition } from '../../../src/lib/streams/stream-definition.ts';
import { STREAM_SETTINGS } from '../../../src/lib/streams/settings.ts';
import { startFeed } from '../../support/feeds.ts';
import type { Feed } from '../../faults/feeds.ts';
import type { Bench } from '../../support/pipeline.ts';
import { fixturesOf, playExchange } from '../../support/play-exchange.ts';
import { LEAST_SETTINGS } from '../../support/settings.ts';

/** Years before: entries of the KnowledgeBase changed long ago. */
const FROM = '2015-01-01T00:00:00Z';
const TO = '2026-03-01T11:00:00Z';
const DATA = { eventCount: 60, longEventEvery: 20, hostCount: 6, incidentCount: 12, recordCount: 20, spanHours: 1 };
/** What a table has besides, for records that cannot be read and for connectors that have a name. */
const OF_ALL = new Set(['RecordPart', 'ParseError', 'QualysSubscription']);
const updateRows = (stream: string): string =>
  `UPDATE_FIXTURES=1 npm test -- test/lib/streams/contract.test.ts -t ${stream}`;
const updateMatrix = (stream: string): string => `UPDATE_RELIABILITY=1 npm run test:faults -- -t ${stream}`;
/** Files of each stream, and how they come to be. */
const BESIDE_TESTS: Readonly<Record<string, (stream: string) => string>> = {
  'fixtures/exchange.json': () => 'which request gets which of the pages beside it',
  'fixtures/expected.json': (stream) => `by \`${updateRows(stream)}\``,
  'matrix-feed.ts': () => 'what the faults must know of it, a `Feed` of test/faults/feeds.ts',
  'matrix.md': (stream) => `by \`${updateMatrix(stream)}\``,
};
let tables: ReadonlyMap<string, Table>;

beforeAll(async () => {
  tables = await readTables();
});

function tableOf(name: string): Table {
  const table = tables.get(name);
  if (table === undefined) throw new Error(`infra/tables/${name}.json is missing: npm run generate`);
  return table;
}

/** Columns that a table does not have, or that do not take what a row holds. */
function lossesOf(table: string, rows: readonly Row[]): string[] {
  const losses = new Set<string>();
  for (const row of rows) convertRow(row, tableOf(table), (loss, column) => losses.add(`${column} ${loss}`));
  return [...losses];
}

const tableAdvice = ({ name, table }: StreamDefinition): string =>
  `infra/tables/${table}.json does not take what a row holds: mend the columns in src/lib/streams/${name}/, then npm run generate`;

/** The rows that the fixtures of a stream shall become. */
function expectedRows(stream: string): Row[] {
  return JSON.parse(readFileSync(expectedFile(stream), 'utf8')) as Row[];
}

function expectedFile(stream: string): string {
  return join(fixturesOf(stream), 'expected.json');
}

/** The cells in the table of a matrix. */
function cellsIn(matrix: string): string[] {
  const cells = matrix.matchAll(/^\| (?!step \||---)([^|]+ \| [^|]+) \|/gmu);
  return Array.from(cells, ([, cell = '']) => cell).sort();
}

function keysOf(rows: readonly unknown[]): string[] {
  return rows.map((row) => String((row as Row).RowKey)).sort();
}

/** Two windows a backfill, so that its rows come by other windows than the live ones. */
function backfillOf({ clock, log, queue, store }: Bench): BackfillDependencies {
  const windowMinutes = (): number => Math.ceil((Date.parse(TO) - Date.parse(FROM)) / 120_000);
  return { clock, log: log.log, queue, store, staleSeconds: 900, parallel: 1, windowMinutes };
}

/** Works on the windows of a backfill, delays skipped, until none is left. */
async function workOff({ clock, process, queue, store }: Bench, deps: BackfillDependencies): Promise<void> {
  for (let sent = queue.sent.shift(); sent !== undefined; sent = queue.sent.shift()) {
    const { run, stream, window } = sent.item;
    const record = (await store.readWindow(stream, run, window))!;
    clock.forward(Math.max(0, Date.parse(record.notBefore ?? '') - clock.now().getTime()) || 0);
    await process(record);
    await feedNext((await store.readWindow(stream, run, window))!, deps);
  }
}

test('each folder of a stream has its line in the registry and in the list of settings', () => {
  const entries = readdirSync(join(import.meta.dirname, '../../../src/lib/streams'), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const names = STREAMS.map(({ name }) => name);
  expect(names.toSorted(), 'src/lib/streams/index.ts').toEqual(folders.toSorted());
  const declared = STREAMS.flatMap(({ settings }) => Object.keys(settings));
  const unlisted = declared.filter((name) => !Object.hasOwn(STREAM_SETTINGS, name));
  expect(unlisted, 'left out of src/lib/streams/settings.ts').toEqual([]);
});

describe.each(STREAMS)('the stream $name', (definition) => {
  const { name, table } = definition;

  test('gives rows that its table takes as they are', async () => {
    const feed = await startFeed(definition, { ...DATA, dataEnd: Date.parse(TO) });
    const [window] = await feed.ingest(FROM, TO);
    const rows = feed.bench.sink.rows as Row[];
    expect(window?.lastError, 'write or mend the part that answers it in dev/simulator/parts/').toBeUndefined();
    expect(feed.bench.log.events().filter((event) => event.startsWith('Record'))).toEqual([]);
    expect(rows.length).toBeGreaterThan(3);
    expect(lossesOf(table, rows), tableAdvice(definition)).toEqual([]);
    expect(rows.filter(({ TimeGenerated, RowKey }) => TimeGenerated === undefined || RowKey === undefined)).toEqual([]);
    expect(new Set(rows.map(({ RowKey }) => RowKey)).size).toBe(rows.length);
  });

  test.skipIf(definition.isSnapshot)('gives a backfill the rows of its live window, by the same keys', async () => {
    const feed = await startFeed(definition, { ...DATA, dataEnd: Date.parse(TO) });
    const { rows } = feed.bench.sink;
    await feed.ingest(FROM, TO);
    const live = keysOf(rows.splice(0));
    const { bench } = feed;
    const [deps, stream] = [backfillOf(bench), bench.deps.stream.name];
    const { backfill } = await startBackfill({ stream, from: new Date(FROM), to: new Date(TO) }, deps);
    await workOff(bench, deps);
    expect(await viewBackfill(backfill.id, deps)).toMatchObject({
      status: 'succeeded',
      windows: { total: 2, closed: 2 },
    });
    expect(keysOf(rows)).toEqual(live);
    expect(await bench.store.readWatermark(stream)).toBeUndefined();
  });

  test('makes of its fixtures the rows that stand beside them, which its table takes as they are', async () => {
    const { feed, unanswered, unasked } = await playExchange(definition);
    const windows = (await feed.windows()).map(({ lastError, state }) => ({ lastError, state }));
    const took = { windows: [{ state: 'closed' }], unanswered: [], unasked: [] };
    expect({ windows, unanswered, unasked }, `mend test/lib/streams/${name}/fixtures/exchange.json`).toEqual(took);
    const rows = feed.bench.sink.rows as Row[];
    if (process.env.UPDATE_FIXTURES === '1') {
      writeFileSync(expectedFile(name), (await jsonFile(fixturesOf(name), 'expected.json', rows)).text);
    }
    expect(rows).toEqual(expectedRows(name));
    expect(lossesOf(table, rows), tableAdvice(definition)).toEqual([]);
  });

  // Behind the test that may write the rows.
  test('has beside its tests what those of all streams look for there', async () => {
    const missing = Object.entries(BESIDE_TESTS).filter(([file]) => !existsSync(join(import.meta.dirname, name, file)));
    const toWrite = missing.map(([file, how]) => `write test/lib/streams/${name}/${file}: ${how(name)}`);
    expect(toWrite, 'docs/add-a-stream.md, step 5').toEqual([]);
    const { feed } = (await import(`./${name}/matrix-feed.ts`)) as { feed: Feed };
    expect({ name: feed.name, table: feed.table }).toEqual({ name, table });
    if (definition.looksBack === true) expect(feed, 'what is late is played with it').toHaveProperty('place');
    const matrix = readFileSync(join(import.meta.dirname, name, 'matrix.md'), 'utf8');
    expect(matrix).toMatch(`# ${name}\n`);
    const { chooseCells } = await import('../../faults/play-matrix.ts');
    const played = chooseCells(feed).map(({ step, fault }) => `${step} | ${fault}`);
    expect(cellsIn(matrix), `matrix.md is written by \`${updateMatrix(name)}\``).toEqual(played.sort());
  });

  test('has a fixture of each column of its own', () => {
    const filled = new Set(expectedRows(name).flatMap((row) => Object.keys(row).filter((key) => row[key] !== null)));
    const own = [...tableOf(table).columns.keys()].filter((column) => !OF_ALL.has(column));
    const act = `give these columns a value in a page of test/lib/streams/${name}/fixtures, then: ${updateRows(name)}`;
    expect(
      own.filter((column) => !filled.has(column)),
      act,
    ).toEqual([]);
  });

  test('has settings of its own that no other stream has, and tells the newest of its data by its columns', () => {
    const declared = DECLARED.find((each) => each.name === name)!;
    const others = DECLARED.filter((each) => each.name !== name).flatMap(({ settings }) => settings);
    const taken = declared.settings.filter((setting) => others.includes(setting));
    expect(taken, `another stream has them: name them otherwise in src/lib/streams/${name}/settings.ts`).toEqual([]);
    const columns = declared.columns.map((column) => column.name);
    const restart = definition.restart?.column;
    if (restart !== undefined) expect(columns).toContain(restart(parseSettings(LEAST_SETTINGS)));
    expect(columns.filter((column, index) => columns.indexOf(column) !== index)).toEqual([]);
  });
});
