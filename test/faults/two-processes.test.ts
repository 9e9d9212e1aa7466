import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startAzurite } from '../../dev/azurite/start-azurite.ts';
import { startIngestion } from '../../dev/ingestion/start-ingestion.ts';
import { startSimulator } from '../../dev/simulator/start-simulator.ts';
import { withLogTarget } from '../../src/lib/log.ts';
import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import type { WindowRecord } from '../../src/lib/pipeline/ports.ts';
import { runPlanner } from '../../src/lib/pipeline/run-planner.ts';
import { isoSeconds } from '../../src/lib/pipeline/window.ts';
import { createServices } from '../../src/lib/services.ts';
import { openLastRelease } from '../support/last-release.ts';
import { startHosts, type FleetHost, type HostLine } from './host-fleet.ts';
import { buildApp } from './kill-host.ts';
import { BY_TIME, expectIngested, realTimeSettings, type StreamFeed } from './real-time.ts';

// Two host processes on one storage account, one vendor and one sink; one is killed at its work, and the other one finishes what it left: of
// this release, and of this one and the last. In real time, so that a fault that takes minutes to recover from fails.

const MINUTES = 20;
const WINDOW_MINUTES = 2;
const MINUTE_MS = 60_000;
/** Calls at once that both hosts share. */
const PERMITS = 4;
const PATIENCE_MS = 300_000;
const OPTIONS = { timeout: 3 * PATIENCE_MS };
const QUEUES = { batchSize: 4, newBatchThreshold: 0, maxPollingInterval: '00:00:00.500' };

const built: string[] = [];
afterAll(async () => {
  for (const dir of built) await rm(dir, { recursive: true, force: true });
});

async function buildFrom(root?: string): Promise<string> {
  const dir = await buildApp(QUEUES, root);
  built.push(dir);
  return dir;
}

/** The vendor, the sink and the storage that both hosts share, with the settings of both. */
async function createWorld(feeds: readonly StreamFeed[] = BY_TIME) {
  const end = Math.floor(Date.now() / 1000 - 10) * 1000;
  const start = end - MINUTES * MINUTE_MS;
  const simulator = await startSimulator({
    eventCount: 40 * MINUTES,
    hostCount: 60,
    detectionsPerHost: 3,
    incidentCount: 40,
    recordCount: 40,
    longEventEvery: 0,
    longResultsEvery: 0,
    spanHours: MINUTES / 60,
    dataEnd: end,
    concurrencyLimit: PERMITS,
    rateLimit: 0,
    latencyMs: 300,
  });
  const [ingestion, azurite] = await Promise.all([
    startIngestion({ keep: 'memory' }),
    startAzurite({ inMemory: true }),
  ]);
  onTestFinished(async () => {
    await Promise.all([simulator.close(), ingestion.close(), azurite.close()]);
  });
  const from = isoSeconds(start);
  const env = {
    QUALYS_USERNAME: 'qualys-reader',
    QUALYS_PASSWORD: 'simulated-password',
    QUALYS_API_URL: simulator.url,
    QUALYS_GATEWAY_URL: simulator.url,
    QUALYS_STREAMS: feeds.map(({ feed }) => feed.name).join(','),
    QUALYS_MAX_CONCURRENCY: String(PERMITS),
    STALE_WINDOW_SECONDS: '16',
    ...realTimeSettings(feeds, from, WINDOW_MINUTES),
    LOGS_INGESTION_ENDPOINT: ingestion.url,
    LOGS_INGESTION_RULE_ID: ingestion.ruleId,
    AzureWebJobsStorage: azurite.connectionString,
  };
  return { feeds, simulator, ingestion, env, span: { from, to: isoSeconds(end) }, ...createServices(env) };
}

type World = Awaited<ReturnType<typeof createWorld>>;

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(200);
  }
}

/** Opens the windows and queues their work items by this release, before any host does. */
async function planAll(world: World): Promise<void> {
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  for (const stream of world.streams) await withLogTarget(quiet, () => runPlanner(world.planning(stream)));
}

async function listAll({ feeds, store }: World): Promise<WindowRecord[]> {
  return (await Promise.all(feeds.map(({ feed }) => store.listWindows(feed.name, 'live')))).flat();
}

function readMarks({ feeds, store }: World) {
  return Promise.all(feeds.map(({ feed }) => store.readWatermark(feed.name)));
}

/** Windows that a process holds. */
async function heldBy(world: World, { pid }: FleetHost): Promise<WindowRecord[]> {
  return (await listAll(world)).filter(({ claim }) => claim?.owner.includes(`-${pid}-`) === true);
}

/** Runs two hosts, kills the first when it has read a part of a window, and waits until the other one has ingested everything. */
async function play(world: World, apps: readonly [killed: string, left: string]): Promise<HostLine[]> {
  const lines: HostLine[] = [];
  const options = { env: world.env, onLine: (line: HostLine) => void lines.push(line), invisibilityMs: 5000 };
  const hosts = await startHosts(apps, options);
  try {
    await until('a window that is read in part', async () =>
      (await heldBy(world, hosts[0]!)).some(({ counts }) => counts.rows > 0),
    );
    await hosts[0]!.kill();
    await until('all watermarks', async () => {
      const marks = await readMarks(world);
      return marks.every((mark) => mark !== undefined && mark.watermark >= world.span.to);
    });
    return lines;
  } catch (cause) {
    throw new Error(`${String(cause)}\n${await describeOpen(world)}\n${JSON.stringify(lines.slice(-20))}`, { cause });
  } finally {
    await Promise.all(hosts.map(({ end }) => end()));
  }
}

/** What still stands open, for the report of a run that does not end. */
async function describeOpen(world: World): Promise<string> {
  const marks = await readMarks(world);
  const open = (await listAll(world)).filter((window) => !isFinished(window));
  return JSON.stringify({ marks, count: open.length, open: open.slice(0, 5) }, null, 1);
}

async function expectNothingLost(world: World, lines: readonly HostLine[]): Promise<void> {
  for (const each of world.feeds) await expectIngested(each, world.ingestion.rows(each.feed.table), world);
  expect((await world.queue.lengths()).poison).toBe(0);
  // A message goes to the poison queue after five failures, which may take longer than this.
  const failures = /'Functions\.process-window' \(Failed|PoisonMessage|"event":"WindowFailed"/;
  expect(lines.filter(({ message }) => failures.test(message))).toEqual([]);
}

test('of two processes one is killed at its work: nothing is lost, nothing poisoned', OPTIONS, async () => {
  const [world, app] = await Promise.all([createWorld(), buildFrom()]);
  const lines = await play(world, [app, app]);
  await expectNothingLost(world, lines);
  // A worker whose claim has run out, after 8 s here, gives its call and permit up before the vendor notices.
  const lost = lines.filter(({ message }) => /"event":"(?:ClaimLost|ClaimRenewError)"/.test(message));
  expect(world.simulator.stats().apis.edr?.mostAtOnce, JSON.stringify(lost)).toBeLessThanOrEqual(PERMITS);
});

test.for(['the last release', 'this release'])(
  'of the last release and this one side by side %s is killed at its work: nothing is lost, nothing poisoned',
  OPTIONS,
  async (killed, { skip }) => {
    const release = await openLastRelease();
    if ('missing' in release) return skip(release.missing);
    // A stream that the last release does not know would be refused by it.
    const feeds = BY_TIME.filter(({ feed }) => existsSync(join(release.dir, 'src/lib/streams', feed.name)));
    const [world, last, now] = await Promise.all([createWorld(feeds), buildFrom(release.dir), buildFrom()]);
    if (killed === 'this release') await planAll(world);
    await expectNothingLost(world, await play(world, killed === 'this release' ? [now, last] : [last, now]));
  },
);
