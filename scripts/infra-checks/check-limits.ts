import { LONG_RETENTION_DAYS } from '../deploy/tables.ts';
import { file, type InfraFiles } from './infra-files.ts';
import { readResources } from './read-bicep.ts';

/**
 * Longest names, of learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules. A function app's name may
 * have 60 characters, but two whose first 32 are equal share one host id (…/azure-functions/storage-considerations).
 */
const MAX_NAME: Readonly<Record<string, number>> = {
  'Microsoft.Resources/resourceGroups': 90,
  'Microsoft.Storage/storageAccounts': 24,
  'Microsoft.KeyVault/vaults': 24,
  'Microsoft.Web/sites': 32,
  'Microsoft.Web/serverfarms': 60,
  'Microsoft.OperationalInsights/workspaces': 63,
  'Microsoft.ManagedIdentity/userAssignedIdentities': 128,
  'Microsoft.Network/virtualNetworks': 64,
  'Microsoft.Network/privateEndpoints': 64,
  'Microsoft.Insights/components': 260,
  'Microsoft.Insights/dataCollectionRules': 64,
};
const MAX_DEPLOYMENT_NAME = 64;

/** «actionGroups: short name up to 12 characters» (azure-monitor-docs, articles/azure-monitor/alerts/action-groups.md). */
const MAX_SHORT_NAME = 12;

/** «You can apply up to six dimensions»; «limited to a maximum of two days» (alerts-create-log-alert-rule.md). */
const MAX_DIMENSIONS = 6;
const MAX_LOOKBACK = 'P2D';

/** Whether what the templates can make stays within what Azure documents. */
export function checkLimits(files: InfraFiles): string[] {
  const group = file(files, 'infra/resource-group.bicep');
  const alerts = file(files, 'infra/modules/alerts.bicep');
  const shortName = /groupShortName: '([^']*)'/.exec(alerts)?.[1] ?? '';
  const dimensions = alerts.match(/\{ name: '\w+', operator: 'Include'/g)?.length ?? 0;
  const lookbacks = [...alerts.matchAll(/lookback: '(\w+)'/g)].map(([, lookback]) => lookback);
  const days = /var longRetentionDays = \[([^\]]*)\]/.exec(group)?.[1]?.split(',').map(Number);
  return [
    ...checkNames(files, group),
    ...(shortName.length > MAX_SHORT_NAME
      ? [`the short name ${shortName} has more than ${MAX_SHORT_NAME} characters`]
      : []),
    ...(dimensions > MAX_DIMENSIONS ? [`an alert has ${dimensions} dimensions, not ${MAX_DIMENSIONS} at most`] : []),
    ...(lookbacks.some((lookback) => lookback !== MAX_LOOKBACK) ? [`an alert looks back ${MAX_LOOKBACK} at most`] : []),
    ...(String(days) === String(LONG_RETENTION_DAYS) ? [] : ['Bicep and the step prepare take different retentions']),
  ];
}

/** The longest names: a word of ten letters, a hash of eight, an environment of 64. */
function checkNames(files: InfraFiles, group: string): string[] {
  const word = '.'.repeat(Number(/@maxLength\((\d+)\)\nparam name /.exec(group)?.[1]));
  const hash = '.'.repeat(8);
  const fill = (name: string): string =>
    name
      .replace('${nameSuffix}', `${word}-${hash}`)
      .replace('${checkedName}', word)
      .replace('${environmentName}', '.'.repeat(64))
      .replace(/\$\{service\.name\}/, 'monitor')
      .replace('${hash}', hash)
      .replace(/\$\{uniqueString\([^}]*\)\}/, '.'.repeat(13));
  const modules = [
    ...group.matchAll(/^module \w+ '(modules\/[\w-]+\.bicep)'[^]*?name: '([^']*)'[^]*?params: \{([^]*?)^ {2}\}/gm),
  ];
  return modules.flatMap(([, path = '', deployment = '', params = '']) => {
    const passed = new Map(
      [...params.matchAll(/^ {4}(\w*[nN]ame): '([^']*)'/gm)].map(([, key, value]) => [key, value]),
    );
    const length = fill(deployment).length;
    return [
      ...(length > MAX_DEPLOYMENT_NAME ? [`the deployment ${deployment} has a name of ${length} characters`] : []),
      ...readResources(file(files, `infra/${path}`)).flatMap(({ type, existing, body }) => {
        const given = /^\s*name: (?:'([^']*)'|(\w+))$/m.exec(body);
        const name = fill(given?.[1] ?? passed.get(given?.[2] ?? '') ?? '');
        const limit = MAX_NAME[type];
        return existing || limit === undefined || name.length <= limit
          ? []
          : [`infra/${path}: a ${type} may get a name of ${name.length} characters, ${limit} at most`];
      }),
    ];
  });
}
