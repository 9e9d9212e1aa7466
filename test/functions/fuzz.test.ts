import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as BackfillModule from '../../src/lib/handlers/backfill.ts';
import type * as EdrEventsModule from '../../src/lib/handlers/edr-events.ts';
import type * as PingModule from '../../src/lib/handlers/ping.ts';
import type * as WindowsModule from '../../src/lib/handlers/windows.ts';
import { call, isProblem, startBackends, type Answered, type Backends } from '../support/http-app.ts';

let backends: Backends;
let backfill: typeof BackfillModule;
let edr: typeof EdrEventsModule;
let edrPing: typeof PingModule;
let windows: typeof WindowsModule;

beforeAll(async () => {
  backends = await startBackends({ eventCount: 3 });
  backfill = await import('../../src/lib/handlers/backfill.ts');
  edr = await import('../../src/lib/handlers/edr-events.ts');
  edrPing = await import('../../src/lib/handlers/ping.ts');
  windows = await import('../../src/lib/handlers/windows.ts');
});
afterAll(() => backends.close());

/** Never an unknown failure, and what is refused is refused in the form of RFC 9457. */
function expectDecent(answered: Answered): void {
  expect(answered.status).not.toBe(500);
  if (answered.status >= 400) expect(isProblem(answered)).toBe(true);
}

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('__proto__', '0', '-1', '1e99', '\u0000'),
);
const OPTIONS = { numRuns: 60 };

describe('whatever comes', () => {
  test('as a body of a backfill is answered decently', async () => {
    const field = fc.oneof(
      text,
      fc.jsonValue(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    const body = fc.oneof(
      fc.json(),
      text,
      fc
        .record({ stream: fc.oneof(fc.constant('edr-events'), field), from: field, to: field }, { requiredKeys: [] })
        .map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(body, async (sent) => {
        const answered = await call(backfill.startOne, { method: 'POST', path: '/api/backfill', text: sent });
        expectDecent(answered);
        expect([400, 413]).toContain(answered.status);
      }),
      OPTIONS,
    );
  });

  test('as a body of the action is answered decently', async () => {
    const field = fc.oneof(text, fc.jsonValue());
    const body = fc
      .record({ case_id: field, alert_group_identifiers: field, target_entities: field, scope: field })
      .map((value) => JSON.stringify(value));
    await fc.assert(
      fc.asyncProperty(fc.oneof(body, fc.json(), text), async (sent) => {
        expectDecent(await call(edrPing.qualysEdrPing, { method: 'POST', text: sent }));
      }),
      { numRuns: 40 },
    );
  });

  test('as a query of the look-ups is answered decently', async () => {
    const name = fc.oneof(
      fc.constantFrom(
        'filter',
        'sort',
        'pageNumber',
        'pageSize',
        'fromDate',
        'toDate',
        'state',
        'groupBy',
        'limit',
        'interval',
      ),
      text,
    );
    const query = fc.array(fc.tuple(name, text), { maxLength: 4 }).map((pairs) => {
      const parameters = new URLSearchParams();
      for (const [key, value] of pairs) parameters.append(key, value);
      return parameters.toString();
    });
    await fc.assert(
      fc.asyncProperty(query, fc.constantFrom(edr.events, edr.count), async (sent, handler) => {
        expectDecent(await call(handler, { path: `/api/edr/events?${sent}` }));
      }),
      OPTIONS,
    );
  });

  test('as ids of an event is answered decently, and never as another path of the vendor', async () => {
    const id = fc.oneof(text, fc.constantFrom('.', '..', 'a/b', '../../auth', 'a?b=c', 'a#b', '%2e%2e', ' ', '\ud800'));
    const before = backends.simulator.stats().routes;
    await fc.assert(
      fc.asyncProperty(id, id, async (agentId, eventId) => {
        const answered = await call(edr.event, { params: { agentId, eventId } });
        expectDecent(answered);
        expect([200, 204, 400, 404]).toContain(answered.status);
      }),
      OPTIONS,
    );
    const { routes } = backends.simulator.stats();
    for (const route of Object.keys(routes)) {
      if (!/^(auth|edr-detail)$/.test(route)) expect(routes[route]?.calls).toBe(before[route]?.calls);
    }
  });

  test('as an id of a backfill is answered decently', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom(backfill.viewOne, backfill.cancelOne), async (id, handler) => {
        const answered = await call(handler, { params: { id } });
        expectDecent(answered);
        expect(answered.status).toBe(404);
      }),
      OPTIONS,
    );
  });

  test('as a window to retry or waive is answered decently', async () => {
    const params = fc.record({ stream: fc.oneof(fc.constant('edr-events'), text), window: text });
    const query = fc
      .tuple(fc.constantFrom('run', 'reason', 'x'), text)
      .map((pair) => new URLSearchParams([pair]).toString());
    await fc.assert(
      fc.asyncProperty(params, query, fc.constantFrom(windows.retry, windows.waive), async (given, sent, handler) => {
        const answered = await call(handler, { method: 'POST', params: given, path: `/api/windows/x/y/retry?${sent}` });
        expectDecent(answered);
        expect([400, 404]).toContain(answered.status);
      }),
      OPTIONS,
    );
  });
});
