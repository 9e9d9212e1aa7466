import type { SimulatorOptions } from '../../dev/simulator/settings.ts';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { createServices, type Services } from '../../src/lib/services.ts';
import { onTestFinished } from 'vitest';
import { serveLogsQuery, type ArrivedQuery, type LogsQueryServer, type QueryAnswer } from './logs-query.ts';
import { LEAST_SETTINGS } from './settings.ts';
import { testAzurite } from './storage.ts';

/** The workspace of the tests. */
export const WORKSPACE = '11111111-2222-4333-8444-555555555555';

/** Which of the queries arrived. */
export function queryKind({
  kql,
}: ArrivedQuery): 'events' | 'summary' | 'counts' | 'worst' | 'titles' | 'knowledge' | 'hosts' {
  if (kql.includes('let candidates = ')) return 'knowledge';
  if (kql.includes('let hosts = ')) return 'hosts';
  if (kql.includes('QualysVmKnowledgeBase_CL')) return 'titles';
  if (!kql.includes('QualysHostDetectionV3_CL')) return kql.includes('summarize Events') ? 'summary' : 'events';
  return kql.includes('| take ') ? 'worst' : 'counts';
}

/** An enrichment over a simulator of the vendor, a query server and real storage; it ends with the test. */
export interface EnrichRig {
  readonly simulator: Simulator;
  readonly logs: LogsQueryServer;
  readonly services: Services;
}

/** Starts the rig. */
export async function startEnrichRig(
  answer: (query: ArrivedQuery) => QueryAnswer = () => ({ rows: [] }),
  options: SimulatorOptions = {},
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<EnrichRig> {
  const simulator = await startSimulator({
    eventCount: 0,
    hostCount: 0,
    concurrencyLimit: 0,
    rateLimit: 0,
    ...options,
  });
  const logs = await serveLogsQuery(answer);
  const services = createServices({
    ...LEAST_SETTINGS,
    QUALYS_USERNAME: 'qualys-reader',
    QUALYS_PASSWORD: 'simulated-password',
    // What asks the VM API would leave the machine, but for a simulator that has hosts.
    QUALYS_API_URL: options.hostCount === undefined ? 'https://qualysapi.qg2.apps.qualys.com' : simulator.url,
    QUALYS_GATEWAY_URL: simulator.url,
    AzureWebJobsStorage: (await testAzurite()).connectionString,
    QUALYS_STREAMS: 'edr-events,vm-detections,vm-knowledge-base',
    LOGS_QUERY_WORKSPACE_ID: WORKSPACE,
    LOGS_QUERY_ENDPOINT: logs.endpoint,
    ...changes,
  });
  onTestFinished(async () => {
    await simulator.close();
    await services.limiter.close();
  });
  return { simulator, logs, services };
}

/** An event in the vendor's form. */
export function vendorEvent(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const id = `RTF_11111111-2222-4333-8444-555555555555_${Math.floor(Math.random() * 2 ** 50)}`;
  return {
    dateTime: '2026-05-01T10:15:30.000+0000',
    eventProcessedTime: new Date(Date.now() - 60_000).toISOString().replace('Z', '+0000'),
    id,
    type: 'FILE',
    action: 'CREATED',
    score: '8',
    actor: { processName: 'loader.exe', userName: 'LAB\\alice', imageFullPath: 'C:\\Users\\alice\\loader.exe' },
    file: {
      fullPath: 'C:\\Users\\alice\\drop.dll',
      path: 'C:\\Users\\alice',
      fileName: 'drop.dll',
      md5: '0'.repeat(31) + '1',
      sha256: '0'.repeat(63) + '1',
    },
    indicator2: [{ score: 8, verdict: 'MALICIOUS', familyName: 'Sample', threatName: 'Win32.Trojan.Sample' }],
    asset: {
      agentId: '11111111-2222-4333-8444-555555555555',
      hostName: 'ws-01.lab.example',
      netBiosName: 'WS-01',
      platform: 'WINDOWS',
    },
    ...changes,
  };
}
