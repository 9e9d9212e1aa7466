import { InvocationContext } from '@azure/functions';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type * as CallToolModule from '../../../src/lib/mcp/call-tool.ts';
import type * as ServicesModule from '../../../src/lib/services.ts';
import type { McpTool } from '../../../src/lib/mcp/tool.ts';
import { listTool, toolProperties } from '../../../src/lib/mcp/tool.ts';
import { withLogTarget } from '../../../src/lib/log.ts';
import { newWindow } from '../../../src/lib/pipeline/new-window.ts';
import { fail } from '../../../src/lib/pipeline/window-state.ts';
import { STREAMS } from '../../../src/lib/streams/index.ts';
import { vendorEvent } from '../../support/enrich.ts';
import { startBackends, type Backends } from '../../support/http-app.ts';

let backends: Backends;
let callTool: typeof CallToolModule.callTool;
let tools: readonly McpTool[];
let getServices: typeof ServicesModule.getServices;

beforeAll(async () => {
  backends = await startBackends({ eventCount: 0 });
  ({ TOOLS: tools } = await import('../../../src/lib/mcp/tools.ts'));
  ({ getServices } = await import('../../../src/lib/services.ts'));
  ({ callTool } = await import('../../../src/lib/mcp/call-tool.ts'));
});
afterAll(() => backends.close());
beforeEach(() => backends.simulator.setFaults());
afterEach(() => backends.simulator.setFaults());

const tool = (name: string): McpTool => tools.find((each) => each.name === name)!;

interface Called {
  readonly isError: boolean;
  readonly text: string;
  readonly structured: unknown;
}

async function run(name: string, args: Readonly<Record<string, unknown>>): Promise<Called> {
  const context = new InvocationContext({ logHandler: () => undefined });
  const outcome = await withLogTarget(context, () =>
    callTool(tool(name), { input: { name, arguments: args }, metadata: undefined, isSignIn: false }),
  );
  if ('error' in outcome) return { isError: true, text: outcome.error, structured: undefined };
  return { isError: false, text: JSON.stringify(outcome.result), structured: outcome.result };
}

describe('the tools', () => {
  test('are these, marked by what they do to the world', () => {
    expect(tools.map(({ name, isReadOnly }) => [name, isReadOnly])).toEqual([
      ['qualys_edr_ping', true],
      ['qualys_edr_search_events', true],
      ['qualys_edr_event_details', true],
      ['qualys_enrich', true],
      ['qualys_find_vulnerable_hosts', true],
      ['qualys_host_vulnerabilities', true],
      ['qualys_connector_status', true],
      ['qualys_failed_windows', true],
      ['qualys_dead_letters', true],
      ['qualys_backfill_progress', true],
      ['qualys_start_backfill', false],
    ]);
    for (const each of tools) {
      const { description, metadata } = listTool(each);
      expect(description).toMatch(each.isReadOnly ? /^Read-only\. / : /^Changes state\. /);
      expect(JSON.parse(metadata)).toMatchObject({ annotations: { readOnlyHint: each.isReadOnly } });
    }
  });

  test('have a description for each argument', () => {
    for (const each of tools) {
      for (const { propertyName, description } of toolProperties(each)) {
        expect([each.name, propertyName, description]).toEqual([
          each.name,
          propertyName,
          expect.stringMatching(/\w{3}/),
        ]);
      }
    }
  });

  test('take the four documented arguments of the ping, with their types', () => {
    expect(toolProperties(tool('qualys_edr_ping'))).toMatchObject([
      { propertyName: 'case_id', propertyType: 'string', isRequired: true, isArray: false },
      { propertyName: 'alert_group_identifiers', propertyType: 'string', isRequired: true, isArray: true },
      { propertyName: 'target_entities', propertyType: 'object', isRequired: false, isArray: true },
      { propertyName: 'scope', propertyType: 'string', isRequired: false, isArray: false },
    ]);
  });
});

describe('qualys_edr_ping', () => {
  const args = { case_id: '4711', alert_group_identifiers: ['grp-1'] };

  test('tells that the connection works, with the default scope', async () => {
    const { structured } = await run('qualys_edr_ping', args);
    expect(structured).toMatchObject({ case_id: '4711', scope: 'All entities', status: 'COMPLETED' });
  });

  test('takes what agents make of the arguments', async () => {
    const { isError } = await run('qualys_edr_ping', {
      case_id: 4711,
      alert_group_identifiers: '["grp-1"]',
      target_entities: [{ Identifier: 'WS-01', EntityType: 'HOSTNAME' }],
      scope: null,
    });
    expect(isError).toBe(false);
  });

  test('tells why the connection fails', async () => {
    backends.simulator.setFaults({ kind: 'status', status: 503, count: 'always' });
    const { isError, structured } = await run('qualys_edr_ping', args);
    expect(isError).toBe(false);
    expect(structured).toMatchObject({ status: 'FAILED', message: expect.stringContaining('503') as string });
  });
});

/** Arguments that are words of the sentences, too. */
const ORDINARY: ReadonlySet<string> = new Set(['stream', 'hours', 'from', 'to', 'id']);

describe('a wrong call', () => {
  test.for([
    ['qualys_edr_ping', { case_id: '1' }, /^alert_group_identifiers: must be given: a list$/],
    ['qualys_edr_ping', { case_id: '1', alert_group_identifiers: 'grp' }, /alert_group_identifiers/],
    ['qualys_edr_search_events', { pageSize: 0 }, /pageSize.*must be a whole number .*from 1/],
    [
      'qualys_edr_search_events',
      { query: 'type:file' },
      /^arguments: there is no "query"; there are also fromDate, .*filter/,
    ],
    ['qualys_edr_event_details', { agentId: 'a' }, /eventId/],
    ['qualys_edr_event_details', { agentId: '..', eventId: 'x' }, /agentId: must be an id/],
    ['qualys_enrich', {}, /exactly one of host, user/],
    ['qualys_enrich', { ip: '10.0.0.0/8' }, /ip: must be an IPv4 or IPv6 address/],
    [
      'qualys_start_backfill',
      { stream: 'x', from: 'yesterday', to: 'now' },
      /stream must be an enabled stream \(edr-events/,
    ],
    ['qualys_connector_status', { verbose: true }, /there is no "verbose"; nothing is taken/],
    ['qualys_find_vulnerable_hosts', {}, /exactly one of cve, qid must be given, none is/],
    ['qualys_find_vulnerable_hosts', { cve: 'log4shell' }, /cve: must be a CVE id/],
    ['qualys_host_vulnerabilities', { ip: '192.0.2.1' }, /there is no "ip"; there are also host, agentId/],
    ['qualys_failed_windows', { limit: 0 }, /limit: must be a whole number from 1 to 200/],
    ['qualys_backfill_progress', { id: 'a/b' }, /id: must be the id of a backfill/],
    ['qualys_backfill_progress', { id: 'no-such' }, /there is no backfill "no-such"/],
  ] as const)('of %s with %j says what to mend', async ([name, args, reason]) => {
    const { isError, text } = await run(name, args);
    expect(isError).toBe(true);
    expect(text).toMatch(reason);
  });

  test('names no argument twice', async () => {
    for (const { name, schema } of tools) {
      const names = toolProperties({ schema }).map(({ propertyName }) => propertyName);
      for (const args of [{}, { nonsense: 1 }, Object.fromEntries(names.map((each) => [each, '\u0000']))]) {
        const { isError, text } = await run(name, args);
        if (!isError) continue;
        const words = text.split(/[^\w]+/);
        const twice = names.filter((each) => words.filter((word) => word === each).length > 1 && !ORDINARY.has(each));
        expect([name, args, twice, text]).toEqual([name, args, [], text]);
      }
    }
  });

  test('never throws, whatever an agent sends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...tools.filter(({ name }) => /enrich|search|details/.test(name))),
        fc.jsonValue(),
        async (each, value) => {
          const result = await callTool(each, {
            input: { arguments: { host: value, filter: value, agentId: value } },
            metadata: value,
            isSignIn: false,
          });
          expect(result).toBeDefined();
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the tools that read', () => {
  test('search, show and enrich the same event', async () => {
    const record = vendorEvent();
    backends.simulator.changeData({ events: [{ record }] });
    const found = await run('qualys_edr_search_events', { filter: 'type:file AND indicator.score>=8', pageSize: 5 });
    expect(found.structured).toMatchObject({ events: [{ id: record.id }] });
    const { agentId } = record.asset as { agentId: string };
    const details = await run('qualys_edr_event_details', { agentId, eventId: record.id });
    expect(details.structured).toMatchObject({ event: { eventId: record.id } });
    const enriched = await run('qualys_enrich', { file: 'drop.dll', hours: 24 });
    expect(enriched.structured).toMatchObject({ ok: true, events: { list: [{ eventId: record.id }] } });
  });

  test('tell an agent when an event is not there, and when to come back', async () => {
    const none = await run('qualys_edr_event_details', { agentId: 'a', eventId: 'no-such-event' });
    expect(none).toMatchObject({ isError: true, text: expect.stringContaining('no-such-event') as string });
    backends.simulator.setFaults({ kind: 'status', status: 429, headers: { 'retry-after': '2' }, count: 'always' });
    const told = await run('qualys_edr_search_events', {});
    expect(told).toMatchObject({ isError: true, text: expect.stringMatching(/again after \d+ seconds/) as string });
  });

  test('give no more than an agent can read', async () => {
    const long = { arguments: 'x'.repeat(60_000) };
    backends.simulator.changeData({
      events: Array.from({ length: 20 }, () => ({ record: vendorEvent({ actor: long }) })),
    });
    await expect
      .poll(async () => (await run('qualys_edr_search_events', { pageSize: 20 })).text)
      .toMatch(/longer than 500000 bytes/);
  });

  test('find hosts by a QID, and say that what is open on one needs the tables', async () => {
    const found = await run('qualys_find_vulnerable_hosts', { qid: 100 });
    expect(found.structured).toMatchObject({ ok: true, subject: { kind: 'qid', value: '100' }, vulnerableHosts: {} });
    const open = await run('qualys_host_vulnerabilities', { host: 'ws-01' });
    expect(open).toMatchObject({ isError: true, text: expect.stringMatching(/LOGS_QUERY_WORKSPACE_ID/) as string });
  });

  test('tell what failed, what Azure refused, and how far backfills are', async () => {
    const { store, clock, deadLetters } = getServices();
    const now = clock.now().toISOString();
    const id = 'tools-test-1';
    const about = { stream: 'edr-events', from: '2026-05-01T00:00:00Z', to: '2026-05-02T00:00:00Z' };
    await store.saveBackfill({ ...about, id, status: 'failed', startedAt: now, updatedAt: now });
    const window = newWindow({ ...about, run: id }, clock.now());
    fail(window, clock.now(), 'Qualys says no');
    await store.insertWindows([window]);
    await deadLetters.put({
      ...{ stream: 'edr-events', run: 'live', window: window.key, table: 'QualysEdrEvents_CL', reason: 'too long' },
      ...{ at: now, json: Buffer.from('[{"RowKey":"a"}]') },
    });
    const windows = await run('qualys_failed_windows', {});
    expect(windows.structured).toMatchObject({
      ...{ total: 1, truncated: false },
      windows: [{ stream: 'edr-events', run: id, state: 'failed', error: 'Qualys says no' }],
    });
    const letters = await run('qualys_dead_letters', { limit: 5 });
    expect(letters.structured).toMatchObject({
      ...{ total: 1, truncated: false },
      deadLetters: [{ table: 'QualysEdrEvents_CL', reason: 'too long', bytes: 16 }],
    });
    expect(letters.text).not.toContain('RowKey');
    const one = await run('qualys_backfill_progress', { id });
    const all = await run('qualys_backfill_progress', {});
    for (const { structured } of [one, all]) {
      expect(structured).toMatchObject({ backfills: [{ id, status: 'failed', windows: { total: 1 } }] });
    }
  });

  test('tell where the streams stand', async () => {
    const { streams } = (await run('qualys_connector_status', {})).structured as { streams: { name: string }[] };
    expect(streams.map(({ name }) => name)).toEqual(STREAMS.map(({ name }) => name));
  });
});
