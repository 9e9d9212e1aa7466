import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SimulatorStats } from '../../dev/simulator/stats.ts';
import { DETECTION_PATH, edr, openRaw, simulate, until, vm, VM_HEADERS } from './simulator-client.ts';

const MAIN = fileURLToPath(new URL('../../dev/simulator/main.ts', import.meta.url));
const MEGABYTE = 1_048_576;

async function spawnSimulator(
  flags: readonly string[],
  nodeFlags: readonly string[] = [],
): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [...nodeFlags, MAIN, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { url, child };
}

async function statsOf(url: string): Promise<SimulatorStats> {
  return (await (await fetch(`${url}/_sim/stats`)).json()) as SimulatorStats;
}

async function post(url: string, path: string, body: unknown): Promise<Response> {
  return fetch(`${url}/_sim/${path}`, { method: 'POST', body: JSON.stringify(body) });
}

describe('the program', () => {
  test('prints its URL, takes flags and variables, and ends on SIGTERM', async () => {
    const { url, child } = await spawnSimulator([
      '--events',
      '123',
      '--host-count',
      '7',
      '--seed',
      '5',
      '--concurrency',
      '4',
    ]);
    expect(((await (await fetch(`${url}/_sim/events`)).json()) as string[]).length).toBe(123);
    expect(((await (await fetch(`${url}/_sim/hosts`)).json()) as string[]).length).toBe(7);
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  });

  test('names a wrong option and ends with 1', async () => {
    const child = spawn(process.execPath, [MAIN, '--latency-ms', 'fast'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [[text], [code]] = (await Promise.all([once(child.stderr, 'data'), once(child, 'exit')])) as [
      [Buffer],
      [number],
    ];
    expect(text.toString()).toContain('--latency-ms must be a non-negative number, given "fast"');
    expect(code).toBe(1);
  });
});

describe('a big page is streamed', () => {
  test('140 MB leave a process whose heap may hold 32 MB, and whose memory stays below 190 MB', async () => {
    const { url } = await spawnSimulator(
      ['--hosts', '1000', '--detections-per-host', '100'],
      ['--max-old-space-size=32'],
    );
    const parameters = 'action=list&status=New,Active,Fixed,Re-Opened&show_qds=1&truncation_limit=0';
    const response = await openRaw(`${url}${DETECTION_PATH}?${parameters}`, VM_HEADERS);
    let bytes = 0;
    let most = 0;
    let next = 0;
    for await (const piece of response as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes < next) continue;
      next = bytes + 20 * MEGABYTE;
      most = Math.max(most, (await statsOf(url)).memory.rss);
    }
    expect(bytes).toBeGreaterThan(130e6);
    expect(bytes).toBeLessThan(155e6);
    expect(most).toBeLessThan(190 * MEGABYTE);
    expect((await statsOf(url)).records).toMatchObject({ hosts: 1_000, detections: 100_000 });
  });

  test('a client that does not read holds the simulator back', async () => {
    const simulator = await simulate({ hostCount: 1, detectionsPerHost: 40_000 });
    const response = await openRaw(
      `${simulator.url}${DETECTION_PATH}?action=list&status=New,Active,Fixed,Re-Opened`,
      VM_HEADERS,
    );
    response.pause();
    let before = -1;
    const sent = await until(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return simulator.stats().bytes;
      },
      (bytes) => {
        const isStill = bytes === before && bytes > 0;
        before = bytes;
        return isStill;
      },
    );
    expect(sent).toBeLessThan(15 * MEGABYTE);
    let bytes = 0;
    for await (const piece of response as AsyncIterable<Buffer>) bytes += piece.length;
    expect(bytes).toBeGreaterThan(40 * MEGABYTE);
    expect(simulator.stats().bytes).toBe(bytes);
  });

  test('a client that goes away frees its place', async () => {
    const simulator = await simulate({ hostCount: 1, detectionsPerHost: 40_000 });
    const response = await openRaw(`${simulator.url}${DETECTION_PATH}?action=list`, VM_HEADERS);
    response.destroy();
    const running = await until(
      () => simulator.stats().apis.vm?.running,
      (calls) => calls === 0,
    );
    expect(running).toBe(0);
  });
});

describe('another process steers', () => {
  test('faults, refusing wrong ones with what is allowed', async () => {
    const simulator = await simulate();
    expect((await post(simulator.url, 'faults', { faults: [{ kind: 'html', route: 'detection' }] })).status).toBe(200);
    expect(await (await vm(simulator, DETECTION_PATH)).text()).toContain('<html>');
    const refused = await post(simulator.url, 'faults', { faults: [{ kind: 'bogus' }] });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('kind must be one of');
    expect((await post(simulator.url, 'faults', { something: 1 })).status).toBe(400);
    expect((await fetch(`${simulator.url}/_sim/faults`, { method: 'POST', body: 'x' })).status).toBe(400);
  });

  test('the clock', async () => {
    const simulator = await simulate();
    const answer = await post(simulator.url, 'clock', { now: '2030-01-01T00:00:00.000Z', advanceSeconds: 60 });
    expect(await answer.json()).toEqual({ now: '2030-01-01T00:01:00.000Z' });
    expect(new Date(simulator.clock.now()).toISOString()).toBe('2030-01-01T00:01:00.000Z');
    await post(simulator.url, 'clock', { isStopped: false });
    await until(
      () => simulator.clock.now(),
      (now) => now > Date.parse('2030-01-01T00:01:00.000Z'),
    );
    expect((await post(simulator.url, 'clock', { now: 'soon' })).status).toBe(400);
  });

  test('data and settings', async () => {
    const simulator = await simulate({ eventCount: 0, hostCount: 0 });
    await post(simulator.url, 'data', {
      events: [
        { record: { id: 'odd/id?#..%', score: 5, asset: { agentId: 'a/b' } }, processedTime: '2024-06-15T11:00:00Z' },
      ],
      bursts: [{ processedTime: '2024-06-15T11:30:00Z', count: 3 }],
      hosts: [{ id: '5', processedTime: '2024-06-15T11:00:00Z', xml: '<HOST><ID>5</ID></HOST>' }],
    });
    expect(simulator.eventIds()).toHaveLength(4);
    expect(simulator.eventIds({ to: '2024-06-15T11:15:00Z' })).toEqual(['odd/id?#..%']);
    const shown = await edr(simulator, `/ioc/events/a%2Fb/${encodeURIComponent('odd/id?#..%')}`);
    expect(await shown.json()).toMatchObject({ eventId: 'odd/id?#..%', score: 5 });
    await post(simulator.url, 'options', { maxResultWindow: 2 });
    expect((await edr(simulator, '/ioc/events', { pageSize: 2 })).status).toBe(200);
    expect((await edr(simulator, '/ioc/events', { pageSize: 3 })).status).toBe(400);
    expect(await (await post(simulator.url, 'options', { seed: 3 })).text()).toContain(
      'cannot be changed while running',
    );
    expect((await post(simulator.url, 'data', { bursts: [{ processedTime: 'x', count: 1 }] })).status).toBe(400);
    expect((await post(simulator.url, 'bogus', {})).status).toBe(404);
  });

  test('statistics, from the start or the last reset', async () => {
    const simulator = await simulate({ hostCount: 4 });
    await vm(simulator, DETECTION_PATH);
    const stats = await statsOf(simulator.url);
    expect(stats.calls).toBe(1);
    expect(stats.routes['vm-detection']).toMatchObject({ calls: 1, statuses: { '200': 1 }, records: 4 });
    await post(simulator.url, 'reset', {});
    expect((await statsOf(simulator.url)).calls).toBe(0);
  });
});
