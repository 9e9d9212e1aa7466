import { describe, expect, test } from 'vitest';
import type { Simulator } from '../../dev/simulator/start-simulator.ts';
import { DETECTION_PATH, edr, HOST_LIST_PATH, logIn, simulate, until, vm, VM_HEADERS } from './simulator-client.ts';

/** Starts a call that stays in progress until it is aborted. */
function holdCall(simulator: Simulator, path: string, headers: Readonly<Record<string, string>>): { end: () => void } {
  const stop = new AbortController();
  fetch(simulator.url + path, { headers, signal: stop.signal }).catch(() => undefined);
  return { end: () => stop.abort() };
}

async function running(simulator: Simulator, api: string, calls: number): Promise<void> {
  await until(
    () => simulator.stats().apis[api]?.running,
    (count) => count === calls,
  );
}

describe('calls at once', () => {
  test('beyond the limit a VM call gets 409, code 1960, the calls to wait for and no rate headers', async () => {
    const simulator = await simulate({ concurrencyLimit: 2 });
    simulator.setFaults({ kind: 'slow-first-byte', ms: 600_000, count: 'always' });
    const held = [1, 2].map(() => holdCall(simulator, `${DETECTION_PATH}?action=list`, VM_HEADERS));
    await running(simulator, 'vm', 2);
    const response = await vm(simulator, HOST_LIST_PATH);
    const body = await response.text();
    expect(response.status).toBe(409);
    expect(body).toContain('<CODE>1960</CODE>');
    expect(body).toMatch(/<KEY>CALLS_TO_FINISH<\/KEY>\s*<VALUE>1<\/VALUE>/u);
    expect(response.headers.get('X-Concurrency-Limit-Limit')).toBe('2');
    expect(response.headers.get('X-Concurrency-Limit-Running')).toBe('2');
    expect(response.headers.has('X-RateLimit-Limit')).toBe(false);
    for (const call of held) call.end();
    await running(simulator, 'vm', 0);
    simulator.setFaults();
    expect((await vm(simulator, HOST_LIST_PATH)).status).toBe(200);
    expect(simulator.stats().apis.vm).toMatchObject({
      calls: 3,
      mostAtOnce: 3,
      concurrencyRefusals: 1,
      rateRefusals: 0,
    });
  });

  test('beyond the limit an EDR call gets 429 with the same headers, while VM and /auth go on', async () => {
    const simulator = await simulate({ concurrencyLimit: 1 });
    simulator.setFaults({ kind: 'slow-first-byte', ms: 600_000, route: '/ioc/' });
    const held = holdCall(simulator, '/ioc/events', { authorization: `Bearer ${await logIn(simulator)}` });
    await running(simulator, 'edr', 1);
    const response = await edr(simulator, '/ioc/events/count');
    expect(response.status).toBe(429);
    expect(response.headers.get('X-Concurrency-Limit-Limit')).toBe('1');
    expect((await vm(simulator, DETECTION_PATH)).status).toBe(200);
    held.end();
  });

  test('a call counts until its last byte is sent, and no longer', async () => {
    const simulator = await simulate({ concurrencyLimit: 1, rateLimit: 0 });
    for (let turn = 0; turn < 50; turn += 1) {
      expect((await (await vm(simulator, DETECTION_PATH)).text()).length).toBeGreaterThan(1_000);
    }
    expect(simulator.stats().apis.vm).toMatchObject({ calls: 50, mostAtOnce: 1, concurrencyRefusals: 0, running: 0 });
  });
});

describe('calls in a window', () => {
  test('each answer tells what is left; beyond it comes 409 with code 1965 and the seconds to wait', async () => {
    const simulator = await simulate({ rateLimit: 3, rateWindowSeconds: 100 });
    for (const left of ['2', '1', '0']) {
      const response = await vm(simulator, DETECTION_PATH);
      expect(response.headers.get('X-RateLimit-Remaining')).toBe(left);
      expect(response.headers.get('X-RateLimit-Window-Sec')).toBe('100');
      expect(response.headers.get('X-RateLimit-ToWait-Sec')).toBe('0');
      simulator.clock.advance(10_000);
    }
    const refused = await vm(simulator, DETECTION_PATH);
    expect(refused.status).toBe(409);
    expect(refused.headers.get('X-RateLimit-ToWait-Sec')).toBe('70');
    expect(await refused.text()).toMatch(/<CODE>1965<\/CODE>[^]*<KEY>SECONDS_TO_WAIT<\/KEY>\s*<VALUE>70<\/VALUE>/u);
    simulator.clock.advance(70_000);
    expect((await vm(simulator, DETECTION_PATH)).status).toBe(200);
    expect((await vm(simulator, DETECTION_PATH)).status).toBe(409);
  });

  test('is counted for each API alone; calls without credentials and /auth cost nothing', async () => {
    const simulator = await simulate({ rateLimit: 1 });
    await fetch(`${simulator.url}${DETECTION_PATH}?action=list`);
    expect((await vm(simulator, DETECTION_PATH)).status).toBe(200);
    expect((await edr(simulator, '/ioc/events')).status).toBe(200);
    expect((await vm(simulator, '/api/4.0/fo/knowledge_base/vuln/')).status).toBe(200);
    expect((await vm(simulator, HOST_LIST_PATH)).status).toBe(409);
    expect((await edr(simulator, '/ioc/events/count')).status).toBe(429);
    expect(simulator.stats().routes.auth?.calls).toBe(2);
  });

  test('without limits there are no headers', async () => {
    const simulator = await simulate({ rateLimit: 0, concurrencyLimit: 0 });
    const names = [...(await vm(simulator, DETECTION_PATH)).headers.keys()];
    expect(names.filter((name) => name.includes('limit'))).toEqual([]);
  });
});

test('latency delays data calls but not /auth', async () => {
  const simulator = await simulate({ latencyMs: 3_600_000 });
  expect((await logIn(simulator)).split('.')).toHaveLength(3);
  simulator.configure({ latencyMs: 150 });
  const start = performance.now();
  await (await vm(simulator, DETECTION_PATH)).text();
  expect(performance.now() - start).toBeGreaterThanOrEqual(149);
});
