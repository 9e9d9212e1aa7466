import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import type { Simulator } from '../../dev/simulator/start-simulator.ts';
import {
  DETECTION_PATH,
  HOST_LIST_PATH,
  hostsOf,
  idsOf,
  nextIdOf,
  responseOf,
  simulate,
  vm,
  VM_HEADERS,
} from './simulator-client.ts';

const ALL_STATUSES = 'New,Active,Fixed,Re-Opened';

async function detections(simulator: Simulator, parameters: Record<string, string | number> = {}): Promise<string> {
  const response = await vm(simulator, DETECTION_PATH, { status: ALL_STATUSES, ...parameters });
  expect(response.status).toBe(200);
  return response.text();
}

async function codeOf(response: Response): Promise<string> {
  const { CODE, TEXT } = responseOf(await response.text());
  return `${response.status} ${CODE ?? ''} ${TEXT ?? ''}`;
}

function detectionsOf(xml: string): Readonly<Record<string, unknown>>[] {
  return hostsOf(xml).flatMap((host) => [...host.DETECTION_LIST.DETECTION]);
}

describe('credentials', () => {
  test('a wrong password is 401, a missing X-Requested-With is 400', async () => {
    const { url } = await simulate();
    const target = `${url}${DETECTION_PATH}?action=list`;
    expect((await fetch(target)).status).toBe(401);
    const wrong = { ...VM_HEADERS, authorization: `Basic ${btoa('qualys-reader:wrong')}` };
    expect(await codeOf(await fetch(target, { headers: wrong }))).toMatch(/^401 2000 /u);
    const { authorization } = VM_HEADERS;
    expect(await codeOf(await fetch(target, { headers: { authorization: authorization! } }))).toMatch(/^400 1903 /u);
  });

  test('about.php shows versions to whoever may log in', async () => {
    const { url } = await simulate();
    const { authorization } = VM_HEADERS;
    const response = await fetch(`${url}/msp/about.php`, { headers: { authorization: authorization! } });
    expect(await response.text()).toContain('<WEB-VERSION>');
    expect(response.headers.get('X-RateLimit-Limit')).toBe('300');
    expect((await fetch(`${url}/msp/about.php`)).status).toBe(401);
  });
});

describe('the detection list', () => {
  test.each(['2.0', '3.0', '4.0', '5.0'])('answers version %s by GET and by POST alike', async (version) => {
    const simulator = await simulate({ hostCount: 3 });
    const path = DETECTION_PATH.replace('5.0', version);
    const posted = await (await vm(simulator, path)).text();
    const got = await (await fetch(`${simulator.url}${path}?action=list`, { headers: VM_HEADERS })).text();
    expect(got).toBe(posted);
    expect(idsOf(got)).toEqual(simulator.hostIds());
    expect((await vm(simulator, path.replace(version, '6.0'))).status).toBe(404);
  });

  test('is well-formed, with DOCTYPE before and comments after the root', async () => {
    const simulator = await simulate({ hostCount: 40, longResultsEvery: 50 });
    const everything = {
      show_igs: 1,
      show_qds: 1,
      show_qds_factors: 1,
      show_tags: 1,
      host_metadata: 'all',
      show_cloud_tags: 1,
    };
    const xml = await detections(simulator, {
      ...everything,
      show_asset_id: 1,
      show_reopened_info: 1,
      echo_request: 1,
    });
    expect(() => new SaxesParser().write(xml).close()).not.toThrow();
    expect(xml).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8" \?>\n<!DOCTYPE HOST_LIST_VM_DETECTION_OUTPUT SYSTEM "http/u,
    );
    expect(xml.trimEnd()).toMatch(/<\/HOST_LIST_VM_DETECTION_OUTPUT>\n<!--[^>]*-->\s*\n<!--[^>]*-->$/u);
  });

  test('holds exactly the hosts and detections asked for, hosts by ascending id', async () => {
    const simulator = await simulate({ hostCount: 30, detectionsPerHost: 7 });
    const xml = await detections(simulator);
    expect(idsOf(xml)).toEqual(simulator.hostIds());
    expect(idsOf(xml)).toEqual(idsOf(xml).toSorted());
    expect(hostsOf(xml).every((host) => host.DETECTION_LIST.DETECTION.length === 7)).toBe(true);
    const ids = detectionsOf(xml).map((detection) => detection.UNIQUE_VULN_ID);
    expect(new Set(ids).size).toBe(210);
    expect(simulator.stats().records).toEqual({ events: 0, hosts: 30, detections: 210 });
  });

  test('has the quirks of the documents', async () => {
    const simulator = await simulate({ hostCount: 60, longResultsEvery: 100 });
    const xml = await detections(simulator, { show_igs: 1, show_qds: 1 });
    for (const quirk of [
      /<RESULTS>\s+<!\[CDATA\[/u,
      /<RESULTS><!\[CDATA\[\]\]><\/RESULTS>/u,
      /doesn&apos;t/u,
      /<INSTANCE>R&amp;D &#39;main&#39;/u,
      /\t/u,
      /\u65e5\u672c/u,
      /<QDS severity="CRITICAL">9\d<\/QDS>/u,
    ]) {
      expect(xml).toMatch(quirk);
    }
    const all = detectionsOf(xml);
    const information = all.filter((detection) => detection.TYPE === 'Info');
    expect(information).toHaveLength(120);
    expect(information.every((detection) => !('STATUS' in detection))).toBe(true);
    expect(information.some((detection) => !('SEVERITY' in detection))).toBe(true);
    expect(all.some((detection) => !('RESULTS' in detection))).toBe(true);
    expect(all.every((detection) => Number(detection.UNIQUE_VULN_ID) > 2 ** 32)).toBe(true);
    expect(all.some((detection) => String(detection.RESULTS).length >= 100_000)).toBe(true);
    const hosts = hostsOf(xml);
    for (const name of ['IPV6', 'DNS', 'NETBIOS', 'NETWORK_ID', 'OS_CPE', 'EC2_INSTANCE_ID', 'LAST_PC_SCANNED_DATE']) {
      expect(hosts.some((host) => name in host)).toBe(true);
      expect(hosts.some((host) => !(name in host))).toBe(true);
    }
  });

  test('shows optional parts only when asked for', async () => {
    const simulator = await simulate({ hostCount: 20, detectionsPerHost: 40 });
    const optional = {
      TAGS: 'show_tags',
      ASSET_ID: 'show_asset_id',
      CLOUD_PROVIDER_TAGS: 'show_cloud_tags',
      QDS_FACTORS: 'show_qds_factors',
      QDS: 'show_qds',
      LAST_REOPENED_DATETIME: 'show_reopened_info',
      METADATA: 'host_metadata',
      AFFECT_RUNNING_KERNEL: 'arf_kernel_filter',
      VULNERABILITY_DETECTION_SOURCES: 'vuln_detection_source',
    };
    const plain = await detections(simulator);
    for (const [element, parameter] of Object.entries(optional)) {
      expect(plain).not.toContain(`<${element}`);
      expect(await detections(simulator, { [parameter]: parameter === 'host_metadata' ? 'all' : 1 })).toContain(
        `<${element}`,
      );
    }
    expect(plain).toContain('<RESULTS>');
    expect(await detections(simulator, { show_results: 0 })).not.toContain('<RESULTS>');
  });

  test('leaves Fixed and Info out by default, and hosts without a detection to show', async () => {
    const simulator = await simulate({ hostCount: 60, detectionsPerHost: 2 });
    const xml = await (await vm(simulator, DETECTION_PATH)).text();
    const statuses = new Set(detectionsOf(xml).map((detection) => detection.STATUS));
    expect(statuses).toEqual(new Set(['New', 'Active', 'Re-Opened']));
    const fixed = hostsOf(await detections(simulator, { status: 'Fixed' }));
    expect(fixed.length).toBeGreaterThan(0);
    expect(fixed.length).toBeLessThan(60);
  });

  test.each([
    [{ severities: '4-5' }, (detection: Readonly<Record<string, unknown>>) => Number(detection.SEVERITY) >= 4],
    [
      { include_vuln_type: 'potential' },
      (detection: Readonly<Record<string, unknown>>) => detection.TYPE === 'Potential',
    ],
    [{ qids: '38000-38800' }, (detection: Readonly<Record<string, unknown>>) => Number(detection.QID) <= 38_800],
    [
      { detection_updated_since: '2024-06-15T00:00:00Z' },
      (detection: Readonly<Record<string, unknown>>) =>
        String(detection.LAST_UPDATE_DATETIME) >= '2024-06-15T00:00:00Z',
    ],
  ])('%o selects detections', async (parameters, fits) => {
    const simulator = await simulate({ hostCount: 40 });
    const every = detectionsOf(await detections(simulator));
    const found = detectionsOf(await detections(simulator, parameters));
    expect(found).toHaveLength(every.filter(fits).length);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(every.length);
    expect(found.every(fits)).toBe(true);
  });

  test.each(['inclusive', 'exclusive'] as const)(
    'selects hosts by their processed time, %s',
    async (processedBounds) => {
      const simulator = await simulate({ hostCount: 200, detectionsPerHost: 1, processedBounds });
      const time = '2024-06-15T03:00:00Z';
      simulator.changeData({ hosts: [{ id: simulator.hostIds()[5]!, processedTime: time }] });
      const before = idsOf(await detections(simulator, { vm_processed_before: time }));
      const after = idsOf(await detections(simulator, { vm_processed_after: time }));
      expect(after.length).toBeGreaterThan(20);
      expect(before.length + after.length).toBe(processedBounds === 'inclusive' ? 201 : 199);
      expect(new Set([...before, ...after]).size).toBe(processedBounds === 'inclusive' ? 200 : 199);
    },
  );

  test('an empty answer has no HOST_LIST', async () => {
    const simulator = await simulate();
    const xml = await detections(simulator, { ids: '123' });
    expect(xml).toContain('<DATETIME>2024-06-15T12:00:00Z</DATETIME>');
    expect(xml).not.toContain('HOST_LIST>');
  });

  test('narrows by ids, ranges and bounds that overlap', async () => {
    const simulator = await simulate({ hostCount: 50 });
    const ids = simulator.hostIds();
    const list = `${ids[30]!}-${ids[40]!},${ids[3]!},${ids[35]!}-${ids[45]!},7`;
    const expected = [ids[3]!, ...ids.slice(30, 46)];
    expect(idsOf(await detections(simulator, { ids: list }))).toEqual(expected);
    expect(idsOf(await detections(simulator, { ids: list, id_min: ids[31]!, id_max: ids[33]! }))).toEqual(
      ids.slice(31, 34),
    );
  });
});

describe('paging', () => {
  test('leads through all hosts by the id_min of the WARNING, which keeps every parameter', async () => {
    const simulator = await simulate({ hostCount: 53, rateLimit: 0 });
    const ids: string[] = [];
    let xml = await detections(simulator, { truncation_limit: 10, vm_processed_after: '2024-06-01T00:00:00Z' });
    for (;;) {
      ids.push(...idsOf(xml));
      const warning = responseOf(xml).WARNING;
      if (warning === undefined) break;
      expect(warning.CODE).toBe('1980');
      const url = new URL(warning.URL);
      expect(url.origin).toBe(simulator.url);
      expect(Object.fromEntries(url.searchParams)).toMatchObject({
        action: 'list',
        status: ALL_STATUSES,
        truncation_limit: '10',
        vm_processed_after: '2024-06-01T00:00:00Z',
      });
      xml = await (await fetch(url, { headers: VM_HEADERS })).text();
    }
    expect(ids).toEqual(simulator.hostIds());
  });

  test('is off with a limit of 0, and is 1,000 hosts by default', async () => {
    const simulator = await simulate({ hostCount: 1_001, detectionsPerHost: 1 });
    expect(nextIdOf(await detections(simulator, { truncation_limit: 0 }))).toBeUndefined();
    expect(nextIdOf(await detections(simulator))).toBe(simulator.hostIds()[1_000]);
    expect(nextIdOf(await detections(simulator, { truncation_limit: 1_001 }))).toBeUndefined();
  });

  test('goes on beyond 2^53', async () => {
    const simulator = await simulate({ hostCount: 25, hostIdBase: '9007199254740990' });
    const first = await detections(simulator, { truncation_limit: 20 });
    const second = await detections(simulator, { truncation_limit: 20, id_min: nextIdOf(first)! });
    expect([...idsOf(first), ...idsOf(second)]).toEqual(simulator.hostIds());
    expect(idsOf(second).at(-1)).toBe('9007199254741028');
  });
});

describe('wrong parameters', () => {
  test.each([
    [{ bogus: '1' }, '1901', 'bogus'],
    [{ action: 'purge' }, '1905', 'parameter action has invalid value: purge'],
    [
      { ids: 'abc123' },
      '1905',
      'parameter ids has invalid value: abc123 (neither a positive integer nor a range: abc123)',
    ],
    [{ ids: '' }, '1905', 'parameter ids has invalid value'],
    [{ cloud_tag_fields: '' }, '1905', 'empty'],
    [{ vm_processed_after: 'yesterday' }, '1905', 'vm_processed_after'],
    [{ vm_processed_after: '2024-13-01' }, '1905', 'vm_processed_after'],
    [{ status: 'New,Old' }, '1905', 'Old is not one of'],
    [{ severities: '0-9' }, '1905', 'severities'],
    [{ truncation_limit: '-1' }, '1905', 'truncation_limit'],
    [{ show_igs: 'yes' }, '1905', 'show_igs'],
    [{ ag_ids: '5' }, '1907', 'not supported by the simulator'],
    [{ Action: 'list' }, '1901', 'Action'],
  ])('%o is refused with 400 and code %s', async (parameters, code, text) => {
    const simulator = await simulate();
    const response = await vm(simulator, DETECTION_PATH, parameters);
    expect(await codeOf(response)).toMatch(new RegExp(`^400 ${code} `, 'u'));
    expect(
      await codeOf(await vm(simulator, DETECTION_PATH, parameters as unknown as Record<string, string>)),
    ).toContain(text);
  });

  test('a missing action is 1903, and vuln_detection_source is known to version 5.0 only', async () => {
    const simulator = await simulate();
    const bare = await fetch(`${simulator.url}${DETECTION_PATH}`, { headers: VM_HEADERS });
    expect(await codeOf(bare)).toMatch(/^400 1903 /u);
    const old = await vm(simulator, DETECTION_PATH.replace('5.0', '3.0'), { vuln_detection_source: 1 });
    expect(await codeOf(old)).toMatch(/^400 1901 /u);
  });

  test('of a repeated parameter the last value counts', async () => {
    const simulator = await simulate({ hostCount: 4 });
    const [first, second] = simulator.hostIds();
    const url = `${simulator.url}${DETECTION_PATH}?action=list&ids=${first!}&ids=${second!}`;
    expect(idsOf(await (await fetch(url, { headers: VM_HEADERS })).text())).toEqual([second]);
  });

  test('an overlong URL is 414 with a page in HTML', async () => {
    const simulator = await simulate();
    const ids = Array.from({ length: 1_000 }, (_, index) => 107_800_000 + index).join(',');
    const response = await fetch(`${simulator.url}${DETECTION_PATH}?action=list&ids=${ids}`, { headers: VM_HEADERS });
    expect(response.status).toBe(414);
    expect(await response.text()).toContain('<html>');
    expect((await vm(simulator, DETECTION_PATH, { ids })).status).toBe(200);
  });
});

describe('the host list', () => {
  function expand(set: ReturnType<typeof responseOf>['ID_SET']): string[] {
    const ranges = (set?.ID_RANGE ?? []).flatMap((range) => {
      const [first = 0, last = 0] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, turn) => String(first + turn));
    });
    return [...(set?.ID ?? []), ...ranges].toSorted();
  }

  test('with details=None is a set of ids and ranges', async () => {
    const simulator = await simulate({ hostCount: 95 });
    const xml = await (await vm(simulator, HOST_LIST_PATH, { details: 'None', truncation_limit: 0 })).text();
    const set = responseOf(xml).ID_SET;
    expect(set?.ID_RANGE).toHaveLength(10);
    expect(expand(set)).toEqual(simulator.hostIds());
    const one = await (await vm(simulator, HOST_LIST_PATH, { details: 'None', ids: simulator.hostIds()[0]! })).text();
    expect(responseOf(one).ID_SET).toEqual({ ID: [simulator.hostIds()[0]] });
    const none = await (await vm(simulator, HOST_LIST_PATH, { details: 'None', ids: '1' })).text();
    expect(none).not.toContain('ID_SET');
  });

  test('is narrowed and paged as the detection list is', async () => {
    const simulator = await simulate({ hostCount: 60 });
    const window = { vm_processed_after: '2024-06-15T00:00:00Z', vm_processed_before: '2024-06-15T06:00:00Z' };
    const ids = expand(
      responseOf(await (await vm(simulator, HOST_LIST_PATH, { details: 'None', ...window })).text()).ID_SET,
    );
    expect(ids).toEqual(idsOf(await detections(simulator, window)));
    const page = await (await vm(simulator, HOST_LIST_PATH, { details: 'None', truncation_limit: 25 })).text();
    expect(nextIdOf(page)).toBe(simulator.hostIds()[25]);
  });

  test.each(['Basic', 'All'])('with details=%s lists hosts without detections', async (details) => {
    const simulator = await simulate({ hostCount: 5 });
    const xml = await (await vm(simulator, HOST_LIST_PATH, { details })).text();
    expect(xml).toContain('<HOST_LIST_OUTPUT>');
    expect(idsOf(xml)).toEqual(simulator.hostIds());
    expect(xml).not.toContain('DETECTION');
  });
});

describe('the KnowledgeBase', () => {
  const path = '/api/4.0/fo/knowledge_base/vuln/';

  test('knows every vulnerability that a detection names', async () => {
    const simulator = await simulate({ hostCount: 10 });
    const qids = [...new Set(detectionsOf(await detections(simulator, { show_igs: 1 })).map(({ QID }) => String(QID)))];
    const xml = await (await vm(simulator, path, { ids: qids.join(',') })).text();
    expect(() => new SaxesParser().write(xml).close()).not.toThrow();
    expect(new Set([...xml.matchAll(/<QID>(\d+)</gu)].map(([, qid]) => qid))).toEqual(new Set(qids));
  });

  test('gives ids only, what changed since, and nothing for what it does not know', async () => {
    const simulator = await simulate();
    expect(responseOf(await (await vm(simulator, path, { details: 'None', ids: '38170' })).text()).ID_SET?.ID).toEqual([
      '38170',
    ]);
    const recent = await (await vm(simulator, path, { last_modified_after: '2024-06-01' })).text();
    const times = [...recent.matchAll(/<LAST_SERVICE_MODIFICATION_DATETIME>([^<]+)/gu)].map(([, time]) => time!);
    expect(times.length).toBeGreaterThan(0);
    expect(times.every((time) => time >= '2024-06-01')).toBe(true);
    expect(await (await vm(simulator, path, { ids: '1' })).text()).not.toContain('VULN_LIST>');
  });
});

describe('hosts change', () => {
  test('a host put in as XML takes its place, one that is processed anew moves, a purged one goes', async () => {
    const simulator = await simulate({ hostCount: 20 });
    const ids = simulator.hostIds();
    const xml = `<HOST><ID>${ids[10]!}</ID><IP>1.2.3.4</IP><DETECTION_LIST><DETECTION><QID>9</QID></DETECTION></DETECTION_LIST></HOST>`;
    const between = String(BigInt(ids[9]!) + 3n);
    simulator.changeData({
      hosts: [
        { id: ids[10]!, processedTime: '2024-06-15T11:00:00Z', xml },
        { id: between, processedTime: '2024-06-15T11:00:00Z', xml: xml.replace(ids[10]!, between) },
        { id: ids[2]!, processedTime: '2024-06-15T11:59:00Z' },
      ],
      removedHosts: [ids[5]!],
    });
    const all = await detections(simulator);
    expect(idsOf(all)).toEqual([...ids.slice(0, 5), ...ids.slice(6, 10), between, ...ids.slice(10)]);
    expect(all).toContain('<IP>1.2.3.4</IP>');
    const latest = await detections(simulator, { vm_processed_after: '2024-06-15T11:58:30Z', ids: ids[2]! });
    expect(idsOf(latest)).toEqual([ids[2]]);
    expect(() => simulator.changeData({ hosts: [{ id: '5', processedTime: '2024-06-15T11:00:00Z' }] })).toThrow(
      'give its xml',
    );
  });

  test('live hosts are processed anew in turn as time goes by', async () => {
    const simulator = await simulate({ hostCount: 5, liveHostsPerMinute: 1 });
    simulator.clock.advance(7 * 60_000 + 1_000);
    const from = '2024-06-15T12:00:00Z';
    expect(simulator.hostIds({ from })).toHaveLength(5);
    expect(simulator.hostIds({ from: '2024-06-15T12:06:00Z' })).toEqual(simulator.hostIds().slice(0, 2));
  });
});
