import { describe, expect, test } from 'vitest';
import { MAX_EVENTS } from '../../../src/lib/enrich/limits.ts';
import { enrichAnswer } from '../../../src/lib/enrich/enrich-answer.ts';
import { enrich } from '../../../src/lib/enrich/enrich.ts';
import { findHostVulnerabilities } from '../../../src/lib/enrich/host-vulnerabilities.ts';
import type { EnrichSubject } from '../../../src/lib/enrich/subject.ts';
import { ConfigError, RetryableError, WaitError } from '../../../src/lib/errors.ts';
import { queryKind, startEnrichRig, vendorEvent } from '../../support/enrich.ts';
import type { ArrivedQuery, QueryAnswer } from '../../support/logs-query.ts';

const SHA = `${'0'.repeat(63)}1`;
const AGENT = '11111111-2222-4333-8444-555555555555';
const bySha: EnrichSubject = { kind: 'sha256', value: SHA, hours: 24 };
const NO_WORKSPACE = { LOGS_QUERY_WORKSPACE_ID: undefined };
const byHost: EnrichSubject = { kind: 'host', value: 'ws-01', hours: 24 };

const STORED: Readonly<Record<Exclude<ReturnType<typeof queryKind>, 'knowledge' | 'hosts'>, QueryAnswer>> = {
  events: {
    rows: [
      {
        EventId: 'RTP_1',
        EventTime: '2026-05-01T10:16:00.000Z',
        EventType: 'PROCESS',
        EventAction: 'RUNNING',
        Score: 9,
        Severity: 'High',
        Verdicts: ['MALICIOUS'],
        FamilyNames: ['Sample'],
        HostName: 'ws-01.lab.example',
        TargetProcessName: 'loader.exe',
        RemotePort: null,
      },
    ],
  },
  summary: {
    rows: [
      {
        EventType: 'PROCESS',
        EventAction: 'RUNNING',
        Events: 3,
        HighestScore: 9,
        FirstSeen: '2026-04-30T10:00:00.000Z',
        LastSeen: '2026-05-01T10:16:00.000Z',
        Verdicts: ['MALICIOUS'],
        Families: ['Sample', 'SAMPLE'],
        Hosts: ['ws-01.lab.example'],
        Users: ['LAB\\alice'],
      },
      {
        EventType: 'FILE',
        EventAction: 'CREATED',
        Events: 40,
        HighestScore: null,
        FirstSeen: '2026-04-29T10:00:00.000Z',
        LastSeen: '2026-04-30T10:00:00.000Z',
        Verdicts: ['KNOWN'],
        Hosts: ['ws-01'],
        Users: ['LAB\\bob'],
      },
    ],
  },
  counts: {
    rows: [
      { VendorSeverity: 3, Count: 9, Hosts: 1, LastReport: '2026-05-01T08:00:00.000Z' },
      { VendorSeverity: 5, Count: 2, Hosts: 1, LastReport: '2026-05-01T08:00:00.000Z' },
    ],
  },
  worst: {
    rows: [
      {
        QID: '91345',
        VendorSeverity: 5,
        Qds: 95,
        DetectionType: 'Confirmed',
        Status: 'Active',
        Host: 'ws-01.lab.example',
        Port: 445,
        Protocol: 'tcp',
        FirstFound: '2026-03-01T00:00:00.000Z',
        LastFound: '2026-05-01T07:00:00.000Z',
      },
    ],
  },
  titles: { rows: [{ QID: '91345', VulnTitle: 'A hole in the wall', CveIds: ['CVE-2026-0001'] }] },
};
const fromTables = (query: ArrivedQuery): QueryAnswer => STORED[queryKind(query) as keyof typeof STORED];

describe('a file, address or domain', () => {
  test('is looked up in Qualys, newest first, with what the events have in common', async () => {
    const { simulator, services } = await startEnrichRig();
    const early = vendorEvent({ score: '3', indicator2: [{ verdict: 'SUSPICIOUS', familyName: ' ' }] });
    const late = vendorEvent({
      dateTime: '2026-05-01T11:00:00.000+0000',
      eventProcessedTime: new Date().toISOString().replace('Z', '+0000'),
      asset: { agentId: AGENT, netBiosName: 'WS-02' },
    });
    const other = vendorEvent({ file: { fileName: 'other.dll', sha256: 'f'.repeat(64) } });
    simulator.changeData({ events: [early, late, other].map((record) => ({ record })) });
    const answer = await enrich(bySha, services);
    expect(enrichAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({
      ok: true,
      errors: [],
      subject: { kind: 'sha256', value: SHA },
      events: { source: 'both', total: 2, truncated: false },
      summary: {
        source: 'both',
        events: 2,
        byTypeAndAction: [{ type: 'FILE', action: 'CREATED', count: 2 }],
        highestScore: 8,
        severity: 'High',
        verdict: 'MALICIOUS',
        families: ['Sample'],
        firstSeen: '2026-05-01T10:15:30.000Z',
        lastSeen: '2026-05-01T11:00:00.000Z',
        hosts: ['ws-01.lab.example', 'WS-02'],
        users: ['LAB\\alice'],
      },
      vulnerabilities: null,
    });
    expect(answer.events?.list.map(({ eventId }) => eventId)).toEqual([late.id, early.id]);
    expect(answer.events?.list[1]).toMatchObject({
      filePath: 'C:\\Users\\alice\\drop.dll',
      user: 'LAB\\alice',
      agentId: AGENT,
      score: 3,
      verdicts: ['SUSPICIOUS'],
    });
    expect(answer.links).toEqual([
      {
        title: 'Qualys EDR hunting',
        url: `https://qualysguard.qg2.apps.qualys.com/ioc/#/hunting?search=${encodeURIComponent(`file.hash.sha256: '${SHA}'`)}`,
      },
    ]);
  });

  test.for([
    ['md5', `${'0'.repeat(31)}1`],
    ['file', 'drop.dll'],
    ['file', 'C:\\Users\\alice\\drop.dll'],
    ['file', 'C:\\Users\\alice\\'],
    ['ip', '203.0.113.7'],
    ['ip', '192.0.2.10'],
    ['domain', 'c2.example.net'],
  ] as const)('is found by its documented token: %s %s', async ([kind, value]) => {
    const { simulator, services } = await startEnrichRig();
    const network = { localIP: '192.0.2.10', remoteIP: '203.0.113.7', remoteDns: 'c2.example.net' };
    const wanted = kind === 'ip' || kind === 'domain' ? { type: 'NETWORK', network, file: undefined } : {};
    const record = vendorEvent(wanted);
    const noise = vendorEvent({ file: { fullPath: 'D:\\else\\x.exe', fileName: 'x.exe' } });
    simulator.changeData({ events: [{ record }, { record: noise }] });
    const { events } = await enrich({ kind, value, hours: 24 }, services);
    expect(events?.list.map(({ eventId }) => eventId)).toEqual([record.id]);
  });

  test('that was never seen gives an empty answer, at the cost of one call', async () => {
    const { simulator, services } = await startEnrichRig();
    const answer = await enrich(bySha, services);
    expect(answer).toMatchObject({
      ok: true,
      events: { total: 0, truncated: false, list: [] },
      summary: { events: 0, highestScore: null, verdict: null, firstSeen: null, byTypeAndAction: [] },
    });
    expect(simulator.stats().routes['edr-count']?.calls ?? 0).toBe(0);
  });

  test('with more events than an answer holds says how many there are', async () => {
    const { simulator, services } = await startEnrichRig();
    simulator.changeData({ events: Array.from({ length: 620 }, () => ({ record: vendorEvent() })) });
    const { events, summary } = await enrich(bySha, services);
    expect(events).toMatchObject({ total: 620, truncated: true });
    expect(events?.list).toHaveLength(MAX_EVENTS);
    expect(summary).toMatchObject({ events: 500, truncated: true });
  });

  test('is not found again when Qualys processed it before the hours asked for', async () => {
    const { simulator, services } = await startEnrichRig();
    const eventProcessedTime = new Date(Date.now() - 30 * 3_600_000).toISOString().replace('Z', '+0000');
    simulator.changeData({ events: [{ record: vendorEvent({ eventProcessedTime }) }] });
    expect((await enrich(bySha, services)).events?.total).toBe(0);
    expect((await enrich({ ...bySha, hours: 48 }, services)).events?.total).toBe(1);
  });
});

describe('a host, agent or user', () => {
  test('is looked up in the tables, with its open vulnerabilities', async () => {
    const { services, logs, simulator } = await startEnrichRig(fromTables);
    const answer = await enrich(byHost, services);
    expect(enrichAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({
      ok: true,
      events: { source: 'log-analytics', total: 43, truncated: true },
      summary: {
        source: 'log-analytics',
        events: 43,
        byTypeAndAction: [
          { type: 'FILE', action: 'CREATED', count: 40 },
          { type: 'PROCESS', action: 'RUNNING', count: 3 },
        ],
        highestScore: 9,
        severity: 'High',
        verdict: 'MALICIOUS',
        families: ['Sample'],
        firstSeen: '2026-04-29T10:00:00.000Z',
        lastSeen: '2026-05-01T10:16:00.000Z',
        users: ['LAB\\alice', 'LAB\\bob'],
      },
      vulnerabilities: {
        source: 'log-analytics',
        open: 11,
        hosts: 1,
        bySeverity: [
          { severity: 5, count: 2 },
          { severity: 3, count: 9 },
        ],
        truncated: true,
        worst: [
          {
            qid: '91345',
            title: 'A hole in the wall',
            cves: ['CVE-2026-0001'],
            qds: 95,
            link: 'https://qualysguard.qg2.apps.qualys.com/fo/common/vuln_info.php?id=91345',
          },
        ],
      },
    });
    expect(logs.queries.map(queryKind).sort()).toEqual(['counts', 'events', 'summary', 'titles', 'worst']);
    expect(simulator.stats().routes['edr-events']?.calls ?? 0).toBe(0);
  });

  test('as a user has no vulnerabilities', async () => {
    const { services, logs } = await startEnrichRig(fromTables);
    const answer = await enrich({ kind: 'user', value: 'LAB\\alice', hours: 1 }, services);
    expect(answer).toMatchObject({ ok: true, vulnerabilities: null });
    expect(logs.queries).toHaveLength(2);
  });

  test('that no report names has none, and no host', async () => {
    const { services } = await startEnrichRig((query) =>
      queryKind(query) === 'counts'
        ? { rows: [{ VendorSeverity: null, Count: null, Hosts: 0, LastReport: null }] }
        : { rows: [] },
    );
    const { vulnerabilities } = await enrich({ kind: 'agentId', value: AGENT, hours: 1 }, services);
    expect(vulnerabilities).toMatchObject({ open: 0, hosts: 0, lastReport: null, bySeverity: [], worst: [] });
  });
});

describe('what is open on a host alone', () => {
  test('is told without its events', async () => {
    const { services, logs } = await startEnrichRig(fromTables);
    const answer = await findHostVulnerabilities({ kind: 'host', value: 'ws-01' }, services);
    expect(answer).toMatchObject({
      ok: true,
      subject: { kind: 'host', value: 'ws-01' },
      searched: [{ source: 'log-analytics' }],
      vulnerabilities: { open: 11, hosts: 1, worst: [{ qid: '91345', title: 'A hole in the wall' }] },
      errors: [],
    });
    expect(logs.queries.map(queryKind).sort()).toEqual(['counts', 'titles', 'worst']);
  });

  test.for([
    ['no workspace is set', NO_WORKSPACE, ConfigError, /LOGS_QUERY_WORKSPACE_ID must be set/],
    ['the table cannot be read', {}, RetryableError, /QualysHostDetectionV3_CL by DnsName.*broken/],
  ] as const)('is an error where %s', async ([, changes, kind, reason]) => {
    const broken = { status: 500, body: { error: { code: 'X', message: 'broken' } } };
    const { services } = await startEnrichRig(() => broken, {}, changes);
    const asked = findHostVulnerabilities({ kind: 'agentId', value: AGENT }, services);
    const byName = findHostVulnerabilities({ kind: 'host', value: 'ws-01' }, services);
    await expect(asked).rejects.toBeInstanceOf(kind);
    await expect(byName).rejects.toThrow(reason);
  });
});

describe('titles of vulnerabilities', () => {
  test('are not asked for where the KnowledgeBase is not ingested', async () => {
    const { services, logs } = await startEnrichRig(fromTables, {}, { QUALYS_STREAMS: 'edr-events,vm-detections' });
    expect((await enrich(byHost, services)).vulnerabilities?.worst).toMatchObject([{ title: null, cves: [] }]);
    expect(logs.queries.map(queryKind)).not.toContain('titles');
  });

  test('that cannot be read are told to be missing, and the vulnerabilities are there', async () => {
    const { services } = await startEnrichRig((query) =>
      queryKind(query) === 'titles'
        ? { status: 400, body: { error: { code: 'SemanticError', message: 'no such table' } } }
        : fromTables(query),
    );
    expect(await enrich(byHost, services)).toMatchObject({
      ok: false,
      vulnerabilities: { open: 11, worst: [{ qid: '91345', title: null }] },
      errors: [{ part: 'vulnerabilities', message: expect.stringContaining('titles could not be read') as string }],
    });
  });
});

describe('what is missing', () => {
  test('stands in the answer with its part and source, and the rest is there', async () => {
    const { services } = await startEnrichRig((query) =>
      queryKind(query) === 'worst'
        ? {
            status: 400,
            body: { error: { code: 'SemanticError', message: "table 'QualysHostDetectionV3_CL' is not known" } },
          }
        : fromTables(query),
    );
    const answer = await enrich(byHost, services);
    expect(answer).toMatchObject({ ok: false, vulnerabilities: null, events: { total: 43 } });
    expect(answer.errors).toEqual([
      {
        source: 'log-analytics',
        part: 'vulnerabilities',
        message: expect.stringContaining('QualysHostDetectionV3_CL') as string,
      },
    ]);
  });

  test('says how long to wait where the service does', async () => {
    const { services } = await startEnrichRig((query) =>
      queryKind(query) === 'summary'
        ? { status: 429, headers: { 'retry-after': '9' }, body: { error: { code: 'Throttled', message: 'slow down' } } }
        : fromTables(query),
    );
    const answer = await enrich(byHost, services);
    expect(answer).toMatchObject({ ok: false, summary: null, events: { total: null, list: [{ eventId: 'RTP_1' }] } });
    expect(answer.errors).toMatchObject([{ part: 'summary', retryAfterSeconds: 9 }]);
  });

  test('of a partial result is told', async () => {
    const error = { code: 'PartialError', message: 'results are truncated' };
    const { services } = await startEnrichRig((query) => {
      const answer = STORED[queryKind(query) as keyof typeof STORED];
      return queryKind(query) === 'events' && 'rows' in (answer as object)
        ? ({ ...(answer as object), error } as QueryAnswer)
        : answer;
    });
    expect(await enrich(byHost, services)).toMatchObject({
      ok: false,
      events: { total: 43 },
      errors: [{ part: 'events', message: 'PartialError: results are truncated' }],
    });
  });

  test('of the vendor’s records is told', async () => {
    const { simulator, services } = await startEnrichRig();
    const noId = vendorEvent({ id: undefined });
    simulator.changeData({ events: [{ record: vendorEvent() }, { record: noId }] });
    const answer = await enrich(bySha, services);
    expect(answer).toMatchObject({ ok: false, events: { list: [{}] } });
    expect(answer.errors).toMatchObject([
      { source: 'qualys', part: 'events', message: expect.stringContaining('1 record') as string },
    ]);
  });

  test('because the vendor cannot count is told, and the events are there', async () => {
    const { simulator, services } = await startEnrichRig();
    simulator.changeData({ events: [{ record: vendorEvent() }] });
    simulator.setFaults({ kind: 'status', status: 503, route: '/ioc/events/count' });
    const answer = await enrich(bySha, services);
    expect(answer).toMatchObject({ ok: false, events: { total: null, list: [{}] }, errors: [{ part: 'summary' }] });
  });
});

describe('when nothing can be read', () => {
  test('the setting that is missing is named', async () => {
    const { services } = await startEnrichRig(undefined, {}, NO_WORKSPACE);
    const error = await enrich(byHost, services).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(/LOGS_QUERY_WORKSPACE_ID must be set/);
  });

  test('the caller is told to wait when that is all', async () => {
    const { services } = await startEnrichRig(undefined, {}, NO_WORKSPACE);
    await services.limiter.pause('edr', 30_000, 'Qualys asked to wait');
    const error = await enrich(bySha, services).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WaitError);
    expect((error as WaitError).retryAfterMs).toBeGreaterThan(20_000);
  });

  test('the reasons are told', async () => {
    const { services } = await startEnrichRig(() => ({
      status: 500,
      body: { error: { code: 'X', message: 'broken' } },
    }));
    const error = await enrich(byHost, services).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RetryableError);
    expect((error as Error).message).toMatch(/nothing could be read: .*broken/);
  });

  test('a service that never answers does not hold the caller longer than the deadline', async () => {
    const { services } = await startEnrichRig(() => 'no answer');
    await expect(enrich(byHost, services, 300)).rejects.toThrow(/no answer within 0.3 s/);
  });
});
