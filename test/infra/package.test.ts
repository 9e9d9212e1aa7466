import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { stagePackage } from '../../scripts/stage-package.ts';

const ROOT = join(import.meta.dirname, '../..');

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

describe('.funcignore', () => {
  const shipped = ['dist/dashboard/app.js', 'dist/main.cjs', 'dist/main.cjs.map', 'host.json', 'package.json'];
  const kept = [
    '.env',
    '.github/workflows/check.yml',
    '.local/tables/x.ndjson',
    'docs/install.md',
    'infra/main.bicep',
    'local.settings.json',
    'node_modules/zod/package.json',
    'package-lock.json',
    'src/index.ts',
  ];
  let directory = '';

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'funcignore-'));
    execFileSync('git', ['init', '--quiet', directory]);
    for (const path of [...shipped, ...kept]) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), '');
    }
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  test('lets the bundle, host.json and package.json through, and nothing else', () => {
    // Its syntax is that of .gitignore.
    const args = ['ls-files', '--others', `--exclude-from=${join(ROOT, '.funcignore')}`];
    const listed = execFileSync('git', args, { cwd: directory, encoding: 'utf8' });
    expect(listed.trim().split('\n').sort()).toEqual(shipped);
  });
});

describe('azd', () => {
  const { services, requiredVersions } = parse(read('azure.yaml')) as {
    services: Record<string, Record<string, unknown>>;
    requiredVersions: { azd: string };
  };
  const service = services.api ?? {};

  test('is new enough to leave the group of the workspace alone when it tears down', () => {
    expect(requiredVersions.azd).toBe('>= 1.24.1');
  });

  test('makes a group that is named for the connector', () => {
    expect(read('infra/main.bicep')).toContain(
      "empty(resourceGroupName) ? 'rg-qualys-${environmentName}' : resourceGroupName",
    );
  });

  test('calls each step at its time, in words that read the same in sh and in PowerShell', () => {
    const { hooks } = parse(read('azure.yaml')) as { hooks: Record<string, { run: string }> };
    expect(Object.entries(hooks).map(([name, { run }]) => `${name}: ${run}`)).toEqual([
      'preprovision: npm run --silent deploy prepare azd',
      'postprovision: npm run --silent deploy secrets azd',
      'predeploy: npm run --silent deploy roles azd',
      'postdeploy: npm run --silent deploy sentinel azd',
      'predown: npm run --silent deploy detach azd',
    ]);
  });

  test('finds the function app by the name of its service', () => {
    const tag = /'azd-service-name': '(\w+)'/.exec(read('infra/modules/function-app.bicep'))?.[1];
    expect(Object.keys(services)).toEqual([tag]);
  });

  test('ships a ready package from a folder without .funcignore, and builds nothing on Azure', () => {
    expect(service).toMatchObject({ project: 'infra/package', dist: 'dist', host: 'function', remoteBuild: false });
    expect(readdirSync(join(ROOT, 'infra/package'))).not.toContain('.funcignore');
    const { scripts } = JSON.parse(read('infra/package/package.json')) as { scripts: { build: string } };
    expect(scripts.build).toContain('run stage -- infra/package/dist');
  });
});

describe('a staged package', () => {
  let directory = '';

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'stage-'));
    mkdirSync(join(directory, 'project/dist/dashboard'), { recursive: true });
    const built = ['dist/main.cjs', 'dist/main.cjs.map', 'dist/main.cjs.map.4711', 'dist/dashboard/app.js'];
    for (const path of [...built, 'host.json', 'README.md']) {
      writeFileSync(join(directory, 'project', path), path);
    }
    writeFileSync(join(directory, 'project/package.json'), read('package.json'));
    mkdirSync(join(directory, 'out/old'), { recursive: true });
    await stagePackage(join(directory, 'project'), join(directory, 'out'));
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  test('holds the bundle with all that lies beside it but what a broken build left, host.json and package.json', () => {
    const paths = readdirSync(join(directory, 'out'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(join(directory, 'out'), join(entry.parentPath, entry.name)));
    expect(paths.sort()).toEqual([
      'dist/dashboard/app.js',
      'dist/main.cjs',
      'dist/main.cjs.map',
      'host.json',
      'package.json',
    ]);
  });

  test('names its entry point and nothing to install or run', () => {
    const staged = JSON.parse(readFileSync(join(directory, 'out/package.json'), 'utf8')) as object;
    expect(Object.keys(staged)).toEqual(['name', 'version', 'private', 'main']);
    expect(staged).toMatchObject({ main: 'dist/main.cjs' });
  });

  test('is refused before the bundle is built', async () => {
    rmSync(join(directory, 'project/dist'), { recursive: true });
    await expect(stagePackage(join(directory, 'project'), join(directory, 'out'))).rejects.toThrow(/dist/);
  });
});

interface Step {
  readonly uses?: string;
  readonly if?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

describe.each(readdirSync(join(ROOT, '.github/workflows')))('workflow %s', (name) => {
  const text = read(join('.github/workflows', name));
  const workflow = parse(text) as {
    on: object;
    permissions: Record<string, string>;
    jobs: Record<string, { 'timeout-minutes'?: number; steps: Step[] }>;
  };
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  test('starts with the right to read alone, and to a federated login where it deploys', () => {
    expect(workflow.permissions).toEqual(
      name === 'deploy.yml' ? { contents: 'read', 'id-token': 'write' } : { contents: 'read' },
    );
  });

  test('puts no expression into a shell, where its text would be run', () => {
    const scripts = steps.map(({ run }) => run ?? '');
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
  });

  test('never runs for ever', () => {
    expect(Object.values(workflow.jobs).every((job) => (job['timeout-minutes'] ?? 0) > 0)).toBe(true);
  });

  test('does not run foreign code with the rights of the project', () => {
    expect(text).not.toContain('pull_request_target');
  });

  test('runs actions by their commit, the version beside it', () => {
    const actions = [...text.matchAll(/uses: (.*)$/gm)].map((match) => match[1] ?? '');
    expect(actions.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
    expect(actions).toHaveLength(steps.filter(({ uses }) => uses !== undefined).length);
  });

  test('reads a secret only where the run is asked to write it', () => {
    const unasked = steps
      .filter((step) => step.if !== 'inputs.write-secrets')
      .flatMap(({ env = {} }) => Object.values(env))
      .filter(
        (value) =>
          value.includes('secrets.') && !/^\$\{\{ inputs\.write-secrets && secrets\.\w+ \|\| '' \}\}$/.test(value),
      );
    expect(unasked).toEqual([]);
    expect(
      Object.values(workflow.jobs).some((job) => 'env' in job && JSON.stringify(job.env).includes('secrets.')),
    ).toBe(false);
  });
});
