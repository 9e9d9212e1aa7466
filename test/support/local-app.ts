import { resolve } from 'node:path';
import { startAzurite } from '../../dev/azurite/start-azurite.ts';
import { ensureBuilt } from '../../dev/host/ensure-built.ts';
import { startHost, type Host, type HostOptions } from '../../dev/host/start-host.ts';
import { startIngestion, type Ingestion } from '../../dev/ingestion/start-ingestion.ts';

const projectDir = resolve(import.meta.dirname, '../..');

/** The built app on the local host, over real Azurite, HTTP and a Logs Ingestion endpoint. */
export interface LocalApp {
  readonly host: Host;
  readonly ingestion: Ingestion;
  /** Log lines of the app. */
  readonly log: string[];
  readonly get: (path: string, init?: RequestInit) => Promise<{ status: number; body: unknown; headers: Headers }>;
  /** Posts JSON, with the key where the app asks for one. @throws Error for a refusal. */
  readonly post: (path: string, body: unknown) => Promise<unknown>;
  /** Rows that the endpoint accepted for a table. */
  readonly rows: (table: string) => Record<string, unknown>[];
  /** Ends the host, and nothing else. */
  readonly stopHost: () => Promise<void>;
  /** Starts the host again on the same port, over the same storage. */
  readonly restartHost: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts the app of a folder, the project's own unless another is given, against a Qualys API at `qualysUrl`. */
export async function startLocalApp(
  qualysUrl: string,
  settings: Readonly<Record<string, string>> = {},
  appDir = projectDir,
  options: Pick<HostOptions, 'localRoutes'> = {},
): Promise<LocalApp> {
  await ensureBuilt(projectDir);
  const azurite = await startAzurite({ inMemory: true });
  const ingestion = await startIngestion({ keep: 'memory' });
  const log: string[] = [];
  const run = (port: number): Promise<Host> =>
    startHost({
      appDir,
      port,
      ...options,
      log: ({ message }) => log.push(message),
      settings: {
        QUALYS_USERNAME: 'qualys-reader',
        QUALYS_PASSWORD: 'simulated-password',
        QUALYS_API_URL: qualysUrl,
        QUALYS_GATEWAY_URL: qualysUrl,
        AzureWebJobsStorage: azurite.connectionString,
        LOGS_INGESTION_ENDPOINT: ingestion.url,
        LOGS_INGESTION_RULE_ID: ingestion.ruleId,
        ...settings,
      },
    });
  let host = await run(0);
  const key = settings.FUNCTIONS_KEY;
  const get: LocalApp['get'] = async (path, init) => {
    const headers = { ...(key === undefined ? {} : { 'x-functions-key': key }) };
    const response = await fetch(`${host.url}/api/${path}`, { headers, ...init });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, body: isJson ? (JSON.parse(text) as unknown) : text, headers: response.headers };
  };
  return {
    get host() {
      return host;
    },
    ingestion,
    log,
    get,
    post: async (path, body) => {
      const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { 'x-functions-key': key }) };
      const answer = await get(path, { method: 'POST', headers, body: JSON.stringify(body) });
      if (answer.status >= 400) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    rows: (table) => [...ingestion.rows(table)] as Record<string, unknown>[],
    stopHost: () => host.close(),
    restartHost: async () => {
      host = await run(Number(new URL(host.url).port));
    },
    close: async () => {
      await host.close();
      await ingestion.close();
      await azurite.close();
    },
  };
}

/** What `GET /api/status` tells of a stream. */
export interface StatusOfStream {
  readonly name: string;
  readonly watermark: string | null;
  readonly windows: { readonly open: number; readonly failed: number; readonly incomplete: number };
  readonly lastError: string | null;
  readonly rowsLast24h: number;
}

/** Waits until a stream has nothing open, ticking its planner. */
export async function untilCaughtUp(app: LocalApp, stream: string, timeoutMs = 150_000): Promise<StatusOfStream> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { body } = await app.get('status');
    const status = (body as { streams: StatusOfStream[] }).streams.find(({ name }) => name === stream);
    if (typeof status?.watermark === 'string' && status.windows.open === 0) {
      await app.host.runTimer(`plan-${stream}`);
      const after = (await app.get('status')).body as { streams: StatusOfStream[] };
      const moved = after.streams.find(({ name }) => name === stream);
      if (typeof moved?.watermark === 'string' && Date.now() - Date.parse(moved.watermark) < 15 * 60_000) return moved;
    }
    if (Date.now() > deadline) throw new Error(`${stream} has not caught up: ${JSON.stringify(status)}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}
