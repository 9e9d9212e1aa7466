/**
 * Bundles the function app for deployment: `dist/main.cjs` registers the triggers, `dist/handlers.cjs` is what they run, and beside them
 * are the libraries that few invocations need. Each is loaded with its first use, because most of a cold start is spent on compiling what
 * is loaded. What holds code of ours has source maps. `dist/dashboard/` is the page in the browser, whose files are read with its first request.
 */
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { SCHEDULES } from '../src/lib/streams/schedules.ts';
import { makeGuidePage } from './make-guide-page.ts';

const root = join(import.meta.dirname, '..');

/** What stands behind a dynamic import, and the files it becomes. */
const LAZY: Readonly<Record<string, string>> = {
  './src/lib/handlers/index.ts': 'handlers',
  '@azure/identity': 'azure-identity',
  '@azure/keyvault-secrets': 'azure-keyvault-secrets',
  '@azure/monitor-query-logs': 'azure-monitor-query-logs',
  '@azure/storage-blob': 'azure-storage-blob',
  './src/lib/openapi/build-document.ts': 'openapi-document',
  './src/lib/telemetry/otel-sdk.ts': 'otel-sdk',
};

const lazyPackages: Plugin = {
  name: 'lazy-packages',
  setup: (build) => {
    build.onResolve({ filter: /^@azure\/|^\.{1,2}\// }, ({ path, kind, resolveDir }) => {
      const name = path.startsWith('.') ? `./${relative(root, join(resolveDir, path))}` : path;
      const file = kind === 'dynamic-import' ? LAZY[name] : undefined;
      return file === undefined ? undefined : { path: `./${file}.cjs`, external: true };
    });
  },
};

/** What is made of the streams becomes a constant, so that their code is not in the bundle that registers. */
const schedules: Plugin = {
  name: 'schedules',
  setup: (build) => {
    build.onLoad({ filter: /\/streams\/schedules\.ts$/ }, () => ({
      contents: `export const SCHEDULES = ${JSON.stringify(SCHEDULES)};`,
    }));
  },
};

const options = {
  absWorkingDir: root,
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  minify: true,
  sourcesContent: false,
  legalComments: 'none',
  write: false,
  logLevel: 'warning',
  plugins: [lazyPackages, schedules],
  // As require(): import() would first search the whole file for the names it exports.
  supported: { 'dynamic-import': false },
  // The worker injects this module; it is not on npm.
  external: ['@azure/functions-core'],
  // A dependency calls createRequire(import.meta.url), which CommonJS output leaves empty.
  define: { 'import.meta.url': '__bundleUrl' },
  banner: { js: 'const __bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
} satisfies BuildOptions;
const parts = Object.entries(LAZY).map(([name, out]) => ({ in: name, out }));
const isLibrary = (part: { readonly in: string }): boolean => part.in.startsWith('@');
const libraries = await build({ ...options, entryPoints: parts.filter(isLibrary) });
const own = await build({
  ...options,
  entryPoints: [{ in: 'src/index.ts', out: 'main' }, ...parts.filter((part) => !isLibrary(part))],
  sourcemap: true,
});
const page = await build({
  absWorkingDir: root,
  entryPoints: [
    { in: 'src/dashboard/main.tsx', out: 'app' },
    { in: 'src/dashboard/styles/app.css', out: 'app' },
  ],
  outdir: 'dist/dashboard',
  bundle: true,
  platform: 'browser',
  target: 'es2022',
  format: 'esm',
  minify: true,
  legalComments: 'none',
  write: false,
  logLevel: 'warning',
});

/** Renamed into place, so that whoever loads the app meanwhile finds the old file or the new one, never half of one. */
async function place(path: string, contents: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}`, contents);
  await rename(`${path}.${process.pid}`, path);
  if (!path.endsWith('.map')) console.log(`${relative(root, path)} ${(contents.length / 1024).toFixed(0)} KB`);
}

for (const name of ['index.html', 'icon.svg', 'icon-waiting.svg', 'icon-attention.svg']) {
  await place(join(root, 'dist/dashboard', name), await readFile(join(root, 'src/dashboard', name)));
}
const guide = makeGuidePage(await readFile(join(root, 'docs/operate.md'), 'utf8'));
await place(join(root, 'dist/dashboard/operate.html'), Buffer.from(guide));
// The bundle comes last: who looks whether the build is up to date looks at that.
const files = [...page.outputFiles, ...libraries.outputFiles, ...own.outputFiles];
for (const { path, contents } of files) await place(path, contents);
