import { XMLParser } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import { edr, HOST_LIST_PATH, simulate, vm } from './simulator-client.ts';

const INCIDENTS = '/ioc/incidents/searchAfter';
const KNOWLEDGE_BASE = '/api/4.0/fo/knowledge_base/vuln/';

const idsIn = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>(\\d+)<`, 'gu'))].map(([, id]) => id!);

describe('/ioc/incidents/searchAfter', () => {
  test('leads through all incidents by its header, oldest update first', async () => {
    const simulator = await simulate({ incidentCount: 25 });
    const ids: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Response = await edr(simulator, INCIDENTS, {
        pageSize: 10,
        ...(cursor === '' ? {} : { searchAfterValues: cursor }),
      });
      ids.push(...((await page.json()) as { id: string }[]).map(({ id }) => id));
      cursor = page.headers.get('searchAfterValue');
    }
    expect(ids).toEqual(simulator.ids('incidents'));
    expect(ids).toHaveLength(25);
  });

  test('filters by both times and by source, and refuses what it does not know', async () => {
    const simulator = await simulate({ incidentCount: 25 });
    const filter =
      'incident.updatedon: ["2024-06-15T00:00:00Z" .. "2024-06-15T06:00:00Z"] AND incident.source: \'EDR\'';
    const found = (await (await edr(simulator, INCIDENTS, { filter, pageSize: 100 })).json()) as { source: string }[];
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ source }) => source === 'EDR')).toBe(true);
    expect((await edr(simulator, INCIDENTS, { filter: 'incident.nonsense: 1' })).status).toBe(400);
    expect((await edr(simulator, INCIDENTS, { pageSize: 0 })).status).toBe(400);
    expect((await edr(simulator, INCIDENTS, { searchAfterValues: 'x' })).status).toBe(400);
  });

  test('an update takes the place of what was before', async () => {
    const simulator = await simulate({ incidentCount: 3 });
    const [id] = simulator.ids('incidents');
    simulator.changeData({
      incidents: [{ id: id!, updatedTime: '2024-06-15T11:59:00Z', record: { id, status: 'Closed' } }],
    });
    expect(simulator.ids('incidents').at(-1)).toBe(id);
    expect(simulator.ids('incidents')).toHaveLength(3);
  });
});

describe('the host list in full', () => {
  test('shows what it is asked for, as well-formed XML', async () => {
    const simulator = await simulate({ hostCount: 3 });
    const parameters = { details: 'All/AGs', show_trurisk: 1, show_tags: 1, show_asset_id: 1 };
    const xml = await (await vm(simulator, HOST_LIST_PATH, parameters)).text();
    expect(() => new SaxesParser().write(xml).close()).not.toThrow();
    for (const name of ['TRURISK_SCORE', 'ASSET_GROUP_IDS', 'TAGS', 'ASSET_ID', 'LAST_ACTIVITY', 'USER_DEF'])
      expect(xml).toContain(`<${name}>`);
    const basic = await (await vm(simulator, HOST_LIST_PATH, {})).text();
    expect(basic).not.toMatch(/TRURISK_SCORE|ASSET_GROUP_IDS|USER_DEF/);
  });

  test('takes faults of its pages', async () => {
    const simulator = await simulate({ hostCount: 30 });
    simulator.setFaults(
      { kind: 'duplicate-page', route: HOST_LIST_PATH },
      { kind: 'missing-records', route: HOST_LIST_PATH, nth: 2 },
    );
    const [first, , third] = [simulator.hostIds().slice(0, 10), undefined, simulator.hostIds().slice(20)];
    const ask = async (idMin: string): Promise<string[]> =>
      idsIn(await (await vm(simulator, HOST_LIST_PATH, { id_min: idMin, truncation_limit: 10 })).text(), 'ID');
    expect(await ask(simulator.hostIds()[10]!)).toEqual(first);
    expect(await ask(third[0]!)).toEqual(third.slice(0, -1));
  });
});

describe('the KnowledgeBase in full', () => {
  test('is cut where it is told to, by ranges of QIDs and by time', async () => {
    const simulator = await simulate({ knowledgeBaseLimit: 7 });
    const all = simulator.qids();
    const cut = await (
      await vm(simulator, KNOWLEDGE_BASE, { details: 'All', id_min: all[3]!, id_max: all[20]! })
    ).text();
    expect(idsIn(cut, 'QID')).toEqual(all.slice(3, 10));
    expect(cut).toContain(`id_min=${all[10]!}`);
    expect(cut).toContain('<CODE>1980</CODE>');
    simulator.configure({ knowledgeBaseLimit: 0 });
    const ids = await (
      await vm(simulator, KNOWLEDGE_BASE, { details: 'None', id_min: all[3]!, id_max: all[20]! })
    ).text();
    expect(idsIn(ids, 'ID')).toEqual(all.slice(3, 21));
  });

  test('shows details only where they are asked for, and texts longer than a field', async () => {
    const simulator = await simulate();
    const basic = await (await vm(simulator, KNOWLEDGE_BASE, { ids: '38200' })).text();
    expect(basic).not.toMatch(/SOLUTION|CVSS|IS_DISABLED/);
    const all = await (
      await vm(simulator, KNOWLEDGE_BASE, { ids: '38200', details: 'All', show_disabled_flag: 1 })
    ).text();
    expect(() => new SaxesParser().write(all).close()).not.toThrow();
    const parsed = new XMLParser().parse(all) as {
      KNOWLEDGE_BASE_VULN_LIST_OUTPUT: { RESPONSE: { VULN_LIST: { VULN: { SOLUTION: string; IS_DISABLED: number } } } };
    };
    const { SOLUTION, IS_DISABLED } = parsed.KNOWLEDGE_BASE_VULN_LIST_OUTPUT.RESPONSE.VULN_LIST.VULN;
    expect(SOLUTION.length).toBeGreaterThan(65_536);
    expect(IS_DISABLED).toBe(0);
  });

  test('entries change, come and go', async () => {
    const simulator = await simulate();
    const [first, second] = simulator.qids();
    simulator.changeData({
      vulnerabilities: [
        { qid: Number(first), modifiedTime: '2024-06-15T11:00:00Z' },
        { qid: 5, modifiedTime: '2024-06-15T11:30:00Z', xml: '<VULN><QID>5</QID></VULN>' },
      ],
      removedVulnerabilities: [Number(second)],
    });
    expect(simulator.qids({ from: '2024-06-15T11:00:00Z' })).toEqual(['5', first]);
    expect(simulator.qids()).not.toContain(second);
    expect(await (await vm(simulator, KNOWLEDGE_BASE, { ids: '5' })).text()).toContain('<VULN><QID>5</QID></VULN>');
    expect(() => simulator.changeData({ vulnerabilities: [{ qid: 6, modifiedTime: '2024-06-15T11:00:00Z' }] })).toThrow(
      'give its xml',
    );
  });
});
