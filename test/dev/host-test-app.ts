import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { HostLogEntry } from '../../dev/host/log.ts';
import { startHost, type Host, type HostOptions } from '../../dev/host/start-host.ts';

const libraryPath = createRequire(import.meta.url).resolve('@azure/functions');

/** What the app of a test has noted, in order; the app does so by `note(...)`. */
export const notes: unknown[] = [];
Object.assign(globalThis, { hostTestNotes: notes });

const prelude = `
const { app, output, HttpResponse } = require(${JSON.stringify(libraryPath)});
const note = (...values) => globalThis.hostTestNotes?.push(...values);
`;

/** Writes the folder of an app that is removed after the test; `files` by path, `main` is app.cjs unless given. */
export async function writeAppDir(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'functions-app-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const all = { 'package.json': '{"main":"app.cjs"}', 'host.json': '{"version":"2.0"}', ...files };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  return dir;
}

/** The text of a CommonJS app: `app`, `output`, `HttpResponse` and `note` are at hand. */
export function commonJs(source: string): string {
  return prelude + source;
}

/** A running host with what it logged. */
export interface TestHost extends Host {
  readonly dir: string;
  readonly logged: HostLogEntry[];
}

/** Runs an app of this source on a free port until the test ends. */
export async function runApp(
  source: string,
  options: Partial<HostOptions> & { readonly hostJson?: object } = {},
): Promise<TestHost> {
  const { hostJson = {}, ...rest } = options;
  const text = JSON.stringify({ version: '2.0', ...hostJson });
  const appDir = await writeAppDir({ 'app.cjs': commonJs(source), 'host.json': text });
  const logged: HostLogEntry[] = [];
  notes.length = 0;
  const host = await startHost({
    appDir,
    port: 0,
    runTimersAtStart: false,
    log: (entry) => logged.push(entry),
    ...rest,
  });
  onTestFinished(host.close);
  return { ...host, dir: appDir, logged };
}
