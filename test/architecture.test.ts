import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

interface Source {
  /** Path below `src`, e.g. `lib/pipeline/claim.ts`. */
  readonly path: string;
  readonly text: string;
  /** What it imports: paths below `src`, or names of packages. */
  readonly imports: readonly string[];
}

async function readSources(): Promise<Source[]> {
  const names = await readdir(SRC, { recursive: true });
  return Promise.all(names.filter((name) => /\.tsx?$/.test(name)).map((name) => readSource(join(SRC, name))));
}

async function readSource(file: string): Promise<Source> {
  const text = await readFile(file, 'utf8');
  const found = text.matchAll(/^(?:import|export)\b(?:[^;'"`=]*\bfrom)? '([^']+)'|\bimport\('([^']+)'\)/gm);
  const specifiers = [...found].map(([, name, lazy]) => name ?? lazy ?? '');
  const imports = specifiers.map((name) => (name.startsWith('.') ? relative(SRC, resolve(dirname(file), name)) : name));
  return { path: relative(SRC, file), text, imports };
}

const sources = await readSources();

/** Imports of the files below `from` that match `what`, as `file → import`. */
function importsOf(from: RegExp, what: (name: string) => boolean): string[] {
  return sources
    .filter(({ path }) => from.test(path))
    .flatMap(({ path, imports }) => imports.filter(what).map((name) => `${path} → ${name}`));
}

const isCloud = (name: string): boolean => /^@azure\/|^lib\/azure\//.test(name);
const within =
  (...folders: readonly string[]) =>
  (name: string): boolean =>
    folders.some((folder) => name.startsWith(folder));

describe('imports', () => {
  test('are found at all', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(importsOf(/^lib\/services\.ts$/, within('lib/azure/')).length).toBeGreaterThan(3);
  });

  test('triggers only register: they load no code of the app', () => {
    const light = [
      '@azure/functions',
      'lib/load-handlers.ts',
      'lib/register-route.ts',
      'lib/caller.ts',
      'lib/sign-in.ts',
      'lib/azure/names.ts',
      'lib/subscription-name.ts',
      // A constant in the bundle.
      'lib/streams/schedules.ts',
      'lib/mcp/tool-list.json',
      'lib/mcp/tool-result.ts',
    ];
    expect(importsOf(/^functions\//, (name) => !light.includes(name))).toEqual([]);
    expect(importsOf(/^lib\/mcp\/tool-result\.ts$/, (name) => name !== '@azure/functions')).toEqual([]);
    expect(importsOf(/^lib\/(azure\/names|subscription-name)\.ts$/, () => true)).toEqual([]);
    expect(importsOf(/^lib\/register-route\.ts$/, (name) => !light.includes(name))).toEqual([]);
    expect(importsOf(/^lib\/caller\.ts$/, (name) => !name.startsWith('node:'))).toEqual([]);
    const lazily = sources.find(({ path }) => path === 'lib/load-handlers.ts');
    expect(lazily?.text.match(/^import .*/gm)).toEqual(["import type * as handlers from './handlers/index.ts';"]);
  });

  test('only the page is registered without a key or a role', () => {
    const own = sources.filter(({ path, text }) => path.startsWith('functions/') && text.includes('app.http('));
    expect(own.map(({ path }) => path)).toEqual(['functions/dashboard.ts']);
  });

  test('the library never imports a trigger', () => {
    expect(importsOf(/^lib\//, within('functions/'))).toEqual([]);
  });

  test('the pipeline knows neither vendor nor cloud', () => {
    const isVendor = within('lib/qualys/', 'lib/streams/', 'lib/http/', 'lib/services.ts');
    expect(importsOf(/^lib\/pipeline\//, (name) => isCloud(name) || isVendor(name))).toEqual([]);
  });

  test('only window-state.ts writes the record of a window: all others see it readonly', () => {
    const membersOf = (path: string, name: string): string[] => {
      const text = sources.find((source) => source.path === path)?.text ?? '';
      const body =
        new RegExp(`^export interface ${name} (?:extends \\w+ )?\\{\\n(.*?)^\\}`, 'ms').exec(text)?.[1] ?? '';
      return body.split('\n').filter((line) => /^ {2}[\w]/.test(line));
    };
    const members = membersOf('lib/pipeline/ports.ts', 'WindowRecord');
    for (const name of ['Window', 'Span', 'WindowCounts']) members.push(...membersOf('lib/pipeline/stream.ts', name));
    expect(members.length).toBeGreaterThan(30);
    expect(members.filter((line) => !line.startsWith('  readonly '))).toEqual([]);
    const around =
      /-readonly|Object\.assign\((\w+\.)*(record|window|counts)\b|Reflect\.(set|deleteProperty|defineProperty)/;
    const writers = sources.filter(({ text }) => /\b(WindowRecord|Claim)\b/.test(text) && around.test(text));
    expect(writers.map(({ path }) => path)).toEqual(['lib/pipeline/window-state.ts']);
  });

  test('streams know no cloud, no services and no routes', () => {
    const isOther = within('lib/http/', 'lib/handlers/', 'lib/services.ts', 'functions/');
    expect(importsOf(/^lib\/streams\//, (name) => isCloud(name) || isOther(name))).toEqual([]);
  });

  test('every stream names the Qualys subscription in its rows, by itself or by the reader of lists', () => {
    const folders = Map.groupBy(
      sources.filter(({ path }) => /^lib\/streams\/[^/]+\//.test(path)),
      ({ path }) => path.split('/')[2],
    );
    expect(folders.size).toBeGreaterThan(4);
    const silent = [...folders].filter(
      ([, files]) => !files.some(({ text }) => /\b(ofSubscription|vmPages)\(/.test(text)),
    );
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  test('streams do not import one another', () => {
    const crossing = importsOf(/^lib\/streams\/[^/]+\//, within('lib/streams/')).filter((line) => {
      const [, from, to] = /^lib\/streams\/([^/]+)\/.* → lib\/streams\/([^/]+)/.exec(line) ?? [];
      return from !== to && to?.endsWith('.ts') !== true;
    });
    expect(crossing).toEqual([]);
  });

  test('what is common to Qualys knows no stream and no cloud', () => {
    const isOther = within('lib/streams/', 'lib/http/', 'lib/handlers/', 'lib/services.ts', 'functions/');
    expect(importsOf(/^lib\/qualys\//, (name) => isCloud(name) || isOther(name))).toEqual([]);
    const used = importsOf(/^lib\/qualys\//, within('lib/pipeline/')).map((line) => line.split(' → ')[1]);
    expect(new Set(used)).toEqual(
      new Set(
        ['account', 'call-trace', 'ports', 'routes', 'stream', 'trace-answers'].map(
          (name) => `lib/pipeline/${name}.ts`,
        ),
      ),
    );
  });

  test("the rooms of Qualys' two APIs do not know one another, and what they share knows neither", () => {
    expect(importsOf(/^lib\/qualys\/edr\//, within('lib/qualys/vm/'))).toEqual([]);
    expect(importsOf(/^lib\/qualys\/vm\//, within('lib/qualys/edr/'))).toEqual([]);
    const isApi = within('lib/qualys/edr/', 'lib/qualys/vm/');
    expect(importsOf(/^lib\/qualys\/(call|login|refusals)\//, isApi)).toEqual([]);
    const flat = sources.filter(({ path }) => /^lib\/qualys\/[^/]+$/.test(path)).map(({ path }) => path);
    expect(flat).toEqual(['lib/qualys/platforms.ts', 'lib/qualys/probes.ts']);
  });

  test('adapters of the cloud know no vendor', () => {
    expect(importsOf(/^lib\/azure\//, within('lib/qualys/', 'lib/streams/', 'lib/http/', 'lib/services.ts'))).toEqual(
      [],
    );
  });

  test('reading JSON and XML knows nothing of the rest', () => {
    const isOwn = within('lib/json/', 'node:', 'lib/errors.ts', 'lib/utf8.ts');
    expect(importsOf(/^lib\/json\//, (name) => !isOwn(name))).toEqual([]);
    const isXml = within('lib/qualys/vm/xml/', 'node:', 'lib/errors.ts', 'lib/utf8.ts');
    expect(importsOf(/^lib\/qualys\/vm\/xml\//, (name) => !isXml(name))).toEqual([]);
  });

  test('errors and log are leaves, and settings know only what checks them', () => {
    expect(importsOf(/^lib\/(errors|log)\.ts$/, (name) => !name.startsWith('node:'))).toEqual([]);
    const checks = [
      'lib/qualys/platforms.ts',
      'lib/qualys/edr/is-balanced-qql.ts',
      'lib/alerts/sign-alert.ts',
      'lib/alerts/public-address.ts',
    ];
    const allowed = ['zod', 'lib/errors.ts', 'lib/log.ts', 'lib/is-schedule.ts', 'lib/subscription-name.ts', ...checks];
    expect(importsOf(/^lib\/setting-kinds\.ts$/, (name) => !allowed.includes(name))).toEqual([]);
    allowed.push('lib/setting-kinds.ts');
    expect(importsOf(/^lib\/setting-rules\.ts$/, (name) => !allowed.includes(name))).toEqual([]);
    allowed.push('lib/setting-rules.ts', 'lib/mistaken-names.ts', 'lib/sign-in.ts');
    expect(importsOf(/^lib\/sign-in\.ts$/, () => true)).toEqual([]);
    expect(importsOf(/^lib\/streams\/[\w-]+\/settings\.ts$/, (name) => !allowed.includes(name))).toEqual([]);
    expect(importsOf(/^lib\/cost\/settings\.ts$/, (name) => !allowed.includes(name))).toEqual([]);
    expect(importsOf(/^lib\/setting-problems\.ts$/, (name) => !allowed.includes(name))).toEqual([]);
    allowed.push('lib/setting-problems.ts', 'lib/cost/settings.ts', 'lib/streams/settings.ts');
    expect(importsOf(/^lib\/config\.ts$/, (name) => !allowed.includes(name))).toEqual([]);
    expect(
      importsOf(/^lib\/(qualys|alerts)\//, (name) => !name.startsWith('node:')).filter((found) =>
        checks.some((path) => found.startsWith(path)),
      ),
    ).toEqual([]);
  });

  test('routes, tools and what they do know no adapter', () => {
    expect(importsOf(/^lib\/(http|handlers|actions|mcp|enrich|alerts)\//, within('lib/azure/'))).toEqual([]);
  });

  test('alerts know no vendor, and enrichment no routes', () => {
    expect(importsOf(/^lib\/alerts\//, within('lib/qualys/', 'lib/streams/', 'lib/http/', 'lib/services.ts'))).toEqual(
      [],
    );
    expect(importsOf(/^lib\/enrich\//, within('lib/http/', 'lib/handlers/', 'lib/services.ts'))).toEqual([]);
  });

  test('the OpenAPI document is loaded by its route alone, which most starts of the app never need', () => {
    expect(importsOf(/^(?!lib\/openapi\/)/, within('lib/openapi/'))).toEqual([
      'lib/handlers/openapi.ts → lib/openapi/build-document.ts',
    ]);
  });

  test('the schemas of answers are loaded by that document alone, whose types all others import', () => {
    const declaring = sources.filter(({ text }) => text.includes('Answered<z.infer<')).map(({ path }) => path);
    expect(declaring.length).toBeGreaterThan(4);
    const loaders = sources.filter(({ path, text }) =>
      [...text.matchAll(/^import \{[^}]*\} from '(\.[^']*)'/gm)].some(([, name = '']) =>
        declaring.includes(relative(SRC, resolve(SRC, dirname(path), name))),
      ),
    );
    const isOwn = within('lib/openapi/', ...declaring);
    expect(loaders.map(({ path }) => path).filter((path) => !isOwn(path))).toEqual([]);
  });

  test('only services.ts constructs adapters', () => {
    const users = sources.filter(
      ({ path, text }) =>
        !path.startsWith('lib/azure/') && /\bcreate(Table|Storage|Blob|LogsIngestion)[A-Z]\w*\(/.test(text),
    );
    expect(users.map(({ path }) => path)).toEqual(['lib/services.ts']);
    const apis = sources.filter(
      ({ path, text }) => !path.startsWith('lib/qualys/') && /\bcreate(Edr|Vm)A\w+\(/.test(text),
    );
    expect(apis.map(({ path }) => path)).toEqual(['lib/services.ts']);
    const importers = importsOf(/^(?!lib\/azure\/)/, within('lib/azure/')).filter(
      (line) => !line.endsWith('/names.ts'),
    );
    expect(new Set(importers.map((line) => line.split(' → ')[0]))).toEqual(new Set(['lib/services.ts']));
  });

  test('the page in the browser shares nothing with the app but the types of its answers', () => {
    const isOwn = within('dashboard/', 'preact', 'uplot');
    const foreign = importsOf(/^dashboard\//, (name) => !isOwn(name));
    expect(new Set(foreign.map((line) => line.split(' → ')[0]))).toEqual(new Set(['dashboard/answers.ts']));
    const answers = sources.find(({ path }) => path === 'dashboard/answers.ts');
    expect(answers!.text).not.toMatch(/^(import|export) (?!type )/m);
    expect(importsOf(/^(?!dashboard\/)/, within('dashboard/'))).toEqual([]);
  });

  test('what the page knows, it knows without the browser: only components and what is live draw on it', () => {
    expect(importsOf(/^dashboard\/(model|calls)\//, within('preact', 'uplot', 'dashboard/components/'))).toEqual([]);
  });

  test('circles are none, those of types included', () => {
    const graph = new Map(sources.map(({ path, imports }) => [path, imports.filter((name) => /\.tsx?$/.test(name))]));
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): string | undefined => {
      if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path].join(' → ');
      if (done.has(path)) return undefined;
      for (const name of graph.get(path) ?? []) {
        const circle = visit(name, [...trail, path]);
        if (circle !== undefined) return circle;
      }
      done.add(path);
      return undefined;
    };
    expect([...graph.keys()].map((path) => visit(path, [])).filter((circle) => circle !== undefined)).toEqual([]);
  });
});

describe('files', () => {
  test('are no longer than 300 lines, and triggers no longer than 60', () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ path, lines }) => lines > (path.startsWith('functions/') ? 60 : 300));
    expect(long).toEqual([]);
  });

  test('that hold triggers are all imported by the entry point', () => {
    const entry = sources.find(({ path }) => path === 'index.ts');
    const triggers = sources.filter(({ path }) => path.startsWith('functions/')).map(({ path }) => path);
    expect([...entry!.imports].filter((name) => name.startsWith('functions/')).sort()).toEqual(triggers.sort());
  });

  test('have no default export, enum, namespace or barrel', () => {
    const banned = /^export default|^(export )?(const )?enum |^(export )?namespace |^export \* from/m;
    expect(sources.filter(({ text }) => banned.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('are named in kebab-case, without words that say nothing', () => {
    const bad = sources.filter(({ path }) => !/^[a-z0-9/-]+\.tsx?$/.test(path) || /util|helper|manager/.test(path));
    expect(bad.map(({ path }) => path)).toEqual([]);
  });
});
