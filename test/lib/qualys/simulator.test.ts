import { describe, expect, onTestFinished, test } from 'vitest';
import type { Fault } from '../../../dev/simulator/faults.ts';
import type { SimulatorOptions } from '../../../dev/simulator/settings.ts';
import { startSimulator } from '../../../dev/simulator/start-simulator.ts';
import { ConfigError, FatalError, OutageError, RetryableError, WaitError } from '../../../src/lib/errors.ts';
import type { CallOptions } from '../../../src/lib/qualys/call/call-qualys.ts';
import { basicAuth, tokenAuth } from '../../../src/lib/qualys/login/api-auth.ts';
import { createCredentials } from '../../../src/lib/qualys/login/credentials.ts';
import { createEdrApi } from '../../../src/lib/qualys/edr/edr-api.ts';
import { createEdrAuth } from '../../../src/lib/qualys/login/edr-auth.ts';
import { probeEdr, probeVm } from '../../../src/lib/qualys/probes.ts';
import { windowFilter, windowSort } from '../../../src/lib/qualys/edr/qql.ts';
import { fixedSecret } from '../../../src/lib/secret-value.ts';
import { createVmApi } from '../../../src/lib/qualys/vm/vm-api.ts';
import { callDeps } from './local-server.ts';

const LIVE: CallOptions = { priority: 'live', firstByteTimeoutMs: 5000, idleTimeoutMs: 300 };
const DATA_END = Date.parse('2026-01-31T12:00:00Z');
const DAY = { from: '2026-01-30T12:00:00Z', to: '2026-01-31T12:00:00Z' };

const FILTERS = {
  EDR_TIME_TOKEN: 'event.eventProcessedTime',
  EDR_FILTER: undefined,
  EDR_EVENT_TYPES: undefined,
  EDR_MIN_SCORE: 0,
  EDR_SORT: undefined,
};

async function simulate(options: SimulatorOptions = {}) {
  const simulator = await startSimulator({
    eventCount: 300,
    hostCount: 40,
    detectionsPerHost: 2,
    dataEnd: DATA_END,
    rateLimit: 0,
    ...options,
  });
  onTestFinished(simulator.close);
  const deps = callDeps();
  const credentials = createCredentials('qualys-reader', fixedSecret('simulated-password'));
  const auth = tokenAuth(createEdrAuth({ ...deps, credentials, baseUrl: simulator.url }));
  const vm = createVmApi({
    ...deps,
    auth: basicAuth(credentials),
    settings: {
      QUALYS_API_URL: simulator.url,
      VM_API_VERSION: '5.0',
      VM_TRUNCATION_LIMIT: 20,
      VM_STATUS: ['New', 'Active'],
      VM_SEVERITIES: undefined,
      VM_RESULTS: Infinity,
      VM_SHOW_RESULTS: true,
      VM_SHOW_QDS: true,
      VM_SHOW_TAGS: false,
      VM_SHOW_IGS: false,
      VM_PARAMS: '',
    },
  });
  return { simulator, ...deps, vm, edr: createEdrApi({ ...deps, auth, baseUrl: simulator.url }) };
}

describe('EDR', () => {
  test('counts, pages and searchAfter agree for a day and for its types', async () => {
    const { edr, simulator } = await simulate();
    const filter = windowFilter(FILTERS, DAY);
    const sort = windowSort(FILTERS);
    expect(await edr.count({ filter, sort, state: false }, LIVE)).toBe(300);
    const paged: string[] = [];
    for (let pageNumber = 0; pageNumber < 3; pageNumber += 1) {
      paged.push(...(await idsOf(edr.events({ filter, sort, state: false, pageNumber, pageSize: 100 }, LIVE))));
    }
    expect(new Set(paged)).toEqual(new Set(simulator.eventIds()));
    const searched: string[] = [];
    for (let cursor: string | undefined; ;) {
      const { answer, nextCursor } = await edr.searchAfter({ filter, pageSize: 100 }, cursor, LIVE);
      searched.push(...(await idsOf(Promise.resolve(answer))));
      if (nextCursor === undefined) break;
      cursor = nextCursor;
    }
    expect(new Set(searched)).toEqual(new Set(paged));
    const types = ['file', 'process', 'network', 'registry', 'mutex', 'other'];
    const counts = await Promise.all(
      types
        .map((type) =>
          edr.count({ filter: windowFilter(FILTERS, { ...DAY, type }) }, { ...LIVE, priority: 'interactive' }),
        )
        .slice(0, 2),
    );
    for (const type of types.slice(2))
      counts.push(await edr.count({ filter: windowFilter(FILTERS, { ...DAY, type }) }, LIVE));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(300);
  });

  test('an expired token is renewed without anybody noticing', async () => {
    const { edr, simulator } = await simulate();
    await edr.count({}, LIVE);
    simulator.expireTokens();
    expect(await edr.count({}, LIVE)).toBe(300);
  });

  test('ping logs in and reads one event', async () => {
    const { edr, vm, simulator } = await simulate();
    expect(await probeEdr(edr, { filter: windowFilter(FILTERS, DAY) })).toContain('one event');
    expect(await probeVm(vm)).toContain('accepted');
    simulator.configure({ password: 'another' });
    simulator.expireTokens();
    await expect(probeEdr(edr)).rejects.toBeInstanceOf(ConfigError);
    await expect(probeVm(vm)).rejects.toBeInstanceOf(ConfigError);
  });

  test('the limits of the vendor are waits that pause the API', async () => {
    const { edr, limiter, simulator } = await simulate();
    simulator.configure({ rateLimit: 1 });
    await edr.count({}, LIVE);
    await expect(edr.count({}, LIVE)).rejects.toBeInstanceOf(WaitError);
    expect(limiter.pauses[0]?.milliseconds).toBeGreaterThan(1000);
    expect(limiter.observed).toContainEqual(expect.objectContaining({ concurrencyLimit: 2, rateLimit: 1 }));
  });

  test.each<[Fault, unknown]>([
    [{ kind: 'status', status: 503 }, OutageError],
    [{ kind: 'status', status: 404 }, FatalError],
    [{ kind: 'html' }, OutageError],
    [{ kind: 'redirect', location: 'http://127.0.0.1:9/' }, OutageError],
    [{ kind: 'empty-body' }, RetryableError],
    [{ kind: 'reset' }, OutageError],
    [{ kind: 'reset-body' }, RetryableError],
    [{ kind: 'stall-body', afterBytes: 1 }, RetryableError],
    [{ kind: 'truncate', afterBytes: 5 }, RetryableError],
    [{ kind: 'malformed' }, RetryableError],
    [{ kind: 'gzip-bomb', bytes: 20_000_000 }, RetryableError],
    [{ kind: 'deep-nesting' }, RetryableError],
  ])('a count that meets %j', async (fault, kind) => {
    const { edr, limiter, simulator } = await simulate();
    simulator.setFaults({ ...fault, route: '/count' });
    await expect(edr.count({}, LIVE)).rejects.toBeInstanceOf(kind);
    expect(limiter.held).toBe(0);
    simulator.setFaults();
    expect(await edr.count({}, LIVE)).toBe(300);
  });
});

describe('VM', () => {
  test('the id list names every host of the window', async () => {
    const { vm, simulator } = await simulate({ hostIdBase: '9007199254740990' });
    const ranges = await vm.hostIds(DAY, LIVE);
    const ids = ranges.flatMap(({ first, last }) =>
      Array.from({ length: Number(last - first) + 1 }, (_, turn) => String(first + BigInt(turn))),
    );
    expect(new Set(ids)).toEqual(new Set(simulator.hostIds()));
  });

  test('pages of the id list are joined', async () => {
    const { vm, simulator } = await simulate();
    const ranges = await vm.hostIds({ ...DAY, truncationLimit: 7 }, LIVE);
    const whole = await vm.hostIds(DAY, LIVE);
    expect(ranges).toEqual(whole);
    expect(simulator.hostIds()).toHaveLength(40);
  });

  test.each<[Fault, unknown]>([
    [{ kind: 'simple-return', code: '1960', status: 409 }, WaitError],
    [{ kind: 'simple-return', code: '1905', status: 400 }, FatalError],
    [{ kind: 'simple-return', code: '2003', status: 409 }, ConfigError],
    [{ kind: 'simple-return', code: '2001', status: 200 }, ConfigError],
    [{ kind: 'generic-return' }, RetryableError],
    [{ kind: 'html' }, OutageError],
    [{ kind: 'empty-body' }, RetryableError],
    [{ kind: 'reset-body' }, RetryableError],
    [{ kind: 'stall-body' }, RetryableError],
    [{ kind: 'truncate' }, RetryableError],
    [{ kind: 'malformed' }, RetryableError],
    [{ kind: 'huge-element', bytes: 2_000_000 }, RetryableError],
    [{ kind: 'deep-nesting' }, RetryableError],
    [{ kind: 'same-id-min' }, RetryableError],
  ])('an id list that meets %j', async (fault, kind) => {
    const { vm, limiter, simulator } = await simulate();
    simulator.setFaults({ ...fault, route: '/asset/host/', count: 'always' });
    await expect(vm.hostIds({ ...DAY, truncationLimit: 7 }, LIVE)).rejects.toBeInstanceOf(kind);
    expect(limiter.held).toBe(0);
  });

  test('a WARNING on another host does not lead there', async () => {
    const { vm, simulator } = await simulate();
    simulator.setFaults({ kind: 'foreign-warning', origin: 'http://127.0.0.1:9' });
    const ranges = await vm.hostIds({ ...DAY, truncationLimit: 7 }, LIVE);
    expect(ranges).not.toEqual([]);
  });
});

async function idsOf(answer: Promise<{ text: (maxBytes: number) => Promise<string> }>): Promise<string[]> {
  return (JSON.parse(await (await answer).text(1e8)) as { id: string }[]).map(({ id }) => id);
}
