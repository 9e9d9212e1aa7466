import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkInfra, runBicepCheck } from '../../scripts/check-infra.ts';
import { readInfraFiles, type InfraFiles } from '../../scripts/infra-checks/infra-files.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILES = readInfraFiles(ROOT);
const EDR_TABLE = 'infra/tables/QualysEdrEvents_CL.json';

/** The project's files with one text changed; the change must hit. */
function withChange(path: string, from: string | RegExp, to: string): InfraFiles {
  const text = FILES[path] ?? '';
  const changed = text.replace(from, to);
  expect(changed, `nothing in ${path} matches`).not.toBe(text);
  return { ...FILES, [path]: changed };
}

function withColumn(column: object): InfraFiles {
  const table = JSON.parse(FILES[EDR_TABLE] ?? '') as { columns: object[] };
  return { ...FILES, [EDR_TABLE]: JSON.stringify({ ...table, columns: [...table.columns, column] }) };
}

test('Bicep, code and docs say the same', () => {
  expect(checkInfra(FILES)).toEqual([]);
});

test('the Bicep checker finds neither an error nor a warning, where it is installed', async ({ skip }) => {
  const findings = await runBicepCheck(ROOT);
  skip(findings === undefined, 'bicep-check is not on this machine');
  expect(findings).toEqual([]);
});

describe('a difference is named', () => {
  const cases: [string, InfraFiles, string][] = [
    [
      'a playbook that is not deployed',
      withChange('infra/logic-apps/playbooks.bicep', "loadJsonContent('playbooks/enrich-incident.json')", '{}'),
      'infra/logic-apps/playbooks.bicep does not deploy infra/logic-apps/playbooks/enrich-incident.json',
    ],
    [
      'a parameter that a playbook does not get',
      withChange('infra/logic-apps/playbooks.bicep', 'functionKeySecretUri: {', 'key: {'),
      'infra/logic-apps/playbooks.bicep does not give the parameter functionKeySecretUri of infra/logic-apps/playbooks/enrich-incident.json',
    ],
    [
      'an action of a playbook that follows on none',
      withChange(
        'infra/logic-apps/playbooks/enrich-incident.json',
        '"Host_names": ["Succeeded"]',
        '"Names": ["Succeeded"]',
      ),
      'infra/logic-apps/playbooks/enrich-incident.json: Hashes runs after Names, which is not beside it',
    ],
    [
      'an expression of a playbook that names what is not there',
      withChange('infra/logic-apps/playbooks/enrich-incident.json', "@body('Hosts')", "@body('Machines')"),
      "infra/logic-apps/playbooks/enrich-incident.json: there is no body('Machines')",
    ],
    [
      'an app setting that the schema does not know',
      withChange(
        'infra/modules/function-app.bicep',
        'QUALYS_API_URL:',
        'QUALYS_SERVER: qualysApiUrl\n  QUALYS_API_URL:',
      ),
      'Bicep sets QUALYS_SERVER, which the settings schema does not know',
    ],
    [
      'a required setting that is not set',
      withChange('infra/modules/function-app.bicep', '  LOGS_INGESTION_RULE_ID: ingestionRuleId\n', ''),
      'Bicep does not set LOGS_INGESTION_RULE_ID, which the app requires',
    ],
    [
      'a storage service that the host cannot find',
      withChange('infra/modules/function-app.bicep', /AzureWebJobsStorage__queueServiceUri: .*\n/, ''),
      'Bicep does not set AzureWebJobsStorage__queueServiceUri, which the app requires',
    ],
    [
      'a setting that Flex Consumption refuses',
      withChange(
        'infra/modules/function-app.bicep',
        'AZURE_CLIENT_ID:',
        "FUNCTIONS_WORKER_RUNTIME: 'node'\n  AZURE_CLIENT_ID:",
      ),
      'Flex Consumption refuses FUNCTIONS_WORKER_RUNTIME',
    ],
    [
      'a file of the page that asks for a sign-in',
      withChange('infra/modules/function-app.bicep', "  '/api/dashboard/app.js'\n", ''),
      'pagePaths lacks /api/dashboard/app.js, so the page asks for a sign-in',
    ],
    [
      'a route that is open to everybody',
      withChange(
        'infra/modules/function-app.bicep',
        "'/api/dashboard/app.js'",
        "'/api/status'\n  '/api/dashboard/app.js'",
      ),
      'pagePaths opens /api/status, which is no file of the page',
    ],
    [
      'a password in plain text',
      withChange('infra/modules/function-app.bicep', /QUALYS_PASSWORD: .*/, 'QUALYS_PASSWORD: qualysPassword'),
      'QUALYS_PASSWORD is not a Key Vault reference',
    ],
    [
      'a secret that a deployment writes',
      withChange(
        'infra/modules/key-vault.bicep',
        /$/,
        "resource password 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {}\n",
      ),
      'infra/modules/key-vault.bicep: password writes a secret; only npm run deploy -- secrets does',
    ],
    [
      'a secret that azd would keep and give to every deployment',
      withChange('infra/main.bicep', /$/, "@secure()\n@description('d')\nparam qualysPassword string\n"),
      'infra/main.bicep: param qualysPassword takes a secret, which every deployment would need again',
    ],
    [
      'a parameter that azd does not pass on',
      withChange('infra/main.bicep', /^param storageSku .*\n/m, ''),
      'infra/main.bicep does not pass the parameter storageSku on',
    ],
    [
      'a parameter that has no variable',
      withChange('infra/main.parameters.json', '"nodeVersion"', '"node"'),
      'no variable of azd gives the parameter nodeVersion',
    ],
    [
      'a parameter that the template does not have',
      withChange('infra/main.parameters.json', '"nodeVersion"', '"node"'),
      'infra/main.parameters.json has a parameter node that infra/main.bicep does not have',
    ],
    [
      'a parameter with the variable of another one',
      withChange('infra/main.parameters.json', '${ALERT_EMAIL}', '${PUSH_ALERTS}'),
      'infra/main.parameters.json gives alertEmail another value than that of ALERT_EMAIL',
    ],
    [
      'a parameter that the docs do not name',
      withChange('docs/install.md', /`ALERT_EMAIL`/g, 'it'),
      'docs/install.md does not name the variable ALERT_EMAIL',
    ],
    [
      'a parameter that the form of the button does not give',
      withChange('infra/createUiDefinition.json', '"alertEmail": "[', '"mail": "['),
      'the form of the button does not give alertEmail',
    ],
    [
      'a parameter that only the form of the button has',
      withChange('infra/createUiDefinition.json', '"alertEmail": "[', '"mail": "['),
      'the form of the button gives mail, which infra/resource-group.bicep does not have',
    ],
    [
      'a workflow that passes some variables only',
      withChange('.github/workflows/deploy.yml', 'toJSON(vars)', 'vars.SOME'),
      'the workflow deploy does not hand every variable of its environment on',
    ],
    [
      'a workspace that each deployment sets back',
      withChange('infra/modules/monitoring.bicep', ' = if (createWorkspace) {', ' = {'),
      'infra/modules/monitoring.bicep: newWorkspace is deployed over what is there',
    ],
    [
      'a table that each deployment sets back',
      withChange('infra/modules/tables.bicep', 'for table in tables:', 'for table in all:'),
      'infra/modules/tables.bicep: absentTables is deployed over what is there',
    ],
    [
      'a rule that each deployment sets back',
      withChange(
        'infra/sentinel/sentinel.bicep',
        'deployRules && !contains(present, toLower(item.meta.id))',
        'deployRules',
      ),
      'infra/sentinel/sentinel.bicep: analyticRule is deployed over what is there',
    ],
    [
      'a resource of which the docs do not say what a deployment does to it',
      withChange('docs/install.md', '`Microsoft.Web/serverfarms`', 'the plan'),
      'docs/install.md does not say what a deployment does to a Microsoft.Web/serverfarms that was changed by hand',
    ],
    [
      'a name that can become too long',
      withChange('infra/resource-group.bicep', "name: 'kv-${nameSuffix}'", "name: 'vault-${nameSuffix}'"),
      'infra/modules/key-vault.bicep: a Microsoft.KeyVault/vaults may get a name of 25 characters, 24 at most',
    ],
    [
      'a deployment whose name can become too long',
      withChange(
        'infra/resource-group.bicep',
        "'storage-${hash}'",
        "'storage-of-the-connector-and-of-everything-that-it-keeps-${hash}'",
      ),
      'the deployment storage-of-the-connector-and-of-everything-that-it-keeps-${hash} has a name of 65 characters',
    ],
    [
      'another retention than the steps take',
      withChange('infra/resource-group.bicep', '[1095, 1460', '[1000, 1460'),
      'Bicep and the step prepare take different retentions',
    ],
    [
      'an alert that looks back too far',
      withChange('infra/modules/alerts.bicep', "lookback: 'P2D'", "lookback: 'P7D'"),
      'an alert looks back P2D at most',
    ],
    [
      'a short name that is too long',
      withChange('infra/modules/alerts.bicep', "groupShortName: 'qualys'", "groupShortName: 'qualys-alerts'"),
      'the short name qualys-alerts has more than 12 characters',
    ],
    [
      'a query that alerts do not take',
      withChange(
        'infra/alerts/no-telemetry.kql',
        '| summarize',
        '| where TimeGenerated > ago(1m * silentMinutes)\n| summarize',
      ),
      'infra/alerts/no-telemetry.kql: ago() takes a literal only',
    ],
    [
      'a union in a query of an alert',
      withChange('infra/alerts/judged.kql', /^lines$/m, 'union lines'),
      'infra/alerts/judged.kql: union and search are not supported',
    ],
    [
      'a column type that streams do not have',
      withColumn({ name: 'EventGuid', type: 'guid', description: '' }),
      'QualysEdrEvents_CL.EventGuid: a data collection stream has no type guid',
    ],
    [
      'a reserved column name, whatever its case',
      withColumn({ name: 'TITLE', type: 'string', description: '' }),
      'QualysEdrEvents_CL.TITLE: the name is reserved',
    ],
    [
      'a column name that Azure does not take',
      withColumn({ name: 'File-Name', type: 'string', description: '' }),
      'QualysEdrEvents_CL.File-Name: a name has 2 to 45 letters, digits and underscores, a letter first',
    ],
    [
      'a column that differs from another in case only',
      withColumn({ name: 'eventid', type: 'string', description: '' }),
      'QualysEdrEvents_CL.eventid: the name is there twice',
    ],
    [
      'a table without TimeGenerated',
      withChange(EDR_TABLE, '"TimeGenerated"', '"GeneratedAt"'),
      'QualysEdrEvents_CL has no column TimeGenerated of type dateTime',
    ],
    [
      'a stream declaration that leaves columns out',
      withChange('infra/modules/data-collection.bicep', 'map(stream.columns,', 'map(take(stream.columns, 10),'),
      'infra/modules/data-collection.bicep does not declare every column of every stream, types in lower case',
    ],
    [
      'a table definition that leaves columns out',
      withChange('infra/modules/tables.bicep', 'columns: table.columns', 'columns: take(table.columns, 10)'),
      'infra/modules/tables.bicep does not give a table every column of its file',
    ],
    [
      'a queue with another name',
      withChange('infra/modules/storage.bicep', "'qualys-fetch-poison'", "'qualys-poison'"),
      'infra/modules/storage.bicep: var queueNames is qualys-alerts,qualys-alerts-poison,qualys-fetch,qualys-poison,qualys-wake-ups,qualys-wake-ups-poison, the code uses qualys-alerts,qualys-alerts-poison,qualys-fetch,qualys-fetch-poison,qualys-wake-ups,qualys-wake-ups-poison',
    ],
    [
      'a filter that drops what goes on of a record',
      withChange('infra/modules/data-collection.bicep', " ? ' or PartNumber > 1' : ''", " ? '' : ''"),
      'infra/modules/data-collection.bicep does not filter by the options of a stream, and keep what goes on',
    ],
    [
      'an alert for rows that a filter drops',
      withChange('infra/modules/alerts.bicep', "operator: 'Exclude'", "operator: 'Include'"),
      'infra/modules/alerts.bicep fires for rows that a filter drops: Azure counts them as dropped',
    ],
    [
      'a storage table that is not made',
      withChange('infra/modules/storage.bicep', "  'QualysAudit'\n", ''),
      'infra/modules/storage.bicep: var tableNames is QualysAlerts,QualysBackfills,QualysLimits,QualysMemory,QualysSent,QualysWatermarks,QualysWindows, the code uses QualysAlerts,QualysAudit,QualysBackfills,QualysLimits,QualysMemory,QualysSent,QualysWatermarks,QualysWindows',
    ],
    [
      'another dead-letter container',
      withChange('infra/modules/storage.bicep', "'qualys-dead-letters'", "'dead-letters'"),
      'infra/modules/storage.bicep: deadLetterContainer is dead-letters, the code uses qualys-dead-letters',
    ],
    [
      'a role that the docs do not list',
      withChange('docs/install.md', /^\| Key Vault Secrets User .*\n/m, ''),
      'docs/install.md does not list the role keyVaultSecretsUser 4633458b-17de-408a-b874-0445c86b69e6 on keyVault',
    ],
    [
      'a documented role that is not assigned',
      withChange('infra/modules/role-assignments.bicep', '  roles.storageQueueDataContributor\n', ''),
      'Bicep does not assign the documented role storageQueueDataContributor 974c5e8b-45b9-4653-ba55-5f855dd0fb88 on storageAccount',
    ],
    [
      'a role on a wider scope than documented',
      withChange('infra/modules/vault-role-assignments.bicep', '  scope: keyVault\n', '  scope: storageAccount\n'),
      'docs/install.md does not list the role keyVaultSecretsUser 4633458b-17de-408a-b874-0445c86b69e6 on storageAccount',
    ],
    [
      'a role that is assigned elsewhere',
      withChange(
        'infra/modules/identity.bicep',
        /$/,
        "resource r 'Microsoft.Authorization/roleAssignments@2022-04-01' = {}\n",
      ),
      'infra/modules/identity.bicep assigns a role; only infra/modules/role-assignments.bicep and infra/modules/vault-role-assignments.bicep and infra/modules/workspace-role-assignments.bicep do',
    ],
    [
      'a resource without tags',
      withChange('infra/modules/key-vault.bicep', /^ {2}tags: tags\n/m, ''),
      'infra/modules/key-vault.bicep: newVault has no tags',
    ],
    [
      'a parameter without a description',
      withChange('infra/main.bicep', "@description('Node.js version; support of 22 ends in April 2027.')\n", ''),
      'infra/main.bicep: param nodeVersion has no description',
    ],
    [
      'a key that is read',
      withChange('infra/modules/storage.bicep', 'storageAccount.name\n', 'storageAccount.listKeys().keys[0].value\n'),
      'infra/modules/storage.bicep reads a key; identities are enough',
    ],
    [
      'an alert on an event that nobody logs',
      withChange('infra/alerts/planner-silent.kql', 'WindowsPlanned', 'WindowsWereNeverPlanned'),
      'infra/alerts/planner-silent.kql waits for the event WindowsWereNeverPlanned, which no code logs',
    ],
    [
      'a host.json value without its reason',
      withChange('host.json', '"maxDequeueCount": 5', '"maxDequeueCount": 6'),
      'docs/host-json.md has no row | `extensions.queues.maxDequeueCount` | `6` |',
    ],
  ];

  test.each(cases)('%s', (_, files, problem) => {
    expect(checkInfra(files)).toContain(problem);
  });
});
