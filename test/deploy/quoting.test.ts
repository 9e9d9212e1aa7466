/** Values to the letter, through what azd and the workflow really run: the lines of azure.yaml and deploy.yml, in real shells. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { exportVariables } from '../../scripts/deploy/github.ts';
import { readVariables, toParameters } from '../../scripts/deploy/parameters-file.ts';
import { GROUP, OWN, startFakeArm, type FakeArm } from '../support/fake-arm.ts';

const ROOT = join(import.meta.dirname, '../..');
const HOOKS = (parse(readFileSync(join(ROOT, 'azure.yaml'), 'utf8')) as { hooks: Record<string, { run: string }> })
  .hooks;

/** What breaks shells, JSON and .env files; no NUL, which no variable can hold. */
const UNITS = [
  '"',
  "'",
  '\\',
  '$',
  '`',
  '\n',
  '\r',
  ' ',
  '!',
  '%',
  '&',
  '{',
  '}',
  '(',
  '[',
  '#',
  '=',
  'a',
  'é',
  '€',
  '😀',
  '\\n',
  '${X}',
  '$(x)',
];
const texts = fc.array(fc.constantFrom(...UNITS), { minLength: 1, maxLength: 12 }).map((units) => units.join(''));
/** Each run starts npm and Node. */
const FEW = { numRuns: 3 };

/** As azd runs an inline hook: its text in a file, given to a shell in the folder of the project. */
async function runHook(line: string, shell: string, environment: Record<string, string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'hook-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'hook'), line);
  const child = spawn(shell, [join(folder, 'hook')], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect(status, said).toBe(0);
  return said;
}

describe('through a hook of azd', () => {
  let azure: FakeArm;

  beforeEach(async () => {
    azure = await startFakeArm();
    azure.put(`${GROUP}/providers/Microsoft.KeyVault/vaults/kv-qualys`, {}, OWN);
  });

  test.each(['sh', 'bash'])(
    'a password arrives in the vault as it was given to %s, and is shown nowhere',
    async (shell) => {
      await fc.assert(
        fc.asyncProperty(texts, async (password) => {
          const given = `${password}-marked`;
          const said = await runHook(HOOKS.postprovision?.run ?? '', shell, {
            ...azure.environment,
            QUALYS_PASSWORD: given,
          });
          expect(azure.deployments.at(-1)).toMatchObject({ name: 'qualys-password', value: given });
          expect(said).not.toContain('-marked');
        }),
        FEW,
      );
    },
  );

  test('settings of the app arrive in the parameter of the template', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (filter) => {
        const said = await runHook(HOOKS.preprovision?.run ?? '', 'sh', {
          ...azure.environment,
          EDR_FILTER: filter,
          QUALYS_USERNAME: 'u',
          VM_SEVERITY: '4-5',
          LOGS_INGESTION_ENDPOINT: 'as azd keeps it of an earlier deployment',
        });
        // The app would never see that name.
        expect(said).toContain(
          'VM_SEVERITY is no setting of the connector and is ignored; the nearest is VM_SEVERITIES\n',
        );
        expect(said).not.toContain('LOGS_INGESTION_ENDPOINT is no setting');
        const { CONNECTOR_SETTINGS = '' } = azure.azdValues();
        // A line of azd's .env needs no more quoting than this.
        expect(CONNECTOR_SETTINGS).toMatch(/^[\w .,:;/@%=+*?()\-"\\{}]+$/);
        // azd reads a variable of a parameter that is an object as JSON.
        expect(JSON.parse(CONNECTOR_SETTINGS)).toEqual({ EDR_FILTER: filter });
      }),
      FEW,
    );
  });
});

test('with plain az settings arrive in the file of parameters', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const file = toParameters(readVariables(join(ROOT, 'infra')), {
        CONNECTOR_SETTINGS: JSON.stringify({ EDR_FILTER: text }),
        QUALYS_USERNAME: text,
        FUNCTION_NODE_VERSION: '24',
        INSTANCE_MEMORY_MB: '2048',
        PRIVATE_NETWORKING: 'True',
        AZURE_RESOURCE_GROUP: 'rg-qualys',
        ALERT_EMAIL: '',
      });
      expect(JSON.parse(JSON.stringify(file))).toMatchObject({
        parameters: {
          settings: { value: { EDR_FILTER: text } },
          qualysUsername: { value: text },
          nodeVersion: { value: '24' },
          instanceMemoryMB: { value: 2048 },
          privateNetworking: { value: true },
        },
      });
      expect(JSON.stringify(file)).not.toMatch(/resourceGroupName|alertEmail/);
    }),
  );
});

test('a list that is none is refused by its variable', () => {
  expect(() => toParameters(readVariables(join(ROOT, 'infra')), { ALLOWED_IP_RANGES: '10.0.0.0/8' })).toThrow(
    'ALLOWED_IP_RANGES is no number, true, false or JSON',
  );
});

describe('through the workflow', () => {
  test('every variable of the environment that is known arrives as it stands there, and no other', () => {
    fc.assert(
      fc.property(texts, texts, (first, second) => {
        const given = { EDR_FILTER: first, OTHER: 'x', VM_PARAMS: `${second}\nEDR_FILTER<<end` };
        expect(readGithubEnv(exportVariables(given, ['EDR_FILTER', 'VM_PARAMS', 'ABSENT']))).toEqual({
          EDR_FILTER: first,
          VM_PARAMS: `${second}\nEDR_FILTER<<end`,
        });
      }),
    );
  });

  test('the step takes them from the JSON that GitHub gives, with the parameters and settings by name', async () => {
    const workflow = parse(readFileSync(join(ROOT, '.github/workflows/deploy.yml'), 'utf8')) as {
      jobs: { deploy: { steps: { env?: Record<string, string>; run?: string }[] } };
    };
    const step = workflow.jobs.deploy.steps.find(({ env }) => env?.VARIABLES === '${{ toJSON(vars) }}');
    const folder = mkdtempSync(join(tmpdir(), 'github-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'env');
    const variables = {
      PRIVATE_NETWORKING: 'true',
      EDR_FILTER: 'a"\\$\n',
      ALLOWED_IP_RANGES: '["10.0.0.0/8"]',
      SECRET_EXPIRES: '2027-01-01',
      PATH: '/evil',
      QUALYS_STREAM: 'edr-events',
    };
    const said = await runHook(step?.run ?? '', 'bash', { VARIABLES: JSON.stringify(variables), GITHUB_ENV: file });
    expect(said.split('\n').filter((line) => line.startsWith('::'))).toEqual([
      '::warning::QUALYS_STREAM is no setting of the connector and is ignored; the nearest is QUALYS_STREAMS',
    ]);
    const { PATH: _, QUALYS_STREAM: __, ...known } = variables;
    expect(readGithubEnv(readFileSync(file, 'utf8'))).toEqual(known);
  });
});

/** As GitHub's runner reads the file of `GITHUB_ENV`: NAME<<DELIMITER, lines, DELIMITER. */
function readGithubEnv(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length - 1; at += 1) {
    const [name = '', delimiter = ''] = (lines[at] ?? '').split('<<');
    const end = lines.indexOf(delimiter, at + 1);
    found[name] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return found;
}
