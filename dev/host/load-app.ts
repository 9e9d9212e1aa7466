import { existsSync, realpathSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createAppHookContext, runHooks, type AppRegistry } from './app-registry.ts';
import { adoptModel, installCoreModule, setCurrentApp } from './core-module.ts';
import { HostError } from './host-error.ts';

const require = createRequire(import.meta.url);

/** What the worker offers; the library adds its own (HTTP streaming adds `HttpUri`). */
const workerCapabilities = {
  RawHttpBodyBytes: 'true',
  RpcHttpTriggerMetadataRemoved: 'true',
  RpcHttpBodyOnly: 'true',
  IgnoreEmptyValuedRpcHttpHeaders: 'true',
  UseNullableValueDictionaryForHttp: 'true',
  WorkerStatus: 'true',
  TypedDataCollection: 'true',
  HandlesWorkerTerminateMessage: 'true',
};

interface PackageJson {
  readonly main?: unknown;
  readonly type?: unknown;
}

async function readPackageJson(appDir: string): Promise<PackageJson> {
  const file = join(appDir, 'package.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as PackageJson;
  } catch (error) {
    throw new HostError(`${file} cannot be read: ${String(error)}`, { cause: error });
  }
}

/** The files that `main` of package.json names: one, or those that a glob pattern finds, sorted. */
async function findEntryPoints(appDir: string, main: unknown): Promise<string[]> {
  if (typeof main !== 'string' || main === '') {
    throw new HostError(`package.json in ${appDir} has no "main": it names the file, or the pattern of files, to load`);
  }
  const file = join(appDir, main);
  if (existsSync(file)) {
    return [file];
  }
  const found: string[] = [];
  for await (const name of glob(main, { cwd: appDir })) {
    found.push(name);
  }
  if (found.length === 0) {
    throw new HostError(`main "${main}" of ${join(appDir, 'package.json')} finds no file: has the app been built?`);
  }
  return found.sort().map((name) => join(appDir, name));
}

/** Forgets the app's CommonJS modules and the library, so that an app can be loaded again in this process. */
function forgetModules(appDir: string): void {
  const root = realpathSync(appDir) + sep;
  const library = `${sep}node_modules${sep}@azure${sep}functions${sep}`;
  const dependencies = `${sep}node_modules${sep}`;
  for (const file of Object.keys(require.cache)) {
    const isOfApp = file.startsWith(root) && !file.slice(root.length - 1).includes(dependencies);
    if (isOfApp || file.includes(library)) {
      Reflect.deleteProperty(require.cache, file);
    }
  }
}

function isEsModule(file: string, packageType: unknown): boolean {
  return file.endsWith('.mjs') || (!file.endsWith('.cjs') && packageType === 'module');
}

async function loadEntryPoint(file: string, packageType: unknown): Promise<void> {
  try {
    if (isEsModule(file, packageType)) {
      await import(pathToFileURL(file).href);
    } else {
      require(file);
    }
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new HostError(`The app's entry point ${file} cannot be loaded: ${reason}`, { cause: error });
  }
}

function explainNoFunctions(files: readonly string[]): string {
  return (
    `The app registered no function. Loaded without an error: ${files.join(', ')}; yet no call of app.http, app.timer, ` +
    'app.storageQueue, … reached the host. Either the files with these calls are not imported, or the bundle has ' +
    'replaced @azure/functions-core, which must stay external.'
  );
}

/**
 * Loads the app in a folder as the worker does: every file that `main` of its package.json names, then its start hooks.
 * An ES module can be loaded once a process only, as Node keeps it.
 * @returns the capabilities of worker and library.
 * @throws HostError when a file is missing or throws, a start hook throws, or nothing was registered.
 */
export async function loadApp(appDir: string, app: AppRegistry): Promise<Record<string, string>> {
  const { main, type } = await readPackageJson(appDir);
  const files = await findEntryPoints(appDir, main);
  installCoreModule();
  forgetModules(appDir);
  setCurrentApp(app);
  for (const file of files) {
    await loadEntryPoint(file, type);
  }
  await runHooks(app, 'appStart', createAppHookContext(app, { functionAppDirectory: appDir }));
  app.locked = true;
  if (app.functions.size === 0) {
    throw new HostError(explainNoFunctions(files));
  }
  adoptModel(app);
  return (await app.model?.getCapabilities?.({ ...workerCapabilities })) ?? {};
}
