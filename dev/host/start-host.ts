import { resolve } from 'node:path';
import { createLocalPages, type LocalRoutes } from '../local-pages/local-pages.ts';
import { wholeNumber } from '../read-options.ts';
import { createAppRegistry, type RegisteredFunction } from './app-registry.ts';
import { findTrigger } from './bindings.ts';
import { endHost } from './end-host.ts';
import { HostError } from './host-error.ts';
import { readHostJson, type HostJson } from './host-json.ts';
import { defaultBodyLimit } from './http-request.ts';
import { createHttpRoute } from './http-routes.ts';
import { startHttpServer, type HttpServer } from './http-server.ts';
import { createInvoker } from './invoke.ts';
import { formatListing } from './listing.ts';
import { loadApp } from './load-app.ts';
import { createCategoryLog, filterLog, formatLogText, type HostLog } from './log.ts';
import type { QueueListener } from './queue-listener.ts';
import { findSetting } from './settings.ts';
import { createRunByName, createTriggers, listFunctions, selectFunctions } from './triggers.ts';
import type { TriggerParts, Triggers } from './triggers.ts';

/** How to run an app. */
export interface HostOptions {
  /** Folder of the app: package.json with `main`, host.json. */
  readonly appDir: string;
  /** On 127.0.0.1; 0 lets the system choose. Default: 7071. */
  readonly port?: number;
  /** Settings that stand in the environment of this process for as long as the host runs. Default: none. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Runs each timer once at the start, before its schedule. Default: true. */
  readonly runTimersAtStart?: boolean;
  /** Runs only these functions. Default: all. */
  readonly functions?: readonly string[];
  /** Gets every line that the levels of host.json let through. Default: text on standard output. */
  readonly log?: HostLog;
  /** How long `close` waits for running functions, in milliseconds. Default: 10,000. */
  readonly closeTimeoutMs?: number;
  /** How long a taken message is invisible, renewed at half of it, in milliseconds. Default: ten minutes, as in Azure. */
  readonly invisibilityMs?: number;
  /** What is served below `/local`, beside the app. Default: nothing. */
  readonly localRoutes?: LocalRoutes;
}

/** A running host. */
export interface Host {
  /** `http://127.0.0.1:<port>`, without the route prefix. */
  readonly url: string;
  /** Names of the functions that run here. */
  readonly functions: readonly string[];
  /** The list that `func start` prints. */
  readonly listing: string;
  /** Runs a timer once now. Rejects with what the handler threw. @throws HostError for an unknown timer. */
  readonly runTimer: (name: string) => Promise<void>;
  /** Takes no further work, waits for running functions (bounded), runs the end hooks. Later calls do nothing more. */
  readonly close: () => Promise<void>;
}

/** Overrides `extensions.mcp.system.webhookAuthorizationLevel` of host.json, as the host takes it. */
const MCP_LEVEL_SETTING = 'AzureFunctionsJobHost__extensions__mcp__system__webhookAuthorizationLevel';
const LIMIT_SETTING = 'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT';

/** Writes settings into the environment. @returns what puts the old ones back. */
function setEnvironment(settings: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, settings);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) {
        Reflect.deleteProperty(process.env, name);
      } else {
        process.env[name] = value;
      }
    }
  };
}

function startHttp(
  triggers: Triggers,
  parts: TriggerParts,
  { port = 7071, localRoutes }: HostOptions,
  streamUri: string | undefined,
): Promise<HttpServer> {
  const { invoker, hostJson, env, log } = parts;
  const givenKey = findSetting(env, 'FUNCTIONS_KEY');
  const functionsKey = givenKey === '' ? undefined : givenKey;
  const bodyLimit = wholeNumber(LIMIT_SETTING, findSetting(env, LIMIT_SETTING), {
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    fallback: defaultBodyLimit,
  });
  const { mcp: targets } = triggers;
  const mcpLevel = findSetting(env, MCP_LEVEL_SETTING)?.toLowerCase();
  return startHttpServer(port, {
    routes: triggers.http.map((target) => createHttpRoute(target, hostJson.routePrefix)),
    invoker,
    log,
    functionsKey,
    bodyLimit,
    streamUri,
    customHeaders: hostJson.customHeaders,
    runByName: createRunByName(triggers),
    localPages: localRoutes === undefined ? undefined : createLocalPages(localRoutes, functionsKey),
    listed: localRoutes?.files['GET /rows'] === undefined ? [] : ['local/rows'],
    mcp:
      targets.length === 0
        ? undefined
        : { targets, invoker, bodyLimit, server: hostJson.mcp, isAnonymous: mcpLevel === 'anonymous' },
  });
}

async function runApp(options: HostOptions, log: HostLog, hostJson: HostJson): Promise<Host> {
  const { env } = process;
  const appDir = resolve(options.appDir);
  const hostLog = createCategoryLog(log, 'Host');
  const app = createAppRegistry(log);
  const capabilities = await loadApp(appDir, app);
  const listeners: QueueListener[] = [];
  // A timer or an HTTP call may have sent messages. After its own functions a listener looks anyway.
  const onSettled = (target: RegisteredFunction): void => {
    if (findTrigger(target).type !== 'queuetrigger') listeners.forEach((listener) => listener.wake());
  };
  const invoker = createInvoker(app, { timeoutMs: hostJson.functionTimeoutMs, onSettled });
  const parts = { invoker, hostJson, env, log: hostLog, invisibilityMs: options.invisibilityMs ?? 600_000 };
  const triggers = createTriggers(selectFunctions(app, options.functions, env, hostLog), parts);
  const server = await startHttp(triggers, parts, options, capabilities.HttpUri);
  listeners.push(...triggers.queues.map((queue) => queue.start()));
  triggers.timers.forEach((timer) => timer.start(options.runTimersAtStart ?? true));
  const listed = listFunctions(triggers, server.url, hostJson.routePrefix);
  return {
    url: server.url,
    functions: listed.map(({ name }) => name),
    listing: formatListing(listed),
    runTimer: async (name) => {
      const timer = triggers.timers.find((other) => other.name === name);
      if (timer === undefined) {
        throw new HostError(`There is no timer "${name}": timers are ${triggers.timers.map((t) => t.name).join(', ')}`);
      }
      await timer.runOnce();
    },
    close: () =>
      endHost({
        app,
        invoker,
        log: hostLog,
        triggers,
        listeners,
        server,
        timeoutMs: options.closeTimeoutMs ?? 10_000,
      }),
  };
}

/**
 * Runs a built Functions app as `func start` would: HTTP functions, timers and queue functions, through the library's
 * own programming model. One app a process at a time, as `process.env` is shared.
 * @throws HostError when the app cannot be loaded, registers nothing, or a setting or schedule is not usable.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const hostJson = await readHostJson(resolve(options.appDir));
  const log = filterLog(options.log ?? ((entry) => console.log(formatLogText(entry))), hostJson.logLevels);
  const restore = setEnvironment(options.settings ?? {});
  try {
    const host = await runApp(options, log, hostJson);
    let closing: Promise<void> | undefined;
    return { ...host, close: () => (closing ??= host.close().finally(restore)) };
  } catch (error) {
    restore();
    throw error;
  }
}
