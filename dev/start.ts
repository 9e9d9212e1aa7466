// The main job, as `npm start [-- --once]`: the whole function app on this machine. Each part that a setting would point elsewhere starts
// only when that setting is unset: Qualys simulator (QUALYS_API_URL), Azurite (AzureWebJobsStorage…), ingestion endpoint
// (LOGS_INGESTION_ENDPOINT). So the same command runs against a real tenant.
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../src/lib/errors.ts';
import { startAzurite } from './azurite/start-azurite.ts';
import { ensureBuilt } from './host/ensure-built.ts';
import { applySettings, findSetting, loadLocalSettings } from './host/settings.ts';
import { startHost } from './host/start-host.ts';
import { startIngestion } from './ingestion/start-ingestion.ts';
import { catchUp } from './catch-up.ts';
import { startSimulator } from './simulator/start-simulator.ts';

const appDir = resolve(import.meta.dirname, '..');
const localDir = join(appDir, '.local');

const HELP = `npm start                 run until stopped (Ctrl+C)
npm start -- --once       run until every enabled stream has caught up, print a summary, exit 0 (or 1 with the reason)
npm start -- --fresh      forget what earlier runs kept under .local first
Settings come from the environment, then from local.settings.json.`;

type Close = () => Promise<void>;

interface Arguments {
  readonly once: boolean;
  readonly fresh: boolean;
  readonly help: boolean;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  return values;
}

function isSet(...names: readonly string[]): boolean {
  return names.some((name) => (findSetting(process.env, name) ?? '') !== '');
}

/** Replaces blank values too: a blank setting counts as unset. */
function set(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!isSet(name)) process.env[name] = value;
  }
}

async function ensureQualys(): Promise<Close | undefined> {
  if (isSet('QUALYS_API_URL')) return undefined;
  const account = { username: 'qualys-reader', password: 'simulated-password' };
  const simulator = await startSimulator({
    ...account,
    eventCount: Number(process.env.SIMULATOR_EVENTS ?? 5000),
    hostCount: Number(process.env.SIMULATOR_HOSTS ?? 500),
    liveEventsPerMinute: 20,
    liveHostsPerMinute: 2,
    // The first catch-up alone needs a standard subscription's whole hour: a premium one shows the product, not the wait.
    rateLimit: 2000,
  });
  process.env.QUALYS_API_URL = simulator.url;
  set({ QUALYS_GATEWAY_URL: simulator.url, QUALYS_USERNAME: account.username, QUALYS_PASSWORD: account.password });
  console.log(`Qualys simulator     ${simulator.url}`);
  return simulator.close;
}

async function ensureStorage(once: boolean): Promise<Close | undefined> {
  if (isSet('AzureWebJobsStorage', 'AzureWebJobsStorage__accountName', 'AzureWebJobsStorage__queueServiceUri')) {
    return undefined;
  }
  const dir = join(localDir, 'azurite');
  // One run of --once must not go on where another one ended.
  const azurite = await startAzurite(once ? { inMemory: true } : { dir });
  process.env.AzureWebJobsStorage = azurite.connectionString;
  console.log(`Azurite              ${once ? 'in memory' : dir}`);
  return azurite.close;
}

async function ensureIngestion(once: boolean): Promise<Close | undefined> {
  if (isSet('LOGS_INGESTION_ENDPOINT')) return undefined;
  const dir = join(localDir, 'tables');
  if (once) await rm(dir, { recursive: true, force: true });
  const ruleId = 'dcr-00000000000000000000000000000000';
  const ingestion = await startIngestion({ dir, ruleIds: [ruleId] });
  process.env.LOGS_INGESTION_ENDPOINT = ingestion.url;
  process.env.LOGS_INGESTION_RULE_ID = ruleId;
  console.log(`Ingestion endpoint   ${ingestion.url}, rows in ${dir}`);
  return ingestion.close;
}

function untilSignal(): Promise<void> {
  return new Promise((done) => {
    const stop = (): void => done();
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}

async function main({ once, fresh }: Arguments): Promise<number> {
  if (fresh) await rm(localDir, { recursive: true, force: true });
  applySettings(loadLocalSettings(appDir));
  process.env.AZURE_FUNCTIONS_ENVIRONMENT ??= 'Development';
  await ensureBuilt(appDir);
  const closes: (Close | undefined)[] = [];
  try {
    closes.push(await ensureQualys(), await ensureStorage(once), await ensureIngestion(once));
    const port = (process.env.PORT ?? '') === '' ? (once ? 0 : 7071) : Number(process.env.PORT);
    const host = await startHost({ appDir, port, ...(once ? { log: () => undefined } : {}) });
    closes.push(host.close);
    if (once) return await catchUp(host);
    console.log(host.listing);
    await untilSignal();
    return 0;
  } finally {
    for (const close of closes.reverse()) await close?.();
  }
}

const args = readArguments();
if (args.help) console.log(HELP);
else {
  try {
    process.exitCode = await main(args);
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
  // Keep-alive connections of the clients would hold the process for minutes.
  process.exit();
}
