import { describe, expect, test } from 'vitest';
import type { Fault } from '../../dev/simulator/faults.ts';
import type { SimulatorOptions } from '../../dev/simulator/settings.ts';
import type { Simulator } from '../../dev/simulator/start-simulator.ts';
import {
  countEvents,
  DETECTION_PATH,
  edr,
  HOST_LIST_PATH,
  hostsOf,
  idsOf,
  listEvents,
  nextIdOf,
  simulate,
  vm,
} from './simulator-client.ts';

const EVENTS_AFTER = '/ioc/events/searchAfter';
const INCIDENTS_AFTER = '/ioc/incidents/searchAfter';
const KNOWLEDGE_BASE = '/api/4.0/fo/knowledge_base/vuln/';
/** The clock of the tests stands here. */
const NOON = Date.parse('2024-06-15T12:00:00Z');

const at = (minutes: number): string => new Date(NOON + minutes * 60_000).toISOString();

async function withFaults(options: SimulatorOptions, ...faults: Fault[]): Promise<Simulator> {
  const simulator = await simulate({ rateLimit: 0, ...options });
  simulator.setFaults(...faults);
  return simulator;
}

/** Follows a chain of cursors for so many pages at most: the ids of each page, and the cursors. */
async function follow(
  simulator: Simulator,
  path: string,
  pageSize: number,
  most = 20,
): Promise<{ pages: string[][]; cursors: string[] }> {
  const pages: string[][] = [];
  const cursors: string[] = [];
  for (let cursor: string | null = ''; cursor !== null && pages.length < most;) {
    const response: Response = await edr(simulator, path, {
      pageSize,
      ...(cursor === '' ? {} : { searchAfterValues: cursor }),
    });
    pages.push(((await response.json()) as { id: string }[]).map(({ id }) => id));
    cursor = response.headers.get('searchAfterValue');
    if (cursor !== null) cursors.push(cursor);
  }
  return { pages, cursors };
}

async function xmlOf(simulator: Simulator, path: string, parameters: Record<string, string | number> = {}) {
  return (await vm(simulator, path, parameters)).text();
}

const qidsIn = (xml: string): string[] => [...xml.matchAll(/<QID>(\d+)</gu)].map(([, id]) => id!);

describe('a fault hits', () => {
  async function statuses(fault: Partial<Fault>, minutes: readonly number[]): Promise<number[]> {
    const simulator = await withFaults({}, { kind: 'status', status: 503, ...fault } as Fault);
    const found: number[] = [];
    for (const minute of minutes) {
      simulator.clock.set(NOON + minute * 60_000);
      found.push((await vm(simulator, DETECTION_PATH)).status);
    }
    return found;
  }

  test('each so many-th call', async () => {
    expect(await statuses({ every: 3 }, [0, 0, 0, 0, 0, 0, 0])).toEqual([200, 200, 503, 200, 200, 503, 200]);
    expect(await statuses({ every: 2, nth: 1, count: 2 }, [0, 0, 0, 0, 0])).toEqual([503, 200, 503, 200, 200]);
  });

  test('from one time of the simulator’s clock to another, the second one not included', async () => {
    const outage = { from: at(10), to: at(20) };
    expect(await statuses(outage, [0, 9.9, 10, 15, 19.9, 20, 30])).toEqual([200, 200, 503, 503, 503, 200, 200]);
    expect(await statuses({ from: at(10) }, [0, 10, 6000])).toEqual([200, 503, 503]);
    expect(await statuses({ to: at(10), count: 1 }, [0, 5, 15])).toEqual([503, 200, 200]);
  });

  test('one route in an outage of its own, by reset or by silence, and leaves the others', async () => {
    const simulator = await withFaults({}, { kind: 'reset', route: 'host/vm/detection', to: at(10) });
    await expect(vm(simulator, DETECTION_PATH)).rejects.toThrow();
    expect((await vm(simulator, HOST_LIST_PATH)).status).toBe(200);
    simulator.clock.set(NOON + 600_000);
    expect((await vm(simulator, DETECTION_PATH)).status).toBe(200);
  });
});

describe('a count', () => {
  test('is 0, low or high by a factor, for all calls or each so many-th', async () => {
    const simulator = await withFaults(
      { eventCount: 40 },
      { kind: 'wrong-count', factor: 0, every: 2, route: '/count' },
    );
    expect([await countEvents(simulator), await countEvents(simulator)]).toEqual([40, 0]);
    simulator.setFaults({ kind: 'wrong-count', factor: 0.1, count: 'always' });
    expect([await countEvents(simulator), await countEvents(simulator)]).toEqual([4, 4]);
    simulator.setFaults({ kind: 'wrong-count', factor: 2, delta: 1, route: '/count' });
    expect(await countEvents(simulator)).toBe(81);
  });
});

describe('pages by number', () => {
  const list = async (simulator: Simulator, pageSize: number, pages: readonly number[]): Promise<string[][]> => {
    const found: string[][] = [];
    for (const pageNumber of pages) {
      found.push((await listEvents(simulator, { pageSize, pageNumber })).map(({ id }) => id));
    }
    return found;
  };

  test('are capped whatever is asked, and go on behind what they held', async () => {
    const simulator = await withFaults({ eventCount: 25 }, { kind: 'page-cap', records: 10, count: 'always' });
    const pages = await list(simulator, 20, [0, 1, 2, 3]);
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 5, 0]);
    expect(pages.flat()).toEqual(simulator.eventIds());
    expect((await list(simulator, 5, [0]))[0]).toHaveLength(5);
  });

  test('are capped, but start where larger ones would, so that the records between are on none', async () => {
    const simulator = await withFaults(
      { eventCount: 25 },
      { kind: 'page-cap', records: 10, starts: 'asked', count: 'always' },
    );
    const ids = simulator.eventIds();
    expect(await list(simulator, 20, [0, 1, 2])).toEqual([ids.slice(0, 10), ids.slice(20), []]);
  });

  test.each([
    ['last', [20, 25]],
    ['first', [0, 10]],
  ] as const)('wrap: behind the last one comes the %s again', async (onto, [start, end]) => {
    const simulator = await withFaults({ eventCount: 25 }, { kind: 'page-wrap', onto, count: 'always' });
    const ids = simulator.eventIds();
    expect(await list(simulator, 10, [2, 3])).toEqual([ids.slice(20), ids.slice(start, end)]);
  });
});

describe.each([
  ['events', EVENTS_AFTER, (simulator: Simulator) => simulator.eventIds()],
  ['incidents', INCIDENTS_AFTER, (simulator: Simulator) => simulator.ids('incidents')],
] as const)('a chain of %s', (_, path, wanted) => {
  const start = (...faults: Fault[]): Promise<Simulator> =>
    withFaults({ eventCount: 25, incidentCount: 25 }, ...faults);

  test('of capped pages leads to the end', async () => {
    const simulator = await start({ kind: 'page-cap', records: 10, count: 'always' });
    const { pages } = await follow(simulator, path, 20);
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 5, 0]);
    expect(pages.flat()).toEqual(wanted(simulator));
  });

  test('leads in a circle, by the same cursors or always other ones', async () => {
    const simulator = await start({ kind: 'cursor-circle', count: 'always' });
    const { pages, cursors } = await follow(simulator, path, 5, 6);
    const ids = wanted(simulator);
    const [first, second, third] = [ids.slice(0, 5), ids.slice(5, 10), ids.slice(10, 15)];
    expect(pages).toEqual([first, second, third, second, third, second]);
    expect(new Set(cursors).size).toBe(2);
    simulator.setFaults({ kind: 'cursor-circle', pages: 1, cursors: 'fresh', count: 'always' });
    const fresh = await follow(simulator, path, 5, 5);
    expect(fresh.pages).toEqual([first, second, second, second, second]);
    expect(new Set(fresh.cursors).size).toBe(5);
  });

  test('loses its header', async () => {
    const simulator = await start({ kind: 'lost-cursor', route: path, nth: 2, count: 1 });
    expect((await follow(simulator, path, 10)).pages).toHaveLength(2);
  });

  test('refuses a cursor that is too old', async () => {
    const simulator = await start();
    simulator.configure({ cursorTtlSeconds: 60 });
    const { cursors } = await follow(simulator, path, 10, 1);
    const next = async (): Promise<Response> => edr(simulator, path, { pageSize: 10, searchAfterValues: cursors[0]! });
    simulator.clock.advance(60_000);
    expect((await next()).status).toBe(200);
    simulator.clock.advance(1_000);
    const refused = await next();
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('has expired: a cursor lives for 60 seconds');
  });

  test('gives second documents, across the ends of pages too', async () => {
    const simulator = await start({ kind: 'duplicate-records', each: 2, count: 'always' });
    const twice = wanted(simulator).flatMap((id, place) => (place % 2 === 1 ? [id, id] : [id]));
    expect((await follow(simulator, path, 5)).pages.flat()).toEqual(twice);
    expect((await follow(simulator, path, 7)).pages.flat()).toEqual(twice);
  });

  test('gives records of other times, too', async () => {
    const simulator = await start({ kind: 'ignored-time-filter', route: path });
    const token = path === EVENTS_AFTER ? 'event.eventProcessedTime' : 'incident.updatedon';
    const ask = async (): Promise<unknown[]> => {
      const filter = `${token}: ["2020-01-01T00:00:00Z" .. "2020-01-02T00:00:00Z"]`;
      return (await (await edr(simulator, path, { filter, pageSize: 100 })).json()) as unknown[];
    };
    expect(await ask()).toHaveLength(25);
    expect(await ask()).toEqual([]);
  });
});

describe('documents', () => {
  test('come twice, the same or with other content, and are counted twice', async () => {
    const simulator = await withFaults({ eventCount: 4 }, { kind: 'duplicate-records', count: 'always' });
    const same = await listEvents(simulator);
    expect(same.map(({ id }) => id)).toEqual(simulator.eventIds().flatMap((id) => [id, id]));
    expect(same[0]).toEqual(same[1]);
    expect(await countEvents(simulator)).toBe(8);
    simulator.setFaults({ kind: 'duplicate-records', content: 'other', count: 'always' });
    const [first, second] = await listEvents(simulator);
    expect(second).toEqual({ ...first, revision: 2 });
  });

  test('of hosts and of the KnowledgeBase come twice', async () => {
    const simulator = await withFaults(
      { hostCount: 3 },
      { kind: 'duplicate-records', each: 3, content: 'other', count: 'always' },
    );
    const ids = simulator.hostIds();
    const hosts = hostsOf(await xmlOf(simulator, DETECTION_PATH));
    expect(hosts.map(({ ID }) => ID[0])).toEqual([...ids, ids[2]]);
    expect(hosts[3]!.LAST_SCAN_DATETIME).not.toEqual(hosts[2]!.LAST_SCAN_DATETIME);
    const entries = await xmlOf(simulator, KNOWLEDGE_BASE, { id_max: simulator.qids()[2]! });
    expect(qidsIn(entries)).toEqual([...simulator.qids().slice(0, 3), simulator.qids()[2]]);
  });

  test('tell times without a zone, or other ones than the filter sees', async () => {
    const simulator = await withFaults({ eventCount: 3, incidentCount: 3 });
    const [event] = await listEvents(simulator);
    simulator.setFaults({ kind: 'wrong-times', shiftSeconds: 7_200, zone: 'none', count: 'always' });
    const [local] = await listEvents(simulator);
    const shifted = new Date(Date.parse(event!.eventProcessedTime) + 7_200_000).toISOString();
    expect(local!.eventProcessedTime).toBe(shifted.slice(0, -1));
    expect(local!.id).toBe(event!.id);
    const [incident] = (await (await edr(simulator, INCIDENTS_AFTER)).json()) as { updatedOn: string }[];
    expect(incident!.updatedOn).toMatch(/\.\d{3}$/u);
    simulator.setFaults({ kind: 'wrong-times', shiftSeconds: -60, route: '/ioc/events' });
    const [earlier] = await listEvents(simulator);
    expect(Date.parse(earlier!.eventProcessedTime)).toBe(Date.parse(event!.eventProcessedTime) - 60_000);
  });
});

describe('lists of the VM API', () => {
  test('are capped whatever is asked, with a WARNING or without one', async () => {
    const simulator = await withFaults({ hostCount: 9 }, { kind: 'page-cap', records: 4, count: 'always' });
    const [ids, qids] = [simulator.hostIds(), simulator.qids()];
    for (const path of [DETECTION_PATH, HOST_LIST_PATH]) {
      const page = await xmlOf(simulator, path, { truncation_limit: 0 });
      expect([idsOf(page), nextIdOf(page)]).toEqual([ids.slice(0, 4), ids[4]]);
    }
    const entries = await xmlOf(simulator, KNOWLEDGE_BASE);
    expect(qidsIn(entries)).toEqual(qids.slice(0, 4));
    expect(entries).toContain(`id_min=${qids[4]!}`);
    simulator.setFaults({ kind: 'page-cap', records: 4, count: 'always' }, { kind: 'lost-warning', count: 'always' });
    for (const path of [DETECTION_PATH, HOST_LIST_PATH, KNOWLEDGE_BASE]) {
      expect(await xmlOf(simulator, path)).not.toContain('<WARNING>');
    }
  });

  test('show hosts and entries of other times, too', async () => {
    const simulator = await withFaults({ hostCount: 9 }, { kind: 'ignored-time-filter', count: 'always' });
    const before = { vm_processed_after: '2020-01-01', vm_processed_before: '2020-01-02' };
    expect(idsOf(await xmlOf(simulator, DETECTION_PATH, before))).toEqual(simulator.hostIds());
    expect(idsOf(await xmlOf(simulator, HOST_LIST_PATH, before))).toEqual(simulator.hostIds());
    const changed = await xmlOf(simulator, KNOWLEDGE_BASE, { last_modified_before: '2020-01-02' });
    expect(qidsIn(changed)).toEqual(simulator.qids());
  });

  test('lose hosts that are processed again while they are paged', async () => {
    const simulator = await withFaults({ hostCount: 9 });
    const ids = simulator.hostIds();
    const window = { vm_processed_before: '2024-06-15T11:59:59Z', truncation_limit: 4 };
    simulator.setFaults({ kind: 'reprocessed-hosts', hosts: 2, route: DETECTION_PATH });
    const first = await xmlOf(simulator, DETECTION_PATH, window);
    const second = await xmlOf(simulator, DETECTION_PATH, { ...window, id_min: nextIdOf(first)! });
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids.slice(0, 7));
    expect(simulator.hostIds({ from: '2024-06-15T12:00:00Z' })).toEqual(ids.slice(7));
  });

  test('give the first records of a page last', async () => {
    const simulator = await withFaults({ hostCount: 5 }, { kind: 'unordered-page', records: 2, count: 'always' });
    const moved = (ids: readonly string[]): string[] => [...ids.slice(2), ...ids.slice(0, 2)];
    for (const path of [DETECTION_PATH, HOST_LIST_PATH])
      expect(idsOf(await xmlOf(simulator, path))).toEqual(moved(simulator.hostIds()));
    expect(qidsIn(await xmlOf(simulator, KNOWLEDGE_BASE))).toEqual(moved(simulator.qids()));
  });

  test('name ids late, for as long as a fault says', async () => {
    const simulator = await withFaults(
      { hostCount: 9 },
      { kind: 'missing-records', records: 9, route: 'details=None', to: at(5) },
    );
    const list = async (): Promise<boolean> =>
      (await xmlOf(simulator, HOST_LIST_PATH, { details: 'None' })).includes('<ID_SET>');
    expect(await list()).toBe(false);
    simulator.clock.advance(300_000);
    expect(await list()).toBe(true);
  });
});

describe('an index that lags', () => {
  test.each([
    ['constant', 0],
    ['spread', 30],
    ['bursts', 54],
  ] as const)('(%s) finds records of all kinds by their time after a while', async (indexLagPattern, atOnce) => {
    const simulator = await withFaults({ eventCount: 0, incidentCount: 0, hostCount: 60, indexLagSeconds: 3_600 });
    simulator.configure({ indexLagPattern });
    const minutes = Array.from({ length: 60 }, (_, minute) => at(minute));
    simulator.changeData({
      events: minutes.map((processedTime, place) => ({ record: { id: `e-${place}` }, processedTime })),
      incidents: minutes.map((updatedTime, place) => ({
        id: `i-${place}`,
        updatedTime,
        record: { id: `i-${place}`, updatedOn: updatedTime },
      })),
      hosts: simulator.hostIds().map((id, place) => ({ id, processedTime: minutes[place]! })),
      vulnerabilities: simulator
        .qids()
        .slice(0, 60)
        .map((qid, place) => ({ qid: Number(qid), modifiedTime: minutes[place]! })),
    });
    const counts = async (): Promise<number[]> => {
      const filter = 'incident.updatedon: ["2024-06-15T12:00:00Z" .. "2024-06-15T13:00:00Z"]';
      const incidents = await edr(simulator, INCIDENTS_AFTER, { filter, pageSize: 1_000 });
      return [
        await countEvents(simulator),
        ((await incidents.json()) as unknown[]).length,
        idsOf(await xmlOf(simulator, DETECTION_PATH, { vm_processed_after: at(0).replace('.000', '') })).length,
        qidsIn(await xmlOf(simulator, KNOWLEDGE_BASE, { last_modified_after: at(0).replace('.000', '') })).length,
      ];
    };
    simulator.clock.set(Date.parse(at(59)));
    const early = await counts();
    for (const count of early) {
      if (indexLagPattern === 'spread') expect(count).toBeGreaterThan(atOnce / 3);
      else expect(count).toBe(atOnce);
      expect(count).toBeLessThan(60);
    }
    expect(idsOf(await xmlOf(simulator, HOST_LIST_PATH))).toHaveLength(60);
    simulator.clock.set(Date.parse(at(120)));
    expect(await counts()).toEqual([60, 60, 60, 60]);
  });
});

describe('faults are refused', () => {
  test.each([
    [{ kind: 'wrong-count' }, 'fault 1 (wrong-count) needs delta or factor'],
    [{ kind: 'wrong-count', factor: -1 }, 'factor must be a number from 0, not -1'],
    [{ kind: 'page-cap' }, 'fault 1 (page-cap) needs records'],
    [{ kind: 'page-cap', records: 0 }, 'records must be a whole number from 1, not 0'],
    [{ kind: 'page-cap', records: 5, starts: 'there' }, 'starts must be one of capped, asked, not "there"'],
    [{ kind: 'page-wrap', onto: 3 }, 'onto must be one of last, first, not 3'],
    [{ kind: 'wrong-times' }, 'fault 1 (wrong-times) needs shiftSeconds or zone'],
    [{ kind: 'reset', every: 0 }, 'every must be a whole number from 1'],
    [{ kind: 'reset', from: 'noon' }, 'from must be an ISO 8601 time, not "noon"'],
  ])('%j', async (fault, message) => {
    const simulator = await simulate();
    expect(() => simulator.setFaults(fault as Fault)).toThrow(message);
  });
});
