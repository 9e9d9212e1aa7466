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
import { findMistakenNames } from '../../src/lib/mistaken-names.ts';
import { detach, SCOPES } from './detach.ts';
import { findOwn } from './find.ts';
import { exportVariables } from './github.ts';
import { toParameters, readVariables } from './parameters-file.ts';
import { prepare, WORKSPACES } from './prepare.ts';
import { awaitRoles } from './roles.ts';
import { SECRETS, writeSecrets } from './secrets.ts';
import { deploySentinel } from './sentinel.ts';
import { TABLES_API, type WantedTable } from './tables.ts';
import { readEndpoint, readResourceId, readRuleSettings, readSwitch } from './variables.ts';

const INFRA = join(import.meta.dirname, '../../infra');
const [step = '', mode] = process.argv.slice(2);
const signIn: SignIn = mode === 'azd' ? 'azd' : 'az';
/** Blank means unset, everywhere. */
const environment: Record<string, string | undefined> = Object.fromEntries(
  Object.entries(process.env).map(([name, value]) => [name, value?.trim() === '' ? '' : value]),
);
const settingNames = [...readText('settings.bicep').matchAll(/^ {2}(\w+): string\?$/gm)].map(([, name = '']) => name);
const canAsk = process.stdin.isTTY && process.stderr.isTTY;

const STEPS: Readonly<Record<string, () => Promise<void>>> = {
  async prepare() {
    await askForValues();
    const tables = globSync('tables/*.json', { cwd: INFRA }).map((path) => readJson(path) as WantedTable);
    const parameters = readVariables(INFRA);
    for (const line of findMistakenNames(environment, knownNames(), outputNames())) console.error(line);
    const { variables, lines } = await prepare({
      ...{ arm: arm(), group: group(), environment, tables, settingNames, isPreview: isPreview() },
      // Only azd carries them through another text.
      textVariables: signIn === 'azd' ? parameters.filter(({ isText }) => isText).map(({ variable }) => variable) : [],
    });
    for (const line of lines) console.error(line);
    if (signIn === 'az')
      console.log(JSON.stringify(toParameters(parameters, { ...environment, ...variables }), null, 2));
    else await keep(variables);
  },

  async secrets() {
    if (isPreview()) return;
    const template = readJson('secrets.json') as Template;
    const asked = canAsk ? askUnseen : undefined;
    const vault = await givenOrOwn('KEY_VAULT_RESOURCE_ID', 'Microsoft.KeyVault/vaults', '2025-05-01');
    const options = { arm: arm(), vault, template, environment, ask: asked, now: new Date() };
    const lines = await writeSecrets(options);
    for (const line of lines) console.error(line);
    // Whoever meant to, and did not export it, would take silence for success.
    if (lines.length === 0) console.error(`no secret is written: none of ${Object.keys(SECRETS).join(', ')} is given`);
  },

  async roles() {
    await awaitRoles(arm(), group());
  },

  async sentinel() {
    if (isPreview()) return;
    const rules = globSync('*.json', { cwd: join(INFRA, 'sentinel/rules') }).map((file) => file.slice(0, -5));
    const ruleSettings = readRuleSettings(given('SENTINEL_RULE_SETTINGS'), rules);
    const workspace = await givenOrOwn('WORKSPACE_RESOURCE_ID', WORKSPACES, TABLES_API);
    const parameters = {
      deployFunctions: isOn('DEPLOY_SENTINEL_FUNCTIONS', true),
      deployRules: isOn('DEPLOY_SENTINEL_RULES', true),
      deployHunting: isOn('DEPLOY_SENTINEL_HUNTING', true),
      deployWorkbook: isOn('DEPLOY_SENTINEL_WORKBOOK', true),
      deployDataConnector: isOn('DEPLOY_SENTINEL_DATA_CONNECTOR', true),
      registerAsimParsers: isOn('REGISTER_ASIM_PARSERS'),
      ruleSettings,
    };
    const isRenewed = isOn('RENEW_SENTINEL');
    const ruleIds = Object.keys(ruleSettings).map(
      (name) => (readJson(`sentinel/rules/${name}.json`) as { id: string }).id,
    );
    const template = await compileBicep(join(INFRA, 'sentinel/sentinel.bicep'), signIn);
    const present = await deploySentinel({ arm: arm(), workspace, template, parameters, ruleIds, isRenewed });
    console.error(
      `Sentinel content is there; ${isRenewed ? 'renewed' : 'left as they were'}: ${present.length} of what was`,
    );
  },

  async detach() {
    const scope = readResourceId('PRIVATE_LINK_SCOPE_ID', environment.PRIVATE_LINK_SCOPE_ID, SCOPES);
    const links = await detach(arm(), group(), scope);
    console.error(
      links.length === 0 ? 'no private link to remove' : `removed from the private link: ${links.join(', ')}`,
    );
  },

  /** In the workflow: `VARIABLES` is the JSON of all variables of the GitHub environment. */
  async export() {
    const variables = JSON.parse(given('VARIABLES') ?? '{}') as Record<string, string>;
    // The run shows it as an annotation; what is left out here no later step can tell of.
    for (const line of findMistakenNames(variables, knownNames(), outputNames())) console.log(`::warning::${line}`);
    appendFileSync(given('GITHUB_ENV') ?? '', exportVariables(variables, deployedNames()));
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

/** Variables that a deployment takes. */
function deployedNames(): string[] {
  return [...readVariables(INFRA).map(({ variable }) => variable), ...STEP_VARIABLES, ...settingNames];
}

/** Beside these the secrets and the switch of a preview. */
function knownNames(): string[] {
  return [...deployedNames(), ...Object.keys(SECRETS), 'DEPLOY_PREVIEW'];
}

/** What azd keeps of an earlier deployment: nobody's mistake, and nobody means it. */
function outputNames(): string[] {
  return [...readText('main.bicep').matchAll(/^output (\w+) /gm)].map(([, name = '']) => name);
}

/** azd asks for what has no default, the region and the Qualys server; a login and a workspace may be none, so it would not. */
async function askForValues(): Promise<void> {
  if (signIn !== 'azd' || !canAsk) return;
  const questions = {
    QUALYS_USERNAME: 'User name of the Qualys account (empty: an API client logs in):',
    WORKSPACE_RESOURCE_ID: "Resource id of your Sentinel's Log Analytics workspace (empty: a new one is made):",
  };
  for (const [name, question] of Object.entries(questions)) {
    if (environment[name] !== undefined) continue;
    const answer = await ask(question);
    // What azd keeps is not asked for again.
    if (name === 'WORKSPACE_RESOURCE_ID') readResourceId(name, answer, WORKSPACES);
    environment[name] = answer;
    await keep({ [name]: answer });
  }
}

/** Into azd's environment, where the deployment that goes on reads it. */
async function keep(variables: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(variables)) await promisify(execFile)('azd', ['env', 'set', name, value]);
}

function arm(): Arm {
  return new Arm({ signIn, endpoint: readEndpoint('AZURE_RESOURCE_MANAGER', environment.AZURE_RESOURCE_MANAGER) });
}

function group(): string {
  const name = given('AZURE_RESOURCE_GROUP') ?? `rg-qualys-${required('AZURE_ENV_NAME', ' or AZURE_RESOURCE_GROUP')}`;
  return `/subscriptions/${required('AZURE_SUBSCRIPTION_ID')}/resourceGroups/${name}`;
}

/** The resource that a variable names, else the connector's own. */
async function givenOrOwn(variable: string, type: string, apiVersion: string): Promise<string> {
  const given = readResourceId(variable, environment[variable], type);
  if (given !== undefined) return given;
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

function isOn(name: string, otherwise = false): boolean {
  return readSwitch(name, environment[name], otherwise);
}

function isPreview(): boolean {
  return isOn('DEPLOY_PREVIEW');
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
