// The main job, as `npm start [-- --once]`: the whole function app on this machine. Each part that a setting would point elsewhere starts
// only when that setting is unset: Qualys simulator (QUALYS_API_URL), Azurite (AzureWebJobsStorage…), ingestion endpoint
// (LOGS_INGESTION_ENDPOINT). So the same command runs against a real tenant.
import { join, resolve } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { parseSettings } from '../src/lib/config.ts';
import { STREAMS } from '../src/lib/streams/index.ts';
import { catchUp } from './catch-up.ts';
import { createBreakRoutes } from './break/break-routes.ts';
import { createHappenings } from './happenings.ts';
import { ensureBuilt } from './host/ensure-built.ts';
import type { HostLog } from './host/log.ts';
import { applySettings, loadLocalSettings } from './host/settings.ts';
import { findLostValues } from './ingestion/lost-values.ts';
import type { Ingestion } from './ingestion/start-ingestion.ts';
import { createKqlRoutes } from './kql/kql-routes.ts';
import { createKqlRunner, type KqlRunner } from './kql/kql-runner.ts';
import type { LocalRoutes } from './local-pages/local-pages.ts';
import { ROW_PAGE } from './rows/page-files.ts';
import { createRowRoutes } from './rows/row-routes.ts';
import { startHost, type Host } from './host/start-host.ts';
import {
  ensureIngestion,
  ensureQualys,
  ensureStorage,
  foldersOf,
  forget,
  nameOtherStart,
  readSizes,
} from './local-parts.ts';
import { openBrowser } from './open-browser.ts';
import { PORT, readOptions, wholeNumber } from './read-options.ts';
import { runMain } from './run-main.ts';
import { createStackLog } from './stack-log.ts';
import type { Simulator } from './simulator/start-simulator.ts';
import { writePlaces, writeStartScreen, type Started } from './start-screen.ts';

const appDir = resolve(import.meta.dirname, '..');

const HELP = `npm start                 run until stopped (Ctrl+C); data under .local/azurite and .local/tables
npm start -- --once       begin with nothing, run until every enabled stream has caught up, print a summary, exit 0 (or 1 with the
                          reason); rows under .local/once/tables
npm start -- --fresh      forget first what earlier runs kept
npm start -- --open       open the dashboard
npm start -- --verbose    print all that host and app log
Settings come from the environment, then from local.settings.json. Only one run at a time uses a folder.`;

const OPTIONS = {
  once: { type: 'boolean', default: false },
  fresh: { type: 'boolean', default: false },
  open: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
} as const;

type Options = Readonly<Record<keyof typeof OPTIONS, boolean>>;

function untilSignal(): Promise<void> {
  return new Promise((done) => {
    const stop = (): void => done();
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}

/** What the pages beside the app are made of. */
interface Served {
  readonly simulator: Simulator | undefined;
  readonly ingestion: Ingestion | undefined;
  readonly kql: KqlRunner;
  /** Folder of the rows. */
  readonly dir: string;
  readonly runPlanners: () => void;
}

/** Keeps lines back until they are released, so that what happens meanwhile comes after the screen. */
function createHeldPrinter(): { readonly print: (line: string) => void; readonly release: () => void } {
  let held: string[] | undefined = [];
  return {
    print: (line) => {
      if (held === undefined) console.log(line);
      else held.push(line);
    },
    release: () => {
      held?.forEach((line) => console.log(line));
      held = undefined;
    },
  };
}

/** The log of a run; undefined: all of it. */
function chooseLog(
  { once, verbose }: Options,
  print: (line: string) => void,
  isLocalTable: boolean,
): HostLog | undefined {
  if (verbose) return undefined;
  return once ? createStackLog(console.error) : createHappenings({ print, isLocalTable });
}

/** What is served beside the app: the rows where they stay here, and what breaks the simulator. */
function routesOf({ simulator, ingestion, kql, dir, runPlanners }: Served): LocalRoutes {
  if (ingestion === undefined) return { files: {}, calls: createBreakRoutes(undefined, runPlanners) };
  const tables = STREAMS.map(({ name, table }) => ({ stream: name, table }));
  const rows = createRowRoutes({ dir, tables, readStats: ingestion.stats });
  const target = simulator === undefined ? undefined : { simulator, ingestion };
  return { files: ROW_PAGE, calls: { ...rows, ...createKqlRoutes(kql), ...createBreakRoutes(target, runPlanners) } };
}

async function run(options: Options): Promise<number> {
  const { once, fresh, open, verbose } = options;
  applySettings(loadLocalSettings(appDir));
  process.env.AZURE_FUNCTIONS_ENVIRONMENT ??= 'Development';
  const port = wholeNumber('PORT', process.env.PORT, { ...PORT, fallback: once ? 0 : 7071 });
  const sizes = readSizes(process.env);
  const folders = foldersOf(join(appDir, '.local'), once);
  if (once || fresh) await forget(folders);
  const closes: ((() => Promise<void>) | undefined)[] = [];
  const lines = createHeldPrinter();
  try {
    await ensureBuilt(appDir, { isQuiet: !verbose });
    const simulator = await ensureQualys(sizes);
    closes.push(simulator?.close);
    const azurite = await ensureStorage(folders);
    closes.push(azurite?.close);
    const ingestion = await ensureIngestion(folders);
    closes.push(ingestion?.close);
    // All that is wrong at once, before the host refuses the first schedule and each function the rest.
    const settings = parseSettings(
      process.env,
      STREAMS.map(({ name }) => name),
    );
    const log = chooseLog(options, lines.print, ingestion !== undefined);
    const kql = createKqlRunner(folders.tables);
    closes.push(kql.close);
    const runPlanners = (): void => {
      for (const { name } of STREAMS) host.runTimer(`plan-${name}`).catch(() => undefined);
    };
    const localRoutes = routesOf({ simulator, ingestion, kql, dir: folders.tables, runPlanners });
    const host: Host = await startHost({
      appDir,
      port,
      ...(log === undefined ? {} : { log }),
      localRoutes,
    });
    closes.push(host.close);
    if (verbose) console.log(host.listing);
    const started: Started = {
      version: packageJson.version,
      appUrl: host.url,
      qualys: { url: settings.QUALYS_API_URL, sizes: simulator === undefined ? undefined : sizes },
      storageDir: azurite === undefined ? undefined : (folders.azurite ?? 'in memory'),
      ingestion: {
        url: process.env.LOGS_INGESTION_ENDPOINT ?? '',
        dir: ingestion === undefined ? undefined : folders.tables,
      },
    };
    console.log(once ? writePlaces(started) : writeStartScreen(started));
    lines.release();
    if (open)
      openBrowser(`${host.url}/api/dashboard`, () => console.log('No browser could be opened: the address is above.'));
    if (once) {
      const hasData = simulator !== undefined && sizes.eventCount > 0 && sizes.hostCount > 0;
      const code = await catchUp(host, hasData);
      const lost = ingestion === undefined ? [] : await findLostValues(ingestion.url);
      for (const line of lost) console.error(`Lost: ${line}`);
      return lost.length > 0 ? 1 : code;
    }
    await untilSignal();
    return 0;
  } finally {
    lines.release();
    for (const close of closes.reverse()) await close?.();
  }
}

await runMain(async () => {
  const options = readOptions(OPTIONS);
  if (options.help) console.log(HELP);
  else
    process.exitCode = await run(options).catch((error: unknown) => {
      throw nameOtherStart(error);
    });
});
// Keep-alive connections of the clients would hold the process for minutes.
process.exit();
