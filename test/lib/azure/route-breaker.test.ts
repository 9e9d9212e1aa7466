import { describe, expect, test } from 'vitest';
import { emptyLimitState } from '../../../src/lib/azure/limit-state.ts';
import { createRouteBreaker } from '../../../src/lib/azure/route-breaker.ts';
import { OutageError, RetryableError } from '../../../src/lib/errors.ts';
import type { Routes } from '../../../src/lib/pipeline/routes.ts';

const ROUTE = 'vm/detections';
const SECOND = 1000;
const down = new RetryableError('Qualys failed (HTTP 503)', { scope: 'route' });

/** Instances that share one row and one clock, which stands still until it is moved. */
function openInstances(count: number): { instances: Routes[]; later: (seconds: number) => void } {
  let time = Date.parse('2026-05-01T12:00:00Z');
  let row = emptyLimitState('vm');
  const instances = Array.from({ length: count }, () => {
    const shared = {
      state: row,
      now: () => time,
      refresh: () => Promise.resolve(void (shared.state = row)),
      write: (change: (state: typeof row) => typeof row) => Promise.resolve((shared.state = row = change(row))),
    };
    return createRouteBreaker(() => shared);
  });
  return { instances, later: (seconds) => void (time += seconds * SECOND) };
}

/** How many of them may call the route now. */
async function callers(instances: readonly Routes[]): Promise<number> {
  const all = await Promise.allSettled(instances.map((routes) => routes.enter(ROUTE)));
  return all.filter(({ status }) => status === 'fulfilled').length;
}

describe('a route that is out', () => {
  test('is left alone by all instances until it is due, and then tried by one of them', async () => {
    const { instances, later } = openInstances(3);
    expect(await instances[0]?.failed(ROUTE, down)).toMatchObject({ isNew: true, outage: { retryAfterMs: 30_000 } });
    expect(await callers(instances)).toBe(0);
    later(31);
    expect(await callers(instances)).toBe(1);
    expect(await instances[0]?.failed(ROUTE, down)).toMatchObject({ isNew: false });
    later(31);
    expect(await callers(instances)).toBe(0);
    later(31);
    expect(await callers(instances)).toBe(1);
  });

  test('is told with how long, why and until when', async () => {
    const { instances, later } = openInstances(2);
    await instances[0]?.failed(ROUTE, down);
    later(2);
    const error: unknown = await instances[1]?.enter(ROUTE).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OutageError);
    expect(error).toMatchObject({
      outMs: 2000,
      retryAfterMs: 28_000,
      message: `Qualys does not answer on the route ${ROUTE} as it should since 2026-05-01T12:00:00.000Z: ${down.message}`,
    });
  });

  test('is open to all once it has answered the one who tried', async () => {
    const { instances, later } = openInstances(2);
    await instances[0]?.failed(ROUTE, down);
    later(31);
    expect(await callers(instances.slice(0, 1))).toBe(1);
    expect(await instances[0]?.answered(ROUTE, 1)).toBe(31_000);
    expect(await callers(instances)).toBe(2);
    expect(await instances[1]?.isOut(ROUTE)).toBe(false);
  });

  test('has no credentials in what is stored of it', async () => {
    const { instances } = openInstances(1);
    const leaky = new RetryableError('echoed password=hunter2&x', { scope: 'route' });
    const told = await instances[0]?.failed(ROUTE, leaky);
    expect(told?.outage.message).not.toContain('hunter2');
  });
});

test('what was asked after a moment is known to be answered only if it was answered whole', async () => {
  const [routes] = openInstances(1).instances;
  expect(routes?.hasAnswered(ROUTE, 5)).toBe(false);
  await routes?.answered(ROUTE, 5);
  await routes?.answered(ROUTE, 3);
  expect(routes?.hasAnswered(ROUTE, 5)).toBe(true);
  expect(routes?.hasAnswered(ROUTE, 6)).toBe(false);
  expect(routes?.hasAnswered('vm/ids', 1)).toBe(false);
});
