import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { startLocalApp, type LocalApp, type StatusOfStream } from '../support/local-app.ts';

let simulator: Simulator;
let app: LocalApp;

beforeAll(async () => {
  simulator = await startSimulator({ eventCount: 200, hostCount: 5, rateLimit: 0 });
  app = await startLocalApp(simulator.url, { FUNCTIONS_KEY: 'the-key', EDR_WINDOW_MINUTES: '1440' });
});
afterAll(async () => {
  await app.close();
  await simulator.close();
});

interface Answer {
  readonly status: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string };
}

/** One message to the MCP server, as a client of the streamable HTTP transport sends it. */
async function send(method: string, params: object = {}, key = 'the-key'): Promise<Answer> {
  const response = await fetch(`${app.host.url}/runtime/webhooks/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'x-functions-key': key,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const text = await response.text();
  return { status: response.status, ...(text === '' ? {} : (JSON.parse(text) as Omit<Answer, 'status'>)) };
}

const call = (name: string, args: object = {}) => send('tools/call', { name, arguments: args });

describe('the MCP server of the app', () => {
  test('introduces itself', async () => {
    const { result } = await send('initialize', { protocolVersion: '2025-06-18', capabilities: {} });
    expect(result).toMatchObject({
      serverInfo: { name: 'qualys-sentinel-connector', version: packageJson.version },
      capabilities: { tools: {} },
      instructions: expect.stringContaining('qualys_enrich') as string,
    });
  });

  test('asks for the key', async () => {
    expect((await send('tools/list', {}, 'wrong')).status).toBe(401);
  });

  test('lists its tools with their arguments', async () => {
    const { tools } = (await send('tools/list')).result as { tools: Record<string, unknown>[] };
    expect(tools.map(({ name }) => name)).toEqual([
      'qualys_edr_ping',
      'qualys_edr_search_events',
      'qualys_edr_event_details',
      'qualys_enrich',
      'qualys_find_vulnerable_hosts',
      'qualys_host_vulnerabilities',
      'qualys_connector_status',
      'qualys_failed_windows',
      'qualys_dead_letters',
      'qualys_backfill_progress',
      'qualys_start_backfill',
    ]);
    expect(tools[0]).toMatchObject({
      inputSchema: {
        properties: {
          case_id: { type: 'string' },
          alert_group_identifiers: { type: 'array', items: { type: 'string' } },
          target_entities: { type: 'array', items: { type: 'object' } },
          scope: { type: 'string' },
        },
        required: ['case_id', 'alert_group_identifiers'],
      },
      _meta: { annotations: { readOnlyHint: true } },
    });
  });

  test('runs a tool, and gives its result as text and structured', async () => {
    const { result } = await call('qualys_edr_ping', { case_id: '4711', alert_group_identifiers: ['grp-1'] });
    expect(result).toMatchObject({ structuredContent: { case_id: '4711', status: 'COMPLETED' } });
    const [block] = result?.content as [{ type: string; text: string }];
    expect(block.type).toBe('text');
    expect(JSON.parse(block.text)).toEqual(result?.structuredContent);
  });

  test('marks a failure of a tool as an error that an agent can act on', async () => {
    const { result } = await call('qualys_enrich', { sha256: 'abc' });
    expect(result).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: expect.stringContaining('sha256: must be 64 hexadecimal digits') as string }],
    });
  });

  test('tells where the connector stands and starts a backfill', async () => {
    const edr = async () => {
      const { result } = await call('qualys_connector_status');
      const { streams } = result?.structuredContent as { streams: StatusOfStream[] };
      return streams.find(({ name }) => name === 'edr-events');
    };
    await expect.poll(async () => (await edr())?.watermark).toEqual(expect.any(String));
    // The start of the stream: everything before the watermark may be read again.
    const to = (await edr())?.watermark ?? '';
    const from = new Date(Date.parse(to) - 3_600_000).toISOString();
    const { result } = await call('qualys_start_backfill', { stream: 'edr-events', from, to });
    const started = result?.structuredContent as { isNew: boolean; backfill: { id: string } };
    expect(started).toMatchObject({ isNew: true, backfill: { stream: 'edr-events' } });
    const headers = { 'x-functions-key': 'the-key' };
    const statusOf = async () => (await app.get(`backfill/${started.backfill.id}`, { headers })).body;
    await expect.poll(statusOf).toMatchObject({ status: 'succeeded' });
  });
});
