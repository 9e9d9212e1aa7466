// The Functions host alone, as `npm run host`: settings from the environment, then from local.settings.json; Azurite
// only when no storage is set; never the simulator or the ingestion endpoint.
//   node dev/host/main.ts [--app DIR] [--functions NAME,NAME] [--no-start-timers]
import { join, resolve } from 'node:path';
import { PORT, readOptions, wholeNumber } from '../read-options.ts';
import { runMain } from '../run-main.ts';
import { ensureBuilt } from './ensure-built.ts';
import { applySettings, findSetting, loadLocalSettings } from './settings.ts';
import { startHost, type Host } from './start-host.ts';

const storageSettings = [
  'AzureWebJobsStorage',
  'AzureWebJobsStorage__accountName',
  'AzureWebJobsStorage__queueServiceUri',
];

function readArguments(): { appDir: string; functions: string[] | undefined; runTimersAtStart: boolean } {
  const values = readOptions({
    app: { type: 'string', default: resolve(import.meta.dirname, '../..') },
    functions: { type: 'string' },
    'no-start-timers': { type: 'boolean', default: false },
  });
  return {
    appDir: resolve(values.app),
    functions: values.functions?.split(','),
    runTimersAtStart: !values['no-start-timers'],
  };
}

/** Starts Azurite when no storage is set. @returns what ends it. */
async function ensureStorage(appDir: string): Promise<() => Promise<void>> {
  if (storageSettings.some((name) => findSetting(process.env, name))) {
    return () => Promise.resolve();
  }
  const dir = join(appDir, '.local', 'azurite');
  // Loaded only when needed: it is the larger part of this process.
  const { startAzurite } = await import('../azurite/start-azurite.ts');
  const azurite = await startAzurite({ dir });
  process.env.AzureWebJobsStorage = azurite.connectionString;
  console.log(`Azurite keeps its data in ${dir}`);
  return azurite.close;
}

function endOnSignal(host: Host, closeStorage: () => Promise<void>): void {
  let isEnding = false;
  const end = async (): Promise<void> => {
    if (isEnding) {
      process.exit(130);
    }
    isEnding = true;
    await host.close();
    await closeStorage();
    process.exit(0);
  };
  process.on('SIGINT', () => void end());
  process.on('SIGTERM', () => void end());
}

async function main(): Promise<void> {
  const { appDir, functions, runTimersAtStart } = readArguments();
  applySettings(loadLocalSettings(appDir));
  applySettings({ AZURE_FUNCTIONS_ENVIRONMENT: 'Development' });
  const port = wholeNumber('PORT', process.env.PORT, { ...PORT, fallback: 7071 });
  await ensureBuilt(appDir);
  const closeStorage = await ensureStorage(appDir);
  const host = await startHost({
    appDir,
    port,
    runTimersAtStart,
    ...(functions === undefined ? {} : { functions }),
  });
  endOnSignal(host, closeStorage);
  console.log(host.listing);
}

// What has started, such as Azurite, would hold the process.
if (!(await runMain(main))) process.exit();
