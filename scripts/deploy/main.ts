/**
 * `npm run deploy -- <step> [azd]`: what is done around a deployment of the templates, the same for azd (whose hooks call it),
 * plain `az` and the workflow. Everything is given by variables; docs/install.md lists them. `azd`: signed in as azd, and what
 * was found goes into its environment; otherwise signed in as `az`, and it is printed as a file of parameters.
 *
 * Plain Node.js without packages: whoever deploys with azd or the workflow has it, because the app is built there; it runs the
 * same in every shell, Windows' too; and a value never passes through a shell's quoting.
 */
import { execFile } from 'node:child_process';
import { appendFileSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Arm, type SignIn, type Template } from './arm.ts';
import { ask, askUnseen } from './ask.ts';
import { compileBicep } from './compile.ts';
import { detach } from './detach.ts';
import { findOwn } from './find.ts';
import { exportVariables } from './github.ts';
import { toParameters, readVariables } from './parameters-file.ts';
import { prepare } from './prepare.ts';
import { awaitRoles } from './roles.ts';
import { writeSecrets } from './secrets.ts';
import { deploySentinel } from './sentinel.ts';
import { TABLES_API, type WantedTable } from './tables.ts';

const INFRA = join(import.meta.dirname, '../../infra');
const [step = '', mode] = process.argv.slice(2);
const signIn: SignIn = mode === 'azd' ? 'azd' : 'az';
/** Blank means unset, everywhere. */
const environment: Record<string, string | undefined> = { ...process.env };
const settingNames = [...readText('settings.bicep').matchAll(/^ {2}(\w+): string\?$/gm)].map(([, name = '']) => name);
const isPreview = isOn('DEPLOY_PREVIEW');
const canAsk = process.stdin.isTTY && process.stderr.isTTY;

const STEPS: Readonly<Record<string, () => Promise<void>>> = {
  async prepare() {
    await askForValues();
    const tables = globSync('tables/*.json', { cwd: INFRA }).map((path) => readJson(path) as WantedTable);
    const parameters = readVariables(INFRA);
    const { variables, lines } = await prepare({
      ...{ arm: arm(), group: group(), environment, tables, settingNames, isPreview },
      // Only azd carries them through another text.
      textVariables: signIn === 'azd' ? parameters.filter(({ isText }) => isText).map(({ variable }) => variable) : [],
    });
    for (const line of lines) console.error(line);
    if (signIn === 'az')
      console.log(JSON.stringify(toParameters(parameters, { ...environment, ...variables }), null, 2));
    else await keep(variables);
  },

  async secrets() {
    if (isPreview) return;
    const template = readJson('secrets.json') as Template;
    const asked = canAsk ? askUnseen : undefined;
    const vault = given('KEY_VAULT_RESOURCE_ID') ?? (await own('Microsoft.KeyVault/vaults', '2025-05-01'));
    const options = { arm: arm(), vault, template, environment, ask: asked, now: new Date() };
    for (const line of await writeSecrets(options)) console.error(line);
  },

  async roles() {
    await awaitRoles(arm(), group());
  },

  async sentinel() {
    if (isPreview) return;
    const workspace =
      given('WORKSPACE_RESOURCE_ID') ?? (await own('Microsoft.OperationalInsights/workspaces', TABLES_API));
    const parameters = {
      deployFunctions: !isOff('DEPLOY_SENTINEL_FUNCTIONS'),
      deployRules: !isOff('DEPLOY_SENTINEL_RULES'),
      deployHunting: !isOff('DEPLOY_SENTINEL_HUNTING'),
      deployWorkbook: !isOff('DEPLOY_SENTINEL_WORKBOOK'),
      deployDataConnector: !isOff('DEPLOY_SENTINEL_DATA_CONNECTOR'),
      registerAsimParsers: isOn('REGISTER_ASIM_PARSERS'),
      ruleSettings: JSON.parse(given('SENTINEL_RULE_SETTINGS') ?? '{}') as Record<string, unknown>,
    };
    const ruleIds = Object.keys(parameters.ruleSettings).map(
      (name) => (readJson(`sentinel/rules/${name}.json`) as { id: string }).id,
    );
    const template = await compileBicep(join(INFRA, 'sentinel/sentinel.bicep'), signIn);
    const isRenewed = isOn('RENEW_SENTINEL');
    const present = await deploySentinel({ arm: arm(), workspace, template, parameters, ruleIds, isRenewed });
    console.error(
      `Sentinel content is there; ${isRenewed ? 'renewed' : 'left as they were'}: ${present.length} of what was`,
    );
  },

  async detach() {
    const links = await detach(arm(), group(), given('PRIVATE_LINK_SCOPE_ID') ?? '');
    console.error(
      links.length === 0 ? 'no private link to remove' : `removed from the private link: ${links.join(', ')}`,
    );
  },

  /** In the workflow: `VARIABLES` is the JSON of all variables of the GitHub environment. */
  async export() {
    const known = [...readVariables(INFRA).map(({ variable }) => variable), ...STEP_VARIABLES, ...settingNames];
    const variables = JSON.parse(given('VARIABLES') ?? '{}') as Record<string, string>;
    appendFileSync(given('GITHUB_ENV') ?? '', exportVariables(variables, known));
    return Promise.resolve();
  },
};

/** Variables of the steps, which are no parameters of a template. */
const STEP_VARIABLES = [
  'AZURE_CLIENT_ID',
  'AZURE_TENANT_ID',
  'AZURE_SUBSCRIPTION_ID',
  'AZURE_RESOURCE_MANAGER',
  'DEPLOY_SENTINEL_FUNCTIONS',
  'DEPLOY_SENTINEL_RULES',
  'DEPLOY_SENTINEL_HUNTING',
  'DEPLOY_SENTINEL_WORKBOOK',
  'DEPLOY_SENTINEL_DATA_CONNECTOR',
  'REGISTER_ASIM_PARSERS',
  'SENTINEL_RULE_SETTINGS',
  'RENEW_SENTINEL',
  'SECRET_EXPIRES',
];

/** azd asks for what has no default, the region and the Qualys server; a login and a workspace may be none, so it would not. */
async function askForValues(): Promise<void> {
  if (signIn !== 'azd' || !canAsk) return;
  const questions = {
    QUALYS_USERNAME: 'User name of the Qualys account (empty: an API client logs in):',
    WORKSPACE_RESOURCE_ID: "Resource id of your Sentinel's Log Analytics workspace (empty: a new one is made):",
  };
  for (const [name, question] of Object.entries(questions)) {
    if (environment[name] !== undefined) continue;
    environment[name] = await ask(question);
    await keep({ [name]: environment[name] });
  }
}

/** Into azd's environment, where the deployment that goes on reads it. */
async function keep(variables: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(variables)) await promisify(execFile)('azd', ['env', 'set', name, value]);
}

function arm(): Arm {
  return new Arm({ signIn, endpoint: given('AZURE_RESOURCE_MANAGER') });
}

function group(): string {
  const name = given('AZURE_RESOURCE_GROUP') ?? `rg-qualys-${required('AZURE_ENV_NAME', ' or AZURE_RESOURCE_GROUP')}`;
  return `/subscriptions/${required('AZURE_SUBSCRIPTION_ID')}/resourceGroups/${name}`;
}

async function own(type: string, apiVersion: string): Promise<string> {
  const found = await findOwn(arm(), group(), type, apiVersion);
  if (found === undefined) throw new Error(`${group()} has no ${type} of the connector: deploy first`);
  return found.id;
}

function given(name: string): string | undefined {
  return environment[name] === '' ? undefined : environment[name];
}

function required(name: string, other = ''): string {
  const value = given(name);
  if (value === undefined) throw new Error(`set ${name}${other}`);
  return value;
}

function isOn(name: string): boolean {
  return given(name)?.toLowerCase() === 'true';
}

function isOff(name: string): boolean {
  return given(name)?.toLowerCase() === 'false';
}

function readJson(name: string): unknown {
  return JSON.parse(readText(name));
}

function readText(name: string): string {
  return readFileSync(join(INFRA, name), 'utf8');
}

try {
  const run = Object.hasOwn(STEPS, step) ? STEPS[step] : undefined;
  if (run === undefined) throw new Error(`Usage: npm run deploy -- <${Object.keys(STEPS).join(' | ')}> [azd]`);
  await run();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
