import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly os?: string;
  readonly bin?: Readonly<Record<string, string>>;
}

const ROOT = join(import.meta.dirname, '../..');

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}

const { packages } = readJson('package-lock.json') as { packages: Readonly<Record<string, LockedPackage>> };
const project = readJson('package.json') as {
  scripts: Readonly<Record<string, string>>;
  allowScripts: Readonly<Record<string, boolean>>;
};

test('the lockfile holds the integrity of everything that npm ci downloads', () => {
  const downloaded = Object.entries(packages).filter(
    ([path, { link }]) => path.startsWith('node_modules/') && link !== true,
  );
  expect(downloaded.filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-'))).toEqual([]);
});

test('no install script of a dependency is let run, which could download past the lockfile', () => {
  const scripted = Object.keys(packages)
    .filter((path) => path !== '' && packages[path]?.hasInstallScript === true)
    .map((path) => path.replace(/^.*node_modules\//, ''));
  expect(scripted.filter((name) => project.allowScripts[name] !== false)).toEqual([]);
});

describe('the Node of the npm scripts', () => {
  const { optionalDependencies } = readJson('dev/node/package.json') as {
    optionalDependencies: Readonly<Record<string, string>>;
  };
  const locked = Object.keys(optionalDependencies).map((name) => packages[`node_modules/${name}`] ?? {});

  test('is an exact release of Node 22 on every platform, and no part of the product', () => {
    expect(locked.map(({ version }) => version)).toEqual(Object.values(optionalDependencies));
    expect(locked.filter(({ version = '', dev }) => !/^22\.\d+\.\d+$/.test(version) || dev !== true)).toEqual([]);
    expect(new Set(locked.map(({ os }) => os))).toEqual(new Set(['darwin', 'linux', 'win32']));
  });

  test('comes first on the PATH of scripts: its link is made once more after npm 10 has taken it away', () => {
    expect(locked.map(({ bin = {} }) => Object.keys(bin))).toEqual(locked.map(() => ['node']));
    expect(project.scripts.postinstall).toBe('npm rebuild --ignore-scripts');
  });
});
