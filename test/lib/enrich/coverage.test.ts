import { describe, expect, test } from 'vitest';
import { enrich } from '../../../src/lib/enrich/enrich.ts';
import type { EnrichSubject } from '../../../src/lib/enrich/subject.ts';
import { ConfigError, RetryableError } from '../../../src/lib/errors.ts';
import { enrichAnswer } from '../../../src/lib/enrich/enrich-answer.ts';
import { queryKind, startEnrichRig, vendorEvent } from '../../support/enrich.ts';
import type { ArrivedQuery, QueryAnswer } from '../../support/logs-query.ts';

const SHA = `${'0'.repeat(63)}1`;
const bySha: EnrichSubject = { kind: 'sha256', value: SHA, hours: 24 };
const byHost: EnrichSubject = { kind: 'host', value: 'ws-01', hours: 24 };
const NO_WORKSPACE = { LOGS_QUERY_WORKSPACE_ID: undefined };
const UNSET = 'LOGS_QUERY_WORKSPACE_ID must be set to look into the ingested tables';
const LIVE = { source: 'qualys', what: 'events by file.hash.sha256' };
const TABLE = { source: 'log-analytics', what: 'QualysEdrEvents_CL by FileSha256, TargetProcessSha256' };
const THROTTLED: QueryAnswer = {
  status: 429,
  headers: { 'retry-after': '9' },
  body: { error: { code: 'Throttled', message: 'slow down' } },
};

/** A table with a FILE event that Qualys finds, too, and two PROCESS events; it goes until the time. */
function tableUntil(until: string | null) {
  const group = (EventType: string, Events: number, FoundBy: string) => ({
    ...{ EventType, EventAction: 'SEEN', Events, FoundBy, HighestScore: 9 },
  });
  const row = (EventId: string, FoundBy: string, minutesAgo: number) => ({
    ...{ EventId, FoundBy, ProcessedTime: new Date(Date.now() - minutesAgo * 60_000).toISOString() },
  });
  return (query: ArrivedQuery): QueryAnswer => {
    if (queryKind(query) === 'summary') {
      return { rows: [group('FILE', 1, 'qualys'), group('PROCESS', 2, 'log-analytics'), { Until: until }] };
    }
    if (queryKind(query) !== 'events') return { rows: [] };
    return { rows: [row('P1', 'log-analytics', 0), row('F1', 'qualys', 1), row('P2', 'log-analytics', 5)] };
  };
}

describe('a hash', () => {
  test('that is not found says what was not searched, where no workspace is set', async () => {
    const { services } = await startEnrichRig(undefined, {}, NO_WORKSPACE);
    const answer = await enrich(bySha, services);
    expect(enrichAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({ ok: true, events: { source: 'qualys', total: 0 } });
    expect(answer.searched).toEqual([LIVE]);
    expect(answer.notSearched).toEqual([
      { source: 'log-analytics', what: 'QualysEdrEvents_CL by TargetProcessSha256', reason: UNSET },
    ]);
  });

  test('is found in files by Qualys and in images of processes by the table, each event once', async () => {
    const { services, simulator } = await startEnrichRig(tableUntil('2126-05-01T00:00:00.000Z'));
    simulator.changeData({ events: [{ record: vendorEvent({ id: 'F1' }) }] });
    const answer = await enrich(bySha, services);
    expect(enrichAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({
      ok: true,
      searched: [LIVE, TABLE],
      notSearched: [],
      events: { source: 'both', total: 3, truncated: false },
      summary: { source: 'both', events: 3, highestScore: 9 },
    });
    expect(answer.events?.list.map(({ eventId }) => eventId)).toEqual(['P1', 'F1', 'P2']);
  });

  test('whose event Qualys finds by another field than its documented one is counted once, too', async () => {
    const { services, simulator } = await startEnrichRig(tableUntil(null));
    simulator.changeData({ events: ['F1', 'P1'].map((id) => ({ record: vendorEvent({ id }) })) });
    const { events } = await enrich(bySha, services);
    expect(events?.total).toBe(3);
    expect(events?.list.map(({ eventId }) => eventId).sort()).toEqual(['F1', 'P1', 'P2']);
  });

  test('is found in the table alone while Qualys fails, and the answer says that it does', async () => {
    const { services, simulator } = await startEnrichRig(tableUntil(null));
    simulator.setFaults({ kind: 'status', status: 503, route: '/ioc/events', count: 'always' });
    const answer = await enrich(bySha, services);
    expect(answer).toMatchObject({
      ok: false,
      searched: [TABLE],
      events: { source: 'log-analytics', total: 3, list: [{}, {}, {}] },
      errors: [{ source: 'qualys', part: 'events' }],
    });
    expect(answer.notSearched[0]).toEqual({ ...LIVE, reason: answer.errors[0]?.message });
  });

  test('is found by Qualys alone while the tables fail, and the answer says that they do', async () => {
    const { services, simulator } = await startEnrichRig(() => THROTTLED);
    simulator.changeData({ events: [{ record: vendorEvent() }] });
    const answer = await enrich(bySha, services);
    expect(enrichAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({ ok: false, searched: [LIVE], events: { source: 'qualys', total: 1 } });
    expect(answer.errors.map(({ source, part }) => [source, part])).toEqual([
      ['log-analytics', 'events'],
      ['log-analytics', 'summary'],
    ]);
    expect(answer.notSearched).toEqual([
      {
        source: 'log-analytics',
        what: 'QualysEdrEvents_CL by TargetProcessSha256',
        reason: expect.stringContaining('slow down') as string,
        retryAfterSeconds: 9,
      },
    ]);
  });

  test('that nobody could look for is a failure with all reasons', async () => {
    const { services, simulator } = await startEnrichRig(undefined, {}, NO_WORKSPACE);
    simulator.setFaults({ kind: 'status', status: 500, count: 'always', route: '/ioc/' });
    const error = await enrich(bySha, services).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RetryableError);
    expect((error as Error).message).toMatch(/events by file\.hash\.sha256: .*500.*TargetProcessSha256: LOGS_QUERY_/);
  });
});

test('a domain is wholly searched by Qualys, so nothing is missing without a workspace', async () => {
  const { services } = await startEnrichRig(undefined, {}, NO_WORKSPACE);
  const answer = await enrich({ kind: 'domain', value: 'c2.example.net', hours: 24 }, services);
  expect(answer.searched).toEqual([{ source: 'qualys', what: 'events by network.remote.address.fqdn' }]);
  expect(answer.notSearched).toEqual([]);
});

describe('the table', () => {
  const missing = async (until: string | null, changes: Readonly<Record<string, string>> = {}) => {
    const { services } = await startEnrichRig(tableUntil(until), {}, changes);
    const { notSearched, from } = await enrich(bySha, services);
    return { told: notSearched.map(({ what, reason }) => `${what}: ${reason}`), from };
  };

  test('does not hold what Qualys processed after its newest event', async () => {
    const until = new Date(Date.now() - 600_000).toISOString();
    expect((await missing(until)).told).toEqual([
      `events that Qualys processed after ${until}: QualysEdrEvents_CL holds none of them yet`,
    ]);
  });

  test('that is empty holds nothing of the hours asked for', async () => {
    const { told, from } = await missing(null);
    expect(told).toEqual([`events that Qualys processed after ${from}: QualysEdrEvents_CL holds none of them yet`]);
  });

  test('of a stream that is off is not up to date', async () => {
    const until = new Date(Date.now() - 600_000).toISOString();
    const { told } = await missing(until, { QUALYS_STREAMS: 'vm-detections' });
    expect(told).toEqual([
      `events that Qualys processed after ${until}: the stream edr-events is off: QUALYS_STREAMS does not name it`,
    ]);
  });

  test('does not hold what the settings leave out', async () => {
    const { told } = await missing('2126-05-01T00:00:00.000Z', { EDR_MIN_SCORE: '4', EDR_EVENT_TYPES: 'file' });
    expect(told).toEqual(['events that EDR_EVENT_TYPES, EDR_MIN_SCORE left out: they are not ingested']);
  });
});

describe('a host', () => {
  test('is searched in the tables of events and detections, and not in Qualys, which has no token for it', async () => {
    const { services } = await startEnrichRig(
      tableUntil('2126-05-01T00:00:00.000Z'),
      {},
      { QUALYS_STREAMS: 'edr-events' },
    );
    const { searched, notSearched } = await enrich(byHost, services);
    expect(searched.map(({ what }) => what)).toEqual([
      'QualysEdrEvents_CL by HostName, NetBiosName',
      'QualysHostDetectionV3_CL by DnsName, DnsFqdn, DnsHostName, NetBios',
    ]);
    expect(notSearched).toEqual([
      { source: 'qualys', what: 'events by host', reason: 'Qualys documents no query token for it' },
      {
        source: 'log-analytics',
        what: 'host reports that are not ingested',
        reason: 'the stream vm-detections is off: QUALYS_STREAMS does not name it',
      },
    ]);
  });

  test('whose detections cannot be read says so', async () => {
    const table = tableUntil('2126-05-01T00:00:00.000Z');
    const { services } = await startEnrichRig((query) => (queryKind(query) === 'counts' ? THROTTLED : table(query)));
    const answer = await enrich(byHost, services);
    expect(answer).toMatchObject({ ok: false, vulnerabilities: null, events: { total: 3 } });
    expect(answer.notSearched[1]).toMatchObject({
      what: 'QualysHostDetectionV3_CL by DnsName, DnsFqdn, DnsHostName, NetBios',
      retryAfterSeconds: 9,
    });
  });

  test('cannot be searched without a workspace, and the error says why', async () => {
    const { services } = await startEnrichRig(undefined, {}, NO_WORKSPACE);
    const error = await enrich(byHost, services).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain(`QualysEdrEvents_CL by HostName, NetBiosName: ${UNSET}`);
  });
});
