// The main job, as `npm start [-- --once]`: the whole function app on this machine. Each part that a setting would point elsewhere starts
// only when that setting is unset: Qualys simulator (QUALYS_API_URL), Azurite (AzureWebJobsStorage…), ingestion endpoint
// (LOGS_INGESTION_ENDPOINT). So the same command runs against a real tenant.
import { join, resolve } from 'node:path';
import { parseSettings } from '../src/lib/config.ts';
import { STREAMS } from '../src/lib/streams/index.ts';
import { catchUp } from './catch-up.ts';
import { ensureBuilt } from './host/ensure-built.ts';
import { applySettings, loadLocalSettings } from './host/settings.ts';
import { findLostValues } from './ingestion/lost-values.ts';
import { startHost } from './host/start-host.ts';
import { ensureIngestion, ensureQualys, ensureStorage, foldersOf, forget, readSizes } from './local-parts.ts';
import { PORT, readOptions, wholeNumber } from './read-options.ts';
import { runMain } from './run-main.ts';
import { createStackLog } from './stack-log.ts';

const appDir = resolve(import.meta.dirname, '..');

const HELP = `npm start                 run until stopped (Ctrl+C); data under .local/azurite and .local/tables
npm start -- --once       begin with nothing, run until every enabled stream has caught up, print a summary, exit 0 (or 1 with the
                          reason); rows under .local/once/tables
npm start -- --fresh      forget first what earlier runs kept
Settings come from the environment, then from local.settings.json. Only one run at a time uses a folder.`;

function untilSignal(): Promise<void> {
  return new Promise((done) => {
    const stop = (): void => done();
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}

async function run({ once, fresh }: { readonly once: boolean; readonly fresh: boolean }): Promise<number> {
  applySettings(loadLocalSettings(appDir));
  process.env.AZURE_FUNCTIONS_ENVIRONMENT ??= 'Development';
  const port = wholeNumber('PORT', process.env.PORT, { ...PORT, fallback: once ? 0 : 7071 });
  const sizes = readSizes(process.env);
  const folders = foldersOf(join(appDir, '.local'), once);
  if (once || fresh) await forget(folders);
  await ensureBuilt(appDir);
  const closes: ((() => Promise<void>) | undefined)[] = [];
  try {
    closes.push(await ensureQualys(sizes));
    closes.push(await ensureStorage(folders));
    const closeIngestion = await ensureIngestion(folders);
    closes.push(closeIngestion);
    // All that is wrong at once, before the host refuses the first schedule and each function the rest.
    parseSettings(
      process.env,
      STREAMS.map(({ name }) => name),
    );
    const host = await startHost({ appDir, port, ...(once ? { log: createStackLog(console.error) } : {}) });
    closes.push(host.close);
    if (once) {
      const code = await catchUp(host);
      const lost = closeIngestion === undefined ? [] : await findLostValues(process.env.LOGS_INGESTION_ENDPOINT ?? '');
      for (const line of lost) console.error(`Lost: ${line}`);
      return lost.length > 0 ? 1 : code;
    }
    console.log(host.listing);
    await untilSignal();
    return 0;
  } finally {
    for (const close of closes.reverse()) await close?.();
  }
}

await runMain(async () => {
  const options = readOptions({
    once: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false, short: 'h' },
  });
  if (options.help) console.log(HELP);
  else process.exitCode = await run(options);
});
// Keep-alive connections of the clients would hold the process for minutes.
process.exit();
