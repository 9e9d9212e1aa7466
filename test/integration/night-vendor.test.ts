import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { TABLE_NAMES } from '../../src/lib/azure/names.ts';
import { openStorage } from '../../src/lib/azure/storage.ts';
import { parseSettings } from '../../src/lib/config.ts';
import { createServices } from '../../src/lib/services.ts';
import { startLocalApp, untilCaughtUp, type LocalApp } from '../support/local-app.ts';
import { backfill, expectDone, expectTold, expectWell, PATIENCE, readStatus } from '../support/night.ts';

// The same night: what the vendor asks for or does not answer, and a planner that does not run.

const HOUR_MS = 3_600_000;
/** Pages of events, and nothing else of their API. */
const EVENTS = 'GET /ioc/events\\?';
/** Switches the planner off, as it does in Azure. */
const DISABLED = 'AzureWebJobs_plan-edr-events_Disabled';

let simulator: Simulator;
let app: LocalApp;

beforeAll(async () => {
  simulator = await startSimulator({ eventCount: 300, rateLimit: 0 });
  app = await startLocalApp(simulator.url, {
    QUALYS_STREAMS: 'edr-events',
    EDR_WINDOW_MINUTES: '360',
    EDR_PAGE_SIZE: '10',
    QUALYS_BUDGET_RESERVE_PERCENT: '50',
  });
  await untilCaughtUp(app, 'edr-events');
});

afterAll(async () => {
  await app.close();
  await simulator.close();
});

/** Has the time come, in the row that all instances share, until which they wait: for the end of a pause, or to ask a route that is out. */
async function letTimeCome(): Promise<void> {
  const limits = openStorage(parseSettings(process.env)).table(TABLE_NAMES.limits);
  for (let isStored = false; !isStored;) {
    const { etag, state } = await limits.getEntity<{ state: string }>('limits', 'edr');
    const { outage, ...known } = JSON.parse(state) as { readonly outage?: object };
    const due = outage === undefined ? {} : { outage: { ...outage, nextAt: Date.now() - 1, triesUntil: 0 } };
    const ended = JSON.stringify({ ...known, ...due, pausedUntil: Date.now() - 1 });
    isStored = await limits
      .updateEntity({ partitionKey: 'limits', rowKey: 'edr', state: ended }, 'Replace', { etag })
      .then(
        () => true,
        () => false,
      );
  }
}

test('a route that does not answer is told, and all goes on once it does', PATIENCE, async () => {
  await expectWell(app);
  simulator.setFaults({ kind: 'status', status: 503, route: EVENTS, count: 'always' });
  const id = await backfill(app, 'edr-events', [24, 18]);
  await expectTold(app, 'route-out', 'waiting');
  simulator.setFaults();
  await letTimeCome();
  await expectDone(app, 'edr-events', id);
  await expectWell(app);
});

test("an hour's pause is told with its end, and over with it", PATIENCE, async () => {
  const headers = { 'X-RateLimit-ToWait-Sec': '3600' };
  simulator.setFaults({ kind: 'status', status: 409, route: EVENTS, headers });
  const id = await backfill(app, 'edr-events', [18, 14]);
  const text = await expectTold(app, 'vendor-pause', 'waiting');
  const until = (await readStatus(app)).limits[0]?.pausedUntil ?? '';
  expect(Date.parse(until) - Date.now()).toBeGreaterThan(HOUR_MS / 2);
  expect(text).toContain(`${until.slice(11, 16)} UTC`);
  await letTimeCome();
  await expectDone(app, 'edr-events', id);
  await expectWell(app);
});

test('a budget that a backfill has spent is told, with what is kept for the live windows', PATIENCE, async () => {
  const used = simulator.stats().apis.edr?.calls ?? 0;
  // Half of it is kept, and the other half but a few calls is used already.
  simulator.configure({ rateLimit: 2 * (used + 8) });
  const id = await backfill(app, 'edr-events', [14, 2]);
  expect(await expectTold(app, 'budget-spent', 'waiting')).toContain('that backfills leave to the live windows');
  simulator.configure({ rateLimit: 100_000 });
  await app.get('ping', { method: 'POST' });
  await expectDone(app, 'edr-events', id);
  await expectWell(app);
});

test('a planner that has stopped is told, and all is well once it runs again', PATIENCE, async () => {
  const { store } = createServices(process.env);
  await app.stopHost();
  const mark = await store.readWatermark('edr-events');
  await store.saveWatermark({ ...mark!, lastTick: new Date(Date.now() - HOUR_MS).toISOString() });
  process.env[DISABLED] = 'true';
  await app.restartHost();
  await expectTold(app, 'planner-silent', 'down');
  await app.stopHost();
  Reflect.deleteProperty(process.env, DISABLED);
  await app.restartHost();
  await expectWell(app);
});
