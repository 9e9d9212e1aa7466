import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { Arm } from '../../scripts/deploy/arm.ts';
import { detach } from '../../scripts/deploy/detach.ts';
import { ROLE_WAIT_MS, roleWaitMs } from '../../scripts/deploy/roles.ts';
import { readEndpoint, readResourceId, readRuleSettings, readSwitch } from '../../scripts/deploy/variables.ts';
import { writeSecrets, type SecretsOptions } from '../../scripts/deploy/secrets.ts';
import { deploySentinel, type SentinelOptions } from '../../scripts/deploy/sentinel.ts';
import { GROUP, OWN, startFakeArm, WORKSPACE, type FakeArm } from '../support/fake-arm.ts';

const VAULT = `${GROUP}/providers/Microsoft.KeyVault/vaults/kv-qualys`;
const NOW = new Date('2026-12-01T12:00:00Z');

let azure: FakeArm;
let arm: Arm;

beforeEach(async () => {
  azure = await startFakeArm();
  process.env.PATH = azure.environment.PATH;
  arm = new Arm({ signIn: 'azd', endpoint: azure.url, pollMs: 1 });
});

test.each(['az', 'azd'] as const)('a machine without %s is told what to install', async (signIn) => {
  process.env.PATH = '';
  const asked = new Arm({ signIn, endpoint: azure.url }).get(GROUP, '2025-04-01');
  await expect(asked).rejects.toThrow(
    `${signIn} is not installed, or not in the PATH. Get it from https://learn.microsoft.com/`,
  );
});

test('a token that ends in the middle of a step is got anew, once', async () => {
  azure.put(GROUP, {});
  await arm.get(GROUP, '2025-04-01');
  azure.expireToken();
  expect(await arm.get(GROUP, '2025-04-01')).toMatchObject({ name: 'rg-qualys' });
});

test('a change of what is not there is an error, and not taken for done', async () => {
  await expect(arm.send('PATCH', `${WORKSPACE}/tables/T_CL`, '2025-07-01', {})).rejects.toThrow('404 ResourceNotFound');
});

test('an Azure that cannot be reached is told by its name, with the reason', async () => {
  // Nobody listens there: the port is unassigned, and the system's.
  const reach = (endpoint: string): Promise<unknown> => new Arm({ signIn: 'azd', endpoint, pollMs: 1 }).get(GROUP, 'v');
  await expect(reach('http://127.0.0.1:4')).rejects.toThrow('127.0.0.1:4 cannot be reached: connect ECONNREFUSED');
  await expect(reach('no-address')).rejects.toThrow(`no-address${GROUP}?api-version=v cannot be reached: Invalid URL`);
});

test.each([
  ['no', []],
  ['an unknown', ['prepar']],
  ['an inherited', ['toString']],
] as const)('%s step is answered with the steps that there are', (_, given) => {
  const main = join(import.meta.dirname, '../../scripts/deploy/main.ts');
  const argv = ['--disable-warning=ExperimentalWarning', main, ...given];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  expect([status, stderr]).toEqual([
    1,
    'Usage: npm run deploy -- <prepare | secrets | roles | sentinel | detach | export> [azd]\n',
  ]);
});

describe('secrets', () => {
  function write(environment: SecretsOptions['environment'], ask?: SecretsOptions['ask']): Promise<string[]> {
    return writeSecrets({ arm, vault: VAULT, template: {}, environment, ask, now: NOW });
  }

  test('are written where a value is given, with their end, and no other', async () => {
    await write({ QUALYS_PASSWORD: 'new', ALERT_WEBHOOK_URL: '', SECRET_EXPIRES: '2027-12-31' });
    expect(azure.deployments).toEqual([
      {
        vaultName: 'kv-qualys',
        name: 'qualys-password',
        contentType: 'Password of the Qualys API account',
        value: 'new',
        expires: Date.parse('2027-12-31') / 1000,
      },
    ]);
  });

  test('that the vault has stay as they are, without a question', async () => {
    azure.put(`${VAULT}/secrets/qualys-password`, {});
    const lines = await write({ QUALYS_USERNAME: 'u' }, () => Promise.reject(new Error('asked')));
    expect([lines, azure.changes]).toEqual([[], []]);
  });

  test('that the login needs are asked for where the vault has none', async () => {
    await write({ QUALYS_CLIENT_ID: 'id' }, () => Promise.resolve('typed'));
    expect(azure.deployments).toMatchObject([{ name: 'qualys-client-secret', value: 'typed', expires: 0 }]);
  });

  test('that nobody can be asked for, or nobody types, are an error, by the variable that gives them', async () => {
    await expect(write({ QUALYS_USERNAME: 'u' })).rejects.toThrow('give it as QUALYS_PASSWORD');
    await expect(write({ QUALYS_USERNAME: 'u' }, () => Promise.resolve(''))).rejects.toThrow(
      'give it as QUALYS_PASSWORD',
    );
    expect(azure.changes).toEqual([]);
  });

  test('whose end has come since stop no deployment that writes none', async () => {
    azure.put(`${VAULT}/secrets/qualys-password`, {});
    expect(await write({ QUALYS_USERNAME: 'u', SECRET_EXPIRES: '2026-11-01' })).toEqual([]);
  });

  test.each([
    { ALERT_WEBHOOK_URL: 'https://soar.example' },
    { ALERT_WEBHOOK_URL: 'https://soar.example', ALERT_WEBHOOK_SECRET: 's', PUSH_ALERTS: 'unsigned' },
  ])('of a webhook that the app would not use are refused: %o', async (environment) => {
    await expect(write(environment)).rejects.toThrow('PUSH_ALERTS is ');
    expect(azure.changes).toEqual([]);
  });

  test('of a webhook that posts are signed for have to be there', async () => {
    const given = { PUSH_ALERTS: 'signed', ALERT_WEBHOOK_URL: 'https://soar.example' };
    await expect(write(given)).rejects.toThrow('give it as ALERT_WEBHOOK_SECRET');
    await write({ ...given, ALERT_WEBHOOK_SECRET: 's' });
    expect(azure.deployments.slice(-2)).toMatchObject([{ value: 'https://soar.example' }, { value: 's' }]);
  });

  test.each(['2026-11-30', 'soon', '12'])('with an end of %s are refused', async (text) => {
    await expect(write({ QUALYS_PASSWORD: 'p', SECRET_EXPIRES: text })).rejects.toThrow(`given ${text}`);
    expect(azure.changes).toEqual([]);
  });

  test('are an error when Azure fails to write them', async () => {
    azure.failures = 1;
    await expect(write({ QUALYS_PASSWORD: 'p' })).rejects.toThrow('table not found');
  });
});

describe('roles', () => {
  const identity = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-qualys`;
  const assignment = (name: string, createdOn: string): void => {
    azure.put(`${GROUP}/providers/Microsoft.Authorization/roleAssignments/${name}`, { createdOn });
  };

  test('are waited for until the youngest is as old as Azure may need', async () => {
    azure.put(identity, { principalId: 'p' }, OWN);
    assignment('a', '2026-12-01T10:00:00Z');
    assignment('b', '2026-12-01T11:57:00Z');
    expect(await roleWaitMs(arm, GROUP, NOW)).toBe(ROLE_WAIT_MS - 3 * 60_000);
  });

  test('of an installation that runs are not waited for', async () => {
    azure.put(identity, { principalId: 'p' }, OWN);
    assignment('a', '2026-11-01T10:00:00Z');
    expect(await roleWaitMs(arm, GROUP, NOW)).toBe(0);
  });

  test('that are not there are an error, not a wait', async () => {
    await expect(roleWaitMs(arm, GROUP, NOW)).rejects.toThrow('provision first');
    azure.put(identity, { principalId: 'p' }, OWN);
    await expect(roleWaitMs(arm, GROUP, NOW)).rejects.toThrow('has no role');
  });
});

describe('Sentinel content', () => {
  const rule = (name: string, properties: Record<string, unknown>): void => {
    azure.put(`${WORKSPACE}/providers/Microsoft.SecurityInsights/alertRules/${name}`, properties);
  };

  function run(given: Partial<SentinelOptions> = {}): Promise<string[]> {
    return deploySentinel({
      ...{ arm, workspace: WORKSPACE, template: {}, parameters: { deployRules: true }, isRenewed: false, retryMs: 1 },
      ...given,
    });
  }

  test('that is there is named to the template, which leaves it alone', async () => {
    rule('A-Rule', { enabled: false });
    azure.put(`${WORKSPACE}/savedSearches/QualysEdrEvents`, {});
    const group = WORKSPACE.slice(0, WORKSPACE.indexOf('/providers/'));
    azure.put(`${group}/providers/Microsoft.Insights/workbooks/a-workbook`, {});
    azure.put(`${WORKSPACE}/providers/Microsoft.SecurityInsights/dataConnectorDefinitions/A-Page`, {});
    await run();
    expect(azure.deployments).toMatchObject([
      { workspaceName: 'log-soc', deployRules: true, present: ['a-rule', 'qualysedrevents', 'a-workbook', 'a-page'] },
    ]);
  });

  test('that the parameters name is deployed by them each time', async () => {
    rule('A-Rule', {});
    rule('b-rule', {});
    await run({ ruleIds: ['a-rule'] });
    expect(azure.deployments).toMatchObject([{ present: ['b-rule'] }]);
  });

  test('that is renewed keeps what a SOC tuned of a rule', async () => {
    const alertDetailsOverride = { alertSeverityColumnName: 'AlertSeverity', alertDisplayNameFormat: 'old' };
    rule('a-rule', { enabled: false, severity: 'Low', query: 'old', alertDetailsOverride });
    await run({ isRenewed: true });
    expect(azure.deployments).toMatchObject([{ present: [] }]);
    expect(azure.deployments[0]).toHaveProperty('tuned', { 'a-rule': { enabled: false, severity: 'Low' } });
    expect(JSON.stringify(azure.deployments)).not.toContain('old');
  });

  test.each([[undefined], [{ alertDisplayNameFormat: 'x' }], [{ alertSeverityColumnName: null }]])(
    'that is renewed gives a rule with the details %j no severity by row',
    async (alertDetailsOverride) => {
      rule('a-rule', { severity: 'Low', ...(alertDetailsOverride === undefined ? {} : { alertDetailsOverride }) });
      await run({ isRenewed: true });
      expect(azure.deployments[0]).toHaveProperty('tuned', {
        'a-rule': { severity: 'Low', alertDetailsOverride: { alertSeverityColumnName: null } },
      });
    },
  );

  test('is tried again while a new table is not known yet, and fails in the end', async () => {
    azure.failures = 4;
    await run();
    expect(azure.deployments).toHaveLength(5);
    azure.failures = 5;
    await expect(run()).rejects.toThrow('table not found');
  });
});

describe('a tear-down', () => {
  const scope = `${GROUP}/providers/Microsoft.Insights/privateLinkScopes/ampls-qualys`;
  const link = (of: string, name: string, to: string): void => {
    azure.put(`${of}/scopedResources/${name}`, { linkedResourceId: to });
  };

  test('takes everything out of the own private link scope first', async () => {
    azure.put(scope, {}, OWN);
    link(scope, 'qualys-x-0', WORKSPACE);
    link(scope, 'link-1', `${GROUP}/providers/Microsoft.Insights/components/appi`);
    expect(await detach(arm, GROUP)).toEqual(['qualys-x-0', 'link-1']);
    expect(await arm.list(`${scope}/scopedResources`, '2021-09-01')).toEqual([]);
  });

  test('takes only the own links out of a scope of others, another connector among them', async () => {
    const central = scope.replace('rg-qualys', 'rg-hub');
    azure.put(`${GROUP}/providers/Microsoft.Storage/storageAccounts/stqualysabcdefgh`, {}, OWN);
    link(central, 'qualys-abcdefgh-0', WORKSPACE);
    link(central, 'by-hand', `${GROUP}/providers/Microsoft.Insights/components/appi`);
    link(central, 'qualys-hgfedcba-0', WORKSPACE);
    link(central, 'link-of-others', WORKSPACE);
    expect(await detach(arm, GROUP, central)).toEqual(['qualys-abcdefgh-0', 'by-hand']);
  });

  test('without private link does nothing', async () => {
    expect(await detach(arm, GROUP)).toEqual([]);
  });
});

describe('a variable', () => {
  test.each([
    [undefined, false, false],
    ['', true, true],
    [' ', true, true],
    ['True', false, true],
    [' false ', true, false],
  ] as const)('that is a switch and says %o is, otherwise %o, %o', (text, otherwise, expected) => {
    expect(readSwitch('DEPLOY_PREVIEW', text, otherwise)).toBe(expected);
  });

  test.each(['1', '0', 'yes', 'off'])(
    'that is a switch and says %s is refused, and not taken for the other',
    (text) => {
      expect(() => readSwitch('DEPLOY_PREVIEW', text)).toThrow(`DEPLOY_PREVIEW takes true or false, given "${text}"`);
    },
  );

  test.each([
    'log-soc',
    WORKSPACE.slice(1),
    `${WORKSPACE}/`,
    `https://portal.azure.com/#resource${WORKSPACE}`,
    `${GROUP}/providers/Microsoft.KeyVault/vaults/kv`,
    WORKSPACE.replace('rg-soc', 'rg soc?x='),
  ])('that names a workspace takes no %s', (text) => {
    const read = (): unknown => readResourceId('W', text, 'Microsoft.OperationalInsights/workspaces');
    expect(read).toThrow(
      'W takes a resource id, /subscriptions/…/resourceGroups/…/providers/Microsoft.OperationalInsights/workspaces/<name>',
    );
  });

  test.each([WORKSPACE, WORKSPACE.toLowerCase(), WORKSPACE.replace('rg-soc', 'gruppe_ä(1).x')])(
    'that names a workspace takes %s',
    (text) => {
      expect(readResourceId('W', text, 'Microsoft.OperationalInsights/workspaces')).toBe(text);
    },
  );

  test('that is blank names nothing', () => {
    expect(readResourceId('W', ' ', 'Microsoft.KeyVault/vaults')).toBeUndefined();
    expect(readEndpoint('A', ' ')).toBeUndefined();
  });

  test.each(['foo', 'management.azure.com', 'http://management.azure.com', 'file:///x'])(
    'that names Azure Resource Manager takes no %s',
    (text) => {
      expect(() => readEndpoint('A', text)).toThrow('A takes an https address');
      expect(readEndpoint('A', 'https://management.usgovcloudapi.net')).toBe('https://management.usgovcloudapi.net');
    },
  );

  test.each([
    ['{', 'SENTINEL_RULE_SETTINGS is no JSON object'],
    ['[]', 'SENTINEL_RULE_SETTINGS is no JSON object'],
    ['{"malicous-file":{}}', 'SENTINEL_RULE_SETTINGS names malicous-file; rules are malicious-file'],
    ['{"__proto__":{}}', 'SENTINEL_RULE_SETTINGS names __proto__'],
  ])('with settings of rules %s is refused', (text, message) => {
    expect(() => readRuleSettings(text, ['malicious-file'])).toThrow(message);
  });
});
