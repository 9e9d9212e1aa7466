import { join } from 'node:path';
import { AZURITE, startAzurite, type Azurite } from './azurite/start-azurite.ts';
import { USUAL } from './break/breaks.ts';
import { emptyFolders, FolderKeptError } from './folder-lock.ts';
import { findSetting } from './host/settings.ts';
import { TABLES } from './ingestion/row-store.ts';
import { DEFAULT_RULE_ID, startIngestion, type Ingestion } from './ingestion/start-ingestion.ts';
import { wholeNumber } from './read-options.ts';
import { UsageError } from './usage-error.ts';
import { startSimulator, type Simulator } from './simulator/start-simulator.ts';

/** Sizes of the simulated data. */
export interface Sizes {
  readonly eventCount: number;
  readonly hostCount: number;
}

/** Where the local parts keep their data. */
export interface LocalFolders {
  /** Of Azurite; undefined keeps it in memory. */
  readonly azurite: string | undefined;
  /** Of the rows. */
  readonly tables: string;
}

/** A run with `--once` has folders of its own: another one may be running, and must neither lose its rows nor get those of this one. */
export function foldersOf(localDir: string, once: boolean): LocalFolders {
  return once
    ? { azurite: undefined, tables: join(localDir, 'once', 'tables') }
    : { azurite: join(localDir, 'azurite'), tables: join(localDir, 'tables') };
}

/** Deletes what earlier runs kept there. @throws UsageError naming the process that uses a folder; then nothing is deleted. */
export async function forget({ azurite, tables }: LocalFolders): Promise<void> {
  const storage = azurite === undefined ? [] : [{ dir: azurite, keeper: AZURITE }];
  await emptyFolders([...storage, { dir: tables, keeper: TABLES }]);
}

/** What stopped a start; of a kept folder it says first who keeps it as a rule. */
export function nameOtherStart(error: unknown): unknown {
  if (!(error instanceof FolderKeptError)) return error;
  return new UsageError(`npm start already runs here, or a part of it on its own. ${error.message}`);
}

/** Reads the variables that set the sizes. @throws UsageError naming the variable, what was given and what is allowed. */
export function readSizes(env: NodeJS.ProcessEnv): Sizes {
  const size = (name: string, fallback: number): number =>
    wholeNumber(name, env[name], { min: 0, max: 10_000_000, fallback });
  return { eventCount: size('SIMULATOR_EVENTS', 5000), hostCount: size('SIMULATOR_HOSTS', 500) };
}

function isSet(...names: readonly string[]): boolean {
  return names.some((name) => (findSetting(process.env, name) ?? '').trim() !== '');
}

/** Replaces blank values too: a blank setting counts as unset. */
function set(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!isSet(name)) process.env[name] = value;
  }
}

/** Starts the simulator where no Qualys is set. */
export async function ensureQualys(sizes: Sizes): Promise<Simulator | undefined> {
  if (isSet('QUALYS_API_URL')) return undefined;
  const simulator = await startSimulator({ ...USUAL, ...sizes, liveEventsPerMinute: 20, liveHostsPerMinute: 2 });
  process.env.QUALYS_API_URL = simulator.url;
  set({ QUALYS_GATEWAY_URL: simulator.url, QUALYS_USERNAME: USUAL.username, QUALYS_PASSWORD: USUAL.password });
  return simulator;
}

/** Starts Azurite where no storage is set. */
export async function ensureStorage({ azurite: dir }: LocalFolders): Promise<Azurite | undefined> {
  if (isSet('AzureWebJobsStorage', 'AzureWebJobsStorage__accountName', 'AzureWebJobsStorage__queueServiceUri')) {
    return undefined;
  }
  const azurite = await startAzurite(dir === undefined ? { inMemory: true } : { dir });
  process.env.AzureWebJobsStorage = azurite.connectionString;
  return azurite;
}

/** Starts the ingestion endpoint where none is set. */
export async function ensureIngestion({ tables: dir }: LocalFolders): Promise<Ingestion | undefined> {
  if (isSet('LOGS_INGESTION_ENDPOINT')) return undefined;
  const ingestion = await startIngestion({ dir, ruleIds: [DEFAULT_RULE_ID] });
  process.env.LOGS_INGESTION_ENDPOINT = ingestion.url;
  process.env.LOGS_INGESTION_RULE_ID = DEFAULT_RULE_ID;
  return ingestion;
}
