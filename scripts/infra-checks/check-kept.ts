import { file, type InfraFiles } from './infra-files.ts';
import { readResources } from './read-bicep.ts';

/**
 * What holds data, or what people tune: a deployment makes it where it is absent, and never touches it again. Each type with
 * the words that its declaration must have, by which it is left out.
 */
const KEPT: Readonly<Record<string, RegExp>> = {
  'Microsoft.Resources/resourceGroups': /= if \(!existingResourceGroup\)/,
  'Microsoft.OperationalInsights/workspaces': /= if \(createWorkspace\)/,
  'Microsoft.OperationalInsights/workspaces/tables': /for table in tables:/,
  'Microsoft.OperationalInsights/workspaces/savedSearches': /if \(.*!contains\(present, /,
  'Microsoft.SecurityInsights/alertRules': /if \(.*!contains\(present, /,
  'Microsoft.SecurityInsights/dataConnectorDefinitions': /if \(.*!contains\(present, /,
  'Microsoft.SecurityInsights/onboardingStates': /= if \(onboardSentinel\)/,
  'Microsoft.Insights/workbooks': /= if \(.*!contains\(present, /,
  'Microsoft.Insights/privateLinkScopes': /= if \(isMade\)/,
};

/** Children go with their parent, and a role, a link or a diagnostic setting has no property that anybody changes. */
const OF_A_PARENT =
  /^[a-zA-Z]+$|\/(extensions|managementPolicies|scopedResources|privateDnsZoneGroups|virtualNetworkLinks)$/;
const UNCHANGING = new Set(['Microsoft.Authorization/roleAssignments', 'Microsoft.Insights/diagnosticSettings']);

/**
 * A model of «deploy, change by hand, deploy again»: each resource is either left out once it is there, or in the list of
 * docs/install.md of what a deployment puts back.
 */
export function checkKept(files: InfraFiles): string[] {
  const listed = file(files, 'docs/install.md');
  return Object.entries(files)
    .filter(([path]) => path.startsWith('infra/') && path.endsWith('.bicep'))
    .flatMap(([path, text]) =>
      readResources(text)
        .filter(({ existing, type }) => !existing && !OF_A_PARENT.test(type) && !UNCHANGING.has(type))
        .flatMap(({ type, symbol }) => {
          const kept = KEPT[type];
          if (kept === undefined) {
            return listed.includes(`\`${type}\``)
              ? []
              : [`docs/install.md does not say what a deployment does to a ${type} that was changed by hand`];
          }
          const [declaration = ''] = new RegExp(`^resource ${symbol} [^]*?\\{$`, 'm').exec(text) ?? [];
          return kept.test(declaration) ? [] : [`${path}: ${symbol} is deployed over what is there`];
        }),
    );
}
