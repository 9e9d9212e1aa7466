import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import { applyWireFaults } from '../../dev/simulator/fault-wire.ts';
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
  openRaw,
  responseOf,
  simulate,
  vm,
  VM_HEADERS,
} from './simulator-client.ts';

async function withFaults(options: SimulatorOptions, ...faults: Fault[]): Promise<Simulator> {
  const simulator = await simulate({ rateLimit: 0, ...options });
  simulator.setFaults(...faults);
  return simulator;
}

async function detections(simulator: Simulator, parameters: Record<string, string | number> = {}): Promise<string> {
  return (await vm(simulator, DETECTION_PATH, parameters)).text();
}

function isWellFormed(xml: string): boolean {
  try {
    new SaxesParser().write(xml).close();
    return true;
  } catch {
    return false;
  }
}

/** Why a request fails, down to the system's code. */
async function failureOf(request: Promise<Response>): Promise<string> {
  try {
    await (await request).text();
    return 'none';
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  }
}

describe('a fault hits', () => {
  async function statuses(fault: Partial<Fault>, calls = 5): Promise<number[]> {
    const simulator = await withFaults({}, { kind: 'status', status: 500, ...fault } as Fault);
    const found: number[] = [];
    for (let turn = 0; turn < calls; turn += 1) found.push((await vm(simulator, DETECTION_PATH)).status);
    return found;
  }

  test('the next call, once, unless told otherwise', async () => {
    expect(await statuses({})).toEqual([500, 200, 200, 200, 200]);
  });

  test('from the nth call on, as often as told', async () => {
    expect(await statuses({ nth: 2, count: 2 })).toEqual([200, 500, 500, 200, 200]);
    expect(await statuses({ nth: 4, count: 'always' })).toEqual([200, 200, 200, 500, 500]);
  });

  test('with a probability, the same calls for the same seed', async () => {
    const first = await statuses({ probability: 0.5 }, 30);
    expect(await statuses({ probability: 0.5 }, 30)).toEqual(first);
    expect(first.filter((status) => status === 500).length).toBeGreaterThan(5);
    expect(first.filter((status) => status === 200).length).toBeGreaterThan(5);
  });

  test('only calls whose line matches, parameters of a form included', async () => {
    const simulator = await withFaults({}, { kind: 'status', status: 503, route: '^POST /api/5\\.0/.*[?&]id_min=7' });
    expect((await vm(simulator, DETECTION_PATH)).status).toBe(200);
    expect((await vm(simulator, DETECTION_PATH, { id_min: 7 })).status).toBe(503);
  });

  test('only answers that would hold a certain host', async () => {
    const simulator = await withFaults({ hostCount: 30 });
    const ids = simulator.hostIds();
    simulator.setFaults({ kind: 'status', status: 500, host: ids[17]!, count: 'always' });
    expect((await vm(simulator, DETECTION_PATH, { id_max: ids[16]! })).status).toBe(200);
    expect((await vm(simulator, DETECTION_PATH, { id_min: ids[10]! })).status).toBe(500);
    expect((await vm(simulator, DETECTION_PATH, { ids: ids[17]! })).status).toBe(500);
    expect((await vm(simulator, DETECTION_PATH, { id_min: ids[18]! })).status).toBe(200);
    expect(simulator.stats().faults).toEqual([{ id: 'status-1', matched: 2, hits: 2 }]);
  });

  test('together with others', async () => {
    const simulator = await withFaults({}, { kind: 'gzip' }, { kind: 'malformed', id: 'mine' });
    const response = await vm(simulator, DETECTION_PATH);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(isWellFormed(await response.text())).toBe(false);
    expect(simulator.stats().faults.map(({ id, hits }) => [id, hits])).toEqual([
      ['gzip-1', 1],
      ['mine', 1],
    ]);
  });
});

describe('answers in place of the real one', () => {
  test.each([
    [{ kind: 'status', status: 502 }, 502, '<html>'],
    [{ kind: 'status', status: 401 }, 401, '<CODE>2000</CODE>'],
    [{ kind: 'status', status: 418, body: 'tea', contentType: 'text/tea' }, 418, 'tea'],
    [{ kind: 'simple-return', code: '1960', items: { CALLS_TO_FINISH: '1' } }, 409, '<KEY>CALLS_TO_FINISH</KEY>'],
    [{ kind: 'simple-return', code: '1965', status: 200, items: { SECONDS_TO_WAIT: '9' } }, 200, '<VALUE>9</VALUE>'],
    [{ kind: 'simple-return', code: '1965', status: 400 }, 400, '<CODE>1965</CODE>'],
    [{ kind: 'simple-return', code: '2003', text: 'a < b' }, 409, '<TEXT>a &lt; b</TEXT>'],
    [{ kind: 'generic-return' }, 200, '<GENERIC_RETURN>'],
    [{ kind: 'html' }, 200, '<html>'],
    [{ kind: 'html', status: 404 }, 404, '<html>'],
    [{ kind: 'empty-body' }, 200, ''],
    [{ kind: 'empty-body', status: 204 }, 204, ''],
    [{ kind: 'redirect', location: 'https://elsewhere.example/' }, 302, ''],
  ] satisfies [Fault, number, string][])('%o', async (fault, status, text) => {
    const simulator = await withFaults({}, fault);
    const response = await vm(simulator, DETECTION_PATH);
    expect(response.status).toBe(status);
    expect(response.headers.get('location')).toBe(fault.kind === 'redirect' ? fault.location : null);
    const body = await response.text();
    if (text === '') expect(body).toBe('');
    else expect(body).toContain(text);
    expect(response.headers.has('X-RateLimit-Limit')).toBe(false);
    expect(response.headers.has('X-Concurrency-Limit-Limit')).toBe(true);
  });

  test('an EDR error is JSON, with headers of the fault\u2019s own', async () => {
    const headers = { 'X-RateLimit-ToWait-Sec': '7' };
    const simulator = await withFaults({}, { kind: 'status', status: 429, headers, route: '/ioc/' });
    const response = await edr(simulator, '/ioc/events');
    expect(response.headers.get('X-RateLimit-ToWait-Sec')).toBe('7');
    expect(await response.json()).toMatchObject({ message: 'simulated fault' });
  });

  test('/auth can fail, too', async () => {
    const simulator = await withFaults({}, { kind: 'html', route: '^POST /auth' });
    const response = await fetch(`${simulator.url}/auth`, { method: 'POST' });
    expect(await response.text()).toContain('<html>');
  });
});

describe('connections', () => {
  test('are reset before any header', async () => {
    const simulator = await withFaults({}, { kind: 'reset' });
    expect(await failureOf(vm(simulator, DETECTION_PATH))).toMatch(/ECONNRESET|UND_ERR_SOCKET/u);
    expect(simulator.stats().routes['vm-detection']?.statuses).toEqual({ '0': 1 });
    expect((await vm(simulator, DETECTION_PATH)).status).toBe(200);
  });

  test.each([2_000, 1_000_000])('are reset within a body, after %i bytes or half of it', async (afterBytes) => {
    const simulator = await withFaults({ hostCount: 20 }, { kind: 'reset-body', afterBytes, count: 2 });
    expect(await failureOf(vm(simulator, DETECTION_PATH))).toMatch(/ECONNRESET|UND_ERR_SOCKET/u);
    const response = await openRaw(`${simulator.url}${DETECTION_PATH}?action=list`, VM_HEADERS);
    expect(response.statusCode).toBe(200);
    let bytes = 0;
    const read = async (): Promise<void> => {
      for await (const piece of response as AsyncIterable<Buffer>) bytes += piece.length;
    };
    await expect(read()).rejects.toThrow(/aborted|ECONNRESET/u);
    expect(bytes).toBeGreaterThan(0);
    if (afterBytes === 2_000) expect(bytes).toBe(2_000);
  });

  test('stall within a body until the client gives up', async () => {
    const simulator = await withFaults({ hostCount: 20 }, { kind: 'stall-body', afterBytes: 3_000 });
    const stop = new AbortController();
    const response = await fetch(`${simulator.url}${DETECTION_PATH}?action=list`, {
      headers: VM_HEADERS,
      signal: stop.signal,
    });
    let bytes = 0;
    const read = async (): Promise<void> => {
      for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
        bytes += piece.length;
        if (bytes >= 3_000) setTimeout(() => stop.abort(), 100);
      }
    };
    await expect(read()).rejects.toThrow('abort');
    expect(bytes).toBe(3_000);
  });

  test('go on after a stall of a given time with nothing lost', async () => {
    const simulator = await withFaults({ hostCount: 20 }, { kind: 'stall-body', afterBytes: 3_000, ms: 50 });
    expect(await detections(simulator)).toBe(await detections(simulator));
  });

  test('are slow with the first byte', async () => {
    const simulator = await withFaults({}, { kind: 'slow-first-byte', ms: 150 });
    const start = performance.now();
    await detections(simulator);
    expect(performance.now() - start).toBeGreaterThanOrEqual(149);
  });

  test('end too early as if all had come', async () => {
    const simulator = await withFaults({ hostCount: 20 }, { kind: 'truncate', afterBytes: 5_000 });
    const truncated = await (await vm(simulator, DETECTION_PATH)).arrayBuffer();
    expect(truncated.byteLength).toBe(5_000);
    expect(isWellFormed(Buffer.from(truncated).toString())).toBe(false);
    simulator.setFaults({ kind: 'truncate', afterBytes: 1e9 });
    const half = Buffer.from(await (await vm(simulator, DETECTION_PATH)).arrayBuffer());
    const whole = Buffer.from(await (await vm(simulator, DETECTION_PATH)).arrayBuffer());
    expect(half.equals(whole.subarray(0, whole.length >> 1))).toBe(true);
  });

  test('carry gzip, and bombs in it', async () => {
    const simulator = await withFaults({}, { kind: 'gzip' }, { kind: 'gzip-bomb', nth: 2, bytes: 50 * 1_048_576 });
    const url = `${simulator.url}${DETECTION_PATH}?action=list`;
    const zipped = await openRaw(url, VM_HEADERS);
    const pieces: Buffer[] = [];
    for await (const piece of zipped as AsyncIterable<Buffer>) pieces.push(piece);
    expect(zipped.headers['content-encoding']).toBe('gzip');
    const bombed = await openRaw(url, VM_HEADERS);
    let bytes = 0;
    for await (const piece of bombed as AsyncIterable<Buffer>) bytes += piece.length;
    expect(bytes).toBeLessThan(100_000);
    expect(gunzipSync(Buffer.concat(pieces)).toString()).toBe(await detections(simulator));
    simulator.setFaults({ kind: 'gzip-bomb', bytes: 50 * 1_048_576 });
    expect((await (await vm(simulator, DETECTION_PATH)).arrayBuffer()).byteLength).toBe(50 * 1_048_576);
  });
});

describe('bodies that are wrong inside', () => {
  test('malformed XML and JSON', async () => {
    const simulator = await withFaults(
      {},
      { kind: 'malformed', route: 'detection' },
      { kind: 'malformed', route: '/ioc/events\\?' },
    );
    expect(isWellFormed(await detections(simulator))).toBe(false);
    await expect((await edr(simulator, '/ioc/events')).json()).rejects.toThrow(SyntaxError);
  });

  test.each([
    ['control', '\u0001\u000b\ufffe'],
    ['nul', '\u0000'],
    ['invalid-utf8', '\ufffd(\ufffd'],
  ] as const)('illegal characters (%s) inside a text', async (characters, text) => {
    const simulator = await withFaults(
      {},
      { kind: 'illegal-characters', characters, route: 'detection' },
      { kind: 'illegal-characters', characters, route: '/ioc/' },
    );
    const xml = await detections(simulator);
    expect(xml).toContain(`<RESULTS><![CDATA[${text}`);
    expect(await (await edr(simulator, '/ioc/events')).text()).toContain(`"action":"${text}`);
  });

  test('a DOCTYPE full of entities, one of them used and one from outside', async () => {
    const simulator = await withFaults({}, { kind: 'doctype-entities', entities: 3_000 });
    const xml = await detections(simulator);
    expect(xml.match(/<!ENTITY e\d+ /gu)).toHaveLength(3_000);
    expect(xml).toContain('<!ENTITY file SYSTEM "file:///');
    expect(xml).toContain('<TRACKING_METHOD>&e2999;&file;');
    expect(xml.match(/<!DOCTYPE/gu)).toHaveLength(1);
    expect(() =>
      new SaxesParser().write(xml.replaceAll(/&\w+;(?=&file|AGENT|IP|<)/gu, '').replaceAll('&file;', '')).close(),
    ).not.toThrow();
  });

  test('a huge element, sent without being held in memory', async () => {
    const size = 30 * 1_048_576;
    const simulator = await withFaults({}, { kind: 'huge-element', bytes: size });
    const plain = await detections(simulator, { id_min: 1 });
    const rest = await detections(simulator, { id_min: 1 });
    expect(plain.length - rest.length).toBe(size);
    expect(isWellFormed(plain)).toBe(true);
  });

  test('deep nesting in XML and JSON', async () => {
    const simulator = await withFaults(
      {},
      { kind: 'deep-nesting', depth: 5_000, route: 'detection' },
      { kind: 'deep-nesting', depth: 500, route: '/ioc/' },
    );
    const xml = await detections(simulator);
    expect(xml).toContain('<A>'.repeat(5_000) + '</A>'.repeat(5_000));
    expect(isWellFormed(xml)).toBe(true);
    const [nested, ...events] = (await (await edr(simulator, '/ioc/events')).json()) as unknown[];
    expect(JSON.stringify(nested)).toHaveLength(1_000);
    expect(events).toHaveLength(10);
  });

  test('ids beyond 2^53', async () => {
    const simulator = await withFaults({ hostCount: 12 }, { kind: 'big-ids' });
    const ids = idsOf(await detections(simulator));
    expect(ids).toEqual(simulator.hostIds().map((id) => `90071992547${id}`));
  });
});

test('a marker is found wherever the pieces of a body are cut', async () => {
  const text = '<HOST>\n        <ID>1</ID></HOST><HOST>\n        <ID>22</ID></HOST>';
  const wrong = text.replaceAll('<ID>', '<ID>90071992547');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 10 }), async (cuts) => {
      const edges = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      const pieces = edges.slice(1).map((edge, turn) => Buffer.from(text.slice(edges[turn], edge)));
      const sent: Buffer[] = [];
      const body = applyWireFaults(pieces, [{ kind: 'big-ids' }], new AbortController().signal);
      for await (const piece of body) sent.push(piece);
      expect(Buffer.concat(sent).toString()).toBe(wrong);
    }),
  );
});

describe('data that is wrong', () => {
  test('the page before comes again', async () => {
    const simulator = await withFaults({ hostCount: 30, eventCount: 30 }, { kind: 'duplicate-page', nth: 2, count: 1 });
    const page = { truncation_limit: 10 };
    const first = await detections(simulator, page);
    const second = await detections(simulator, { ...page, id_min: nextIdOf(first)! });
    expect(idsOf(second)).toEqual(idsOf(first));
    expect(nextIdOf(second)).toBe(simulator.hostIds()[20]);
    simulator.setFaults({ kind: 'duplicate-page', route: 'pageNumber=1' });
    const [one, two] = [
      await listEvents(simulator, { pageSize: 10 }),
      await listEvents(simulator, { pageSize: 10, pageNumber: 1 }),
    ];
    expect(two).toEqual(one);
    expect(await listEvents(simulator, { pageSize: 10, pageNumber: 1 })).not.toEqual(one);
  });

  test('pages drift because events arrive at the start of the range', async () => {
    const simulator = await withFaults({ eventCount: 100 }, { kind: 'page-drift', records: 5, route: 'pageNumber=1' });
    const filter = 'event.eventProcessedTime:[2024-06-14T12:00:00Z .. 2024-06-15T12:00:00Z]';
    const first = await listEvents(simulator, { filter, pageSize: 50 });
    const second = await listEvents(simulator, { filter, pageSize: 50, pageNumber: 1 });
    const repeated = second.filter(({ id }) => first.some((event) => event.id === id));
    expect(repeated).toHaveLength(5);
    expect(await countEvents(simulator, filter)).toBe(105);
  });

  test('the count is wrong, or the page is short of it', async () => {
    const simulator = await withFaults(
      { eventCount: 40, hostCount: 20 },
      { kind: 'wrong-count', delta: -3, route: '/count' },
      { kind: 'missing-records', records: 4, route: '/ioc/events\\?' },
      { kind: 'missing-records', route: 'detection' },
    );
    expect(await countEvents(simulator)).toBe(37);
    expect(await countEvents(simulator)).toBe(40);
    expect(await listEvents(simulator)).toHaveLength(36);
    expect(await listEvents(simulator)).toHaveLength(40);
    expect(idsOf(await detections(simulator))).toEqual(simulator.hostIds().slice(0, -1));
  });

  test('events of one instant change places between calls, so that pages overlap', async () => {
    const simulator = await withFaults({ eventCount: 10 });
    simulator.changeData({ bursts: [{ processedTime: '2024-06-15T01:00:00Z', count: 200, spreadMs: 0 }] });
    simulator.setFaults({ kind: 'unstable-order', count: 'always' });
    const whole = (await listEvents(simulator)).map(({ id }) => id);
    expect(whole.toSorted()).toEqual(simulator.eventIds().toSorted());
    expect((await listEvents(simulator)).map(({ id }) => id)).not.toEqual(whole);
    const pages = [];
    for (const pageNumber of [0, 1, 2]) pages.push(...(await listEvents(simulator, { pageSize: 70, pageNumber })));
    expect(new Set(pages.map(({ id }) => id)).size).toBeLessThan(210);
  });

  test('the WARNING names the same page or another host', async () => {
    const simulator = await withFaults({ hostCount: 30 }, { kind: 'same-id-min' }, { kind: 'foreign-warning', nth: 2 });
    const ids = simulator.hostIds();
    expect(nextIdOf(await detections(simulator, { truncation_limit: 5, id_min: ids[3]! }))).toBe(ids[3]);
    const foreign = responseOf(await detections(simulator, { truncation_limit: 5 })).WARNING!.URL;
    expect(new URL(foreign).origin).toBe('http://qualysapi.elsewhere.example');
    expect(new URL(foreign).searchParams.get('id_min')).toBe(ids[5]);
  });

  test('hosts come in several lists, or not at all although there is a next page', async () => {
    const simulator = await withFaults(
      { hostCount: 9 },
      { kind: 'several-host-lists', hosts: 4 },
      { kind: 'missing-host-list', nth: 2 },
    );
    const several = await detections(simulator);
    expect(responseOf(several).HOST_LIST?.map((list) => list.HOST.length)).toEqual([4, 4, 1]);
    const missing = await detections(simulator, { truncation_limit: 5 });
    expect(hostsOf(missing)).toEqual([]);
    expect(nextIdOf(missing)).toBe(simulator.hostIds()[5]);
  });
});

describe('faults are refused', () => {
  test.each([
    [[{ kind: 'bogus' }], 'kind must be one of'],
    [[{ kind: 'status' }], 'fault 1 (status) needs status'],
    [[{ kind: 'reset', afterBytes: 3 }], 'unknown parameter afterBytes'],
    [[{ kind: 'reset', nth: 0 }], 'nth must be a whole number from 1'],
    [[{ kind: 'reset', count: 'never' }], 'count must be'],
    [[{ kind: 'reset', probability: 2 }], 'probability must be'],
    [[{ kind: 'reset' }, { kind: 'reset', route: '(' }], 'fault 2 (reset): route must be a regular expression'],
  ])('%j', async (faults, message) => {
    const simulator = await simulate();
    expect(() => simulator.setFaults(...(faults as unknown as Fault[]))).toThrow(message);
  });
});

test('the host list takes faults of the host it lists', async () => {
  const simulator = await withFaults({ hostCount: 3 }, { kind: 'status', status: 500, host: '107800001' });
  expect((await vm(simulator, HOST_LIST_PATH, { ids: '107800000' })).status).toBe(200);
  expect((await vm(simulator, HOST_LIST_PATH)).status).toBe(500);
});
