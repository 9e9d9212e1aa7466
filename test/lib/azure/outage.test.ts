import { describe, expect, test } from 'vitest';
import { addRoute, beginTry, dropRoute, type Outage, waitForRoute } from '../../../src/lib/azure/outage.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const fail = (route: string, at = NOW, before?: Outage): Outage => addRoute(before, route, 'HTTP 503', at);

/** Plays an outage in which callers of the routes come every second: when which route is tried. */
function play(routes: readonly string[], forMs: number): { at: number; route: string }[] {
  const tries: { at: number; route: string }[] = [];
  let outage = routes.reduce<Outage | undefined>((before, route) => fail(route, NOW, before), undefined);
  for (let now = NOW; now < NOW + forMs; now += SECOND) {
    for (const route of routes) {
      if (outage === undefined || waitForRoute(outage, route, now) > 0) continue;
      tries.push({ at: now - NOW, route });
      outage = addRoute(beginTry(outage, route, now), route, 'HTTP 503', now);
    }
  }
  return tries;
}

describe('a route that is out', () => {
  test('is tried after 30 s, then in steps that grow to five minutes', () => {
    const at = play(['vm/ids'], 20 * MINUTE).map((each) => each.at / SECOND);
    expect(at).toEqual([30, 90, 210, 450, 750, 1050]);
  });

  test('shares its tries with the others of its API, each in its turn', () => {
    const tries = play(['vm/ids', 'vm/detections'], 60 * MINUTE);
    expect(tries.length).toBeLessThanOrEqual(14);
    expect(tries.slice(0, 4).map(({ route }) => route)).toEqual(['vm/ids', 'vm/detections', 'vm/ids', 'vm/detections']);
  });

  test('is tried half a minute later in place of one that nobody needs', () => {
    const outage = fail('vm/kb', NOW, fail('vm/detections', NOW + SECOND));
    const due = NOW + 31 * SECOND;
    expect(waitForRoute(outage, 'vm/detections', due)).toBe(30 * SECOND);
    expect(waitForRoute(outage, 'vm/detections', due + 30 * SECOND)).toBe(0);
  });

  test('has the others wait for a try no longer than half a minute, and not be tried meanwhile', () => {
    const outage = beginTry({ ...fail('vm/ids'), tries: 9 }, 'vm/ids', NOW);
    expect(waitForRoute(outage, 'vm/ids', NOW + SECOND)).toBe(29 * SECOND);
    expect(waitForRoute(outage, 'vm/ids', NOW + 31 * SECOND)).toBe(269 * SECOND);
  });

  test('is due at once when another route of its API answers again', () => {
    const outage = dropRoute(fail('vm/ids', NOW, fail('vm/detections')), 'vm/ids');
    expect(waitForRoute(outage, 'vm/detections', NOW)).toBe(0);
    expect(outage && dropRoute(outage, 'vm/detections')).toBeUndefined();
  });

  test('that fails again keeps the time since when it is out', () => {
    expect(fail('vm/ids', NOW + MINUTE, fail('vm/ids')).routes['vm/ids']).toMatchObject({ since: NOW });
  });

  test('is forgotten once nobody has needed it for an hour', () => {
    const outage = fail('vm/kb');
    expect(waitForRoute(outage, 'vm/kb', NOW + 61 * MINUTE)).toBe(0);
    expect(Object.keys(fail('vm/ids', NOW + 61 * MINUTE, outage).routes)).toEqual(['vm/ids']);
  });

  test('is tried at once where a wrong clock has put its try days ahead', () => {
    const outage = fail('vm/ids', NOW + 86_400_000);
    expect(waitForRoute(outage, 'vm/ids', NOW)).toBe(0);
  });
});

test('a route that answers is waited for by nobody', () => {
  expect(waitForRoute(undefined, 'vm/ids', NOW)).toBe(0);
  expect(waitForRoute(fail('vm/detections'), 'vm/ids', NOW)).toBe(0);
});
