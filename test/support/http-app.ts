import { HttpRequest, InvocationContext, type HttpHandler, type HttpResponseInit } from '@azure/functions';
import { vi } from 'vitest';
import { startIngestion, type Ingestion } from '../../dev/ingestion/start-ingestion.ts';
import type { SimulatorOptions } from '../../dev/simulator/settings.ts';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { SETTING_NAMES, type Environment } from '../../src/lib/config.ts';
import { testAzurite } from './storage.ts';

/** The vendor, the destination and storage behind the functions of this test file. */
export interface Backends {
  readonly simulator: Simulator;
  readonly ingestion: Ingestion;
  readonly close: () => Promise<void>;
}

/** Starts what the functions talk to, and sets the environment so that they do. */
export async function startBackends(options: SimulatorOptions = {}): Promise<Backends> {
  // Outside of a host the library warns at each registration.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const [simulator, ingestion, azurite] = await Promise.all([
    startSimulator({ eventCount: 100, hostCount: 5, concurrencyLimit: 0, rateLimit: 0, ...options }),
    startIngestion({ keep: 'memory' }),
    testAzurite(),
  ]);
  const close = async (): Promise<void> => {
    await Promise.all([simulator.close(), ingestion.close()]);
  };
  useSettings({
    QUALYS_USERNAME: 'qualys-reader',
    QUALYS_PASSWORD: 'simulated-password',
    QUALYS_API_URL: simulator.url,
    QUALYS_GATEWAY_URL: simulator.url,
    LOGS_INGESTION_ENDPOINT: ingestion.url,
    LOGS_INGESTION_RULE_ID: ingestion.ruleId,
    AzureWebJobsStorage: azurite.connectionString,
  });
  return { simulator, ingestion, close };
}

/** Sets settings; those set to undefined are taken out. Loaded modules keep the services they have made. */
export function useSettings(settings: Environment): void {
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
}

/** Takes all settings out. */
export function clearSettings(): void {
  for (const name of SETTING_NAMES) vi.stubEnv(name, undefined);
}

/** A handler's answer, read. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

/** Calls a handler as the Functions host does. */
export async function call(
  handler: HttpHandler,
  request: {
    readonly method?: 'GET' | 'POST' | 'DELETE';
    readonly path?: string;
    readonly params?: Record<string, string>;
    readonly body?: unknown;
    readonly text?: string;
    readonly headers?: Record<string, string>;
    /** Gets each line that the app logs. */
    readonly onLog?: (line: string) => void;
  } = {},
): Promise<Answered> {
  const { method = 'GET', path = '/api/x', params = {}, body, headers = {}, onLog } = request;
  const text = request.text ?? (body === undefined ? undefined : JSON.stringify(body));
  const made = new HttpRequest({
    method,
    url: `http://localhost:7071${path}`,
    params,
    headers,
    ...(text === undefined ? {} : { body: { string: text } }),
  });
  const logHandler = (_level: unknown, ...lines: unknown[]): void => lines.forEach((line) => onLog?.(String(line)));
  const answer = (await handler(made, new InvocationContext({ logHandler }))) as HttpResponseInit;
  const sent = answer.body as string | Uint8Array | undefined;
  const read = sent === undefined ? '' : Buffer.from(sent as Uint8Array).toString('utf8');
  return {
    status: answer.status ?? 200,
    headers: new Headers(answer.headers),
    text: read,
    json: parse(read),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether an answer is a problem as RFC 9457 has it. */
export function isProblem({ status, headers, json }: Answered): boolean {
  const body = json as { status?: unknown; title?: unknown; detail?: unknown; type?: unknown } | undefined;
  return (
    headers.get('content-type') === 'application/problem+json' &&
    body?.status === status &&
    [body.title, body.detail, body.type].every((part) => typeof part === 'string' && part !== '')
  );
}
