import { afterAll, beforeAll, expect, test } from 'vitest';
import { isLate, isLook } from '../../src/lib/pipeline/look-back.ts';
import { FEEDS } from './all-feeds.ts';
import { placeIn, rowsOf, type Feed } from './feeds.ts';
import { closeAzurite, createRig, openAzurite } from './rig.ts';
import { runFor, startApp } from './run-app.ts';
import { takePart, warpTime } from './warped-time.ts';

// The vendor's index lags: what becomes visible behind the safety lag is found by looking back, with the vendor's calls an hour.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const CALLS_AN_HOUR = 300;
const RECORDS = 120;
/** Records come in the first two hours; then all that is detectable has time to come. */
const FILLED_MS = 2 * HOUR_MS;

interface Lag {
  readonly of: string;
  readonly seconds: number;
  readonly pattern: 'constant' | 'spread' | 'bursts';
  readonly hours: number;
}

const LAGS: readonly Lag[] = [
  { of: '15 min, constantly', seconds: 900, pattern: 'constant', hours: 4 },
  { of: 'up to 3 h, each record by another', seconds: 3 * 3600, pattern: 'spread', hours: 7 },
  { of: '2 h, one minute of ten', seconds: 2 * 3600, pattern: 'bursts', hours: 6 },
];

/** Times of the records, evenly over that in which they come. */
function timesFrom(start: number): string[] {
  return Array.from({ length: RECORDS }, (_, at) => {
    return new Date(start + (FILLED_MS * (at + 0.5)) / RECORDS).toISOString();
  });
}

async function play(feed: Feed, { hours, pattern, seconds }: Lag) {
  const rig = await createRig(
    {
      ...feed,
      span: (now) => ({ start: now, target: now + FILLED_MS }),
      options: () => ({ hostCount: feed.hostsFor?.(RECORDS) ?? 0, detectionsPerHost: 1 }),
      fill: (simulator, start) => placeIn(feed)(simulator, timesFrom(start)),
    },
    'lean',
    CALLS_AN_HOUR,
  );
  rig.simulator.configure({ indexLagSeconds: seconds, indexLagPattern: pattern });
  const app = startApp(rig);
  await runFor(app, { forMs: hours * HOUR_MS, tickMs: 15 * MINUTE_MS, pollMs: 3 * MINUTE_MS });
  const rows = rowsOf(feed, rig.ingestion);
  const ids = new Set(rows.map(feed.idOf));
  const windows = await rig.store.listWindows(feed.name, 'live');
  const result = {
    lost: feed.ids(rig.simulator, { from: rig.start, to: rig.target }).filter((id) => !ids.has(id)).length,
    repeated: rows.length - new Set(rows.map(({ RowKey }) => RowKey)).size,
    late: windows.filter(isLate).reduce((sum, { counts }) => sum + counts.rows, 0),
    mostCalls: Math.max(...windows.filter(isLook).map(({ counts }) => counts.calls)),
    open: windows.filter(({ state }) => state !== 'closed').map(({ key, state }) => `${key} ${state}`),
    violations: rig.violations,
  };
  await app.close();
  await rig.close();
  return result;
}

beforeAll(async () => {
  warpTime();
  await openAzurite(CASES.length + 1);
});
afterAll(closeAzurite);

/** Every stream that looks back. */
const CASES = FEEDS.filter(({ stream }) => stream.looksBack === true).flatMap(({ feed }) =>
  LAGS.map((lag) => [feed.name, lag.of, feed, lag] as const),
);

test.for(CASES)('%s, an index late by %s: nothing is lost', { timeout: 600_000 }, async ([name, of, feed, lag]) => {
  const { late, mostCalls, ...others } = await takePart(() => play(feed, lag));
  console.info(`${name} | ${of} | lost ${others.lost} | found late ${late} | calls of a look ${mostCalls}`);
  expect(others).toEqual({ lost: 0, repeated: 0, open: [], violations: [] });
  expect(late).toBeGreaterThan(0);
  expect(mostCalls).toBeLessThanOrEqual(6);
});
