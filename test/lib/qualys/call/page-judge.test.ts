import { describe, expect, test } from 'vitest';
import {
  ConfigError,
  FatalError,
  OutageError,
  PageFaultError,
  RetryableError,
  WaitError,
} from '../../../../src/lib/errors.ts';
import { createPageJudge } from '../../../../src/lib/qualys/call/page-judge.ts';
import { callDeps } from '../local-server.ts';

const ROUTE = 'vm/detections';
const cut = new RetryableError('the page is cut', { scope: 'answer' });

/** A judge, and a route whose probes end as told. */
function judgeWith(...outcomes: (Error | undefined)[]) {
  const deps = callDeps();
  let probes = 0;
  const route = {
    route: ROUTE,
    probe: () => {
      const outcome = outcomes[probes++];
      return outcome === undefined ? Promise.resolve() : Promise.reject(outcome);
    },
  } as const;
  return { ...deps, judge: createPageJudge(deps), route, probes: () => probes };
}

describe('a page that fails', () => {
  test.each(['route', 'timeout', 'answer'] as const)('for its %s is at fault if a probe is answered', async (scope) => {
    const { judge, route, limiter } = judgeWith();
    const error = new RetryableError('failed', { scope, fault: { status: 500 } });
    expect(await judge.faultOf(route, 1, error)).toMatchObject({ name: 'PageFaultError', scope, message: 'failed' });
    expect(limiter.routes.told).toEqual(['vm/detections answered']);
  });

  test('is not at fault if the probe fails too: its route is out', async () => {
    const { judge, route, limiter, lines } = judgeWith(new RetryableError('HTTP 503', { scope: 'route' }));
    expect(await judge.faultOf(route, 1, cut)).toBeInstanceOf(OutageError);
    expect(limiter.routes.told).toEqual(['vm/detections failed']);
    expect(lines.join()).toContain('RouteFailed');
  });

  test('is not at fault if the server says itself when it is back: nobody asks before', async () => {
    const { judge, route, limiter, probes } = judgeWith();
    const error = new WaitError('HTTP 503 asks to wait 120 s', 120_000, { scope: 'route' });
    expect(await judge.faultOf(route, 1, error)).toMatchObject({ name: 'OutageError', retryAfterMs: 120_000 });
    expect(limiter.routes.told).toEqual(['vm/detections failed']);
    expect(probes()).toBe(0);
  });

  test('is not at fault if the probe’s answer is malformed: nothing has come whole', async () => {
    const { judge, route } = judgeWith(cut);
    expect(await judge.faultOf(route, 1, cut)).toBeInstanceOf(OutageError);
  });

  test('is at fault without a probe if another page that was asked for later has come', async () => {
    const { judge, route, probes } = judgeWith();
    await judge.answered(route, 5);
    expect(await judge.faultOf(route, 5, cut)).toBeInstanceOf(PageFaultError);
    expect(probes()).toBe(0);
    expect(await judge.faultOf(route, 6, cut)).toBeInstanceOf(PageFaultError);
    expect(probes()).toBe(1);
  });

  test('is at fault if the probe is refused: that is an answer', async () => {
    const { judge, route } = judgeWith(new FatalError('1905'));
    expect(await judge.faultOf(route, 1, cut)).toBeInstanceOf(PageFaultError);
  });

  test.each([new WaitError('no permit is free', 1000), new ConfigError('HTTP 401')])(
    'is not judged if nothing can be asked: %s',
    async (error) => {
      const { judge, route, limiter } = judgeWith(error);
      expect(await judge.faultOf(route, 1, cut)).toBe(error);
      expect(limiter.routes.told).toEqual([]);
    },
  );

  test.each([
    new FatalError('1905'),
    new RetryableError('storage failed', { scope: 'storage' }),
    new RetryableError('of unknown scope'),
    new WaitError('1965', 1000),
  ])('for what is neither the route’s nor the answer’s is told as it is: %s', async (error) => {
    const { judge, route, probes } = judgeWith();
    expect(await judge.faultOf(route, 1, error)).toBe(error);
    expect(probes()).toBe(0);
  });
});

describe('before a page', () => {
  test('nothing is asked of a route that is not out', async () => {
    const { judge, route, probes } = judgeWith();
    await judge.enter(route);
    expect(probes()).toBe(0);
  });

  test('a route that is out is probed, and the page is asked for only if it answers', async () => {
    const { judge, route, limiter } = judgeWith(new RetryableError('HTTP 503', { scope: 'route' }));
    Object.assign(limiter.routes, { isOut: () => Promise.resolve(true) });
    await expect(judge.enter(route)).rejects.toBeInstanceOf(OutageError);
    await judge.enter(route);
    expect(limiter.routes.told).toEqual(['vm/detections failed', 'vm/detections answered']);
  });
});
