// Entry point of azd: a resource group with the connector in it. Parameters are explained in resource-group.bicep.

targetScope = 'subscription'

import { connectorSettings } from 'settings.bicep'

@description('Name of the azd environment.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region.')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

@description('Name of the resource group, which has to hold nothing else; by default rg-qualys-<environment>.')
param resourceGroupName string = ''

@description('Whether that group was there before: then it is not declared, its tags stay, and azd down does not delete it. `npm run deploy -- prepare` finds out.')
param existingResourceGroup bool = false

// generated: parameters
@description('User name of the Qualys account: role Reader or higher, with API access. Empty: an API client logs in to both APIs.')
param qualysUsername string = ''

@description('Qualys API server of your platform, e.g. https://qualysapi.qg2.apps.qualys.com.')
@minLength(1)
param qualysApiUrl string

@description('Id of a Qualys API client, with the setting QUALYS_AUTH (or VM_AUTH, EDR_AUTH) oidc or oauth; empty: user and password.')
param qualysClientId string = ''

@description('Optional settings of the app by their names, e.g. { EDR_MIN_SCORE: \'5\' }.')
param settings connectorSettings = {}

@description('Resource id of the Log Analytics workspace of your Sentinel; empty: a new one is made.')
param workspaceResourceId string = ''

@description('The Qualys tables that the workspace lacks, comma-separated, or none; all: the workspace itself is to be made; all but, and a JSON list of the tables that are there. Tables that are not named are left alone: a deployment would put their retention back and delete columns. `npm run deploy -- prepare` and the form of the button find out.')
@minLength(3)
param absentTables string

@description('Days that a new workspace keeps data; with Sentinel 90 days are free.')
@minValue(30)
@maxValue(730)
param workspaceRetentionDays int = 90

@description('Interactive retention of tables that are made, in days; null: the default of the workspace.')
@minValue(4)
@maxValue(730)
param tableRetentionDays int?

@description('Total retention of tables that are made, in days: 4 to 730, 1095, 1460, 1826, 2191, 2556, 2922, 3288, 3653, 4018 or 4383; null: the interactive retention.')
@minValue(4)
@maxValue(4383)
param tableTotalRetentionDays int?

@description('By stream: plan (analytics or basic), retentionDays and totalRetentionDays of its table, and filter, a KQL condition of the rows that are kept, e.g. { \'edr-events\': { filter: \'Score >= 4\' } }. Give it with each deployment; `npm run deploy -- prepare` checks it, and changes tables that exist.')
param streamOptions object = {}

@description('Switches Microsoft Sentinel on; by default for a new workspace only.')
param onboardSentinel bool = empty(workspaceResourceId)

@description('Lets the app read the tables of the workspace, for enrichment.')
param queryWorkspace bool = false

@description('Regions that have Flex Consumption, as Microsoft\'s own template lists them; add yours where Azure has it since.')
param flexRegions string[] = [
  'australiaeast'
  'australiasoutheast'
  'brazilsouth'
  'canadacentral'
  'centralindia'
  'centralus'
  'eastasia'
  'eastus'
  'eastus2'
  'eastus2euap'
  'francecentral'
  'germanywestcentral'
  'italynorth'
  'japaneast'
  'koreacentral'
  'northcentralus'
  'northeurope'
  'norwayeast'
  'southafricanorth'
  'southcentralus'
  'southeastasia'
  'southindia'
  'spaincentral'
  'swedencentral'
  'uaenorth'
  'uksouth'
  'ukwest'
  'westcentralus'
  'westeurope'
  'westus'
  'westus2'
  'westus3'
]

@description('Node.js version; support of 22 ends in April 2027.')
@allowed(['22', '24'])
param nodeVersion string = '24'

@description('Memory of an instance in MB. The app is built to run in the smallest; more memory also means more processor.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('Most instances at once of each group of functions that scale together: HTTP is one, each other function another. Azure takes 1 to 1000, 40 at least in its older pages. Qualys\' own limits bind long before.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('What a deployment does to running instances: Recreate ends them, RollingUpdate (in preview at Azure) lets each finish what it does for up to an hour.')
@allowed(['Recreate', 'RollingUpdate'])
param siteUpdateStrategy string = 'Recreate'

@description('Spreads the app over availability zones; needs a storageSku with ZRS, and Azure then keeps two instances of each group of functions always running.')
param zoneRedundant bool = false

@description('Address of a released package that is deployed with the template; empty: the package is deployed separately (azd, GitHub).')
param packageUri string = ''

@description('Word in all resource names: <kind>-<name>-<eight characters of a hash of the group>. Small letters and digits.')
@minLength(2)
@maxLength(10)
param name string = 'qualys'

@description('Last part of all resource names; empty: eight characters of a hash of the group and the name. Given, resources that exist keep their names.')
@maxLength(8)
param nameHash string = ''

@description('Tags for every resource, beside those that this template sets.')
param tags object = {}

@description('Redundancy of the storage account, which holds the watermarks.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_LRS'

@description('Days after which a dead letter is deleted.')
@minValue(1)
@maxValue(3650)
param deadLetterRetentionDays int = 90

@description('Resource id of an existing vault, in any group, that has the secrets under their names; empty: a vault is made.')
param keyVaultResourceId string = ''

@description('Takes back the vault of an earlier deployment in this group that was deleted.')
param recoverKeyVault bool = false

@description('Private endpoints for storage, Key Vault and Azure Monitor, in a network that is made or given; with a fixed outgoing address where it is made.')
param privateNetworking bool = false

@description('A network for outgoing calls alone, with a fixed address for the allow list of Qualys.')
param fixedOutboundAddress bool = false

@description('Address space of a network that is made, /24 or larger.')
param networkAddressPrefix string = '10.87.0.0/24'

@description('Existing subnet for the app, delegated to Microsoft.App/environments; its routes lead to Qualys. Empty: a network is made where one is asked for.')
param appSubnetId string = ''

@description('Existing subnet for private endpoints; to be given together with appSubnetId where there are any.')
param endpointSubnetId string = ''

@description('Resource group that holds central private DNS zones, as a resource id; policy: Azure Policy writes the records; empty: zones are made.')
param privateDnsGroupId string = ''

@description('Existing Azure Monitor private link scope, whose private endpoint this network resolves; empty: one is made. One network should have one.')
param privateLinkScopeId string = ''

@description('Existing static public address, of the SKU Standard, for a network that is made.')
param publicIpAddressId string = ''

@description('Existing prefix of public addresses for it instead.')
param publicIpPrefixId string = ''

@description('Private DNS zones of Azure Monitor; other in sovereign clouds.')
param monitorPrivateZones string[] = [
  'privatelink.monitor.azure.com'
  'privatelink.oms.opinsights.azure.com'
  'privatelink.ods.opinsights.azure.com'
  'privatelink.agentsvc.azure-automation.net'
]

@description('The app answers at a private endpoint only, deployments included.')
param privateInbound bool = false

@description('Private DNS zone of function apps; another in sovereign clouds.')
param sitesPrivateZone string = 'privatelink.azurewebsites.net'

@description('Address of a proxy for the calls of the app, e.g. http://proxy.example:8080; where it asks for a login, a Key Vault reference to the address with user and password: @Microsoft.KeyVault(SecretUri=https://…/secrets/https-proxy). Empty: none.')
param outboundProxy string = ''

@description('Hosts that are called without it, comma-separated; .example.com means all below. Empty: the services of Azure that the app calls.')
param outboundNoProxy string = ''

@description('Address ranges in CIDR form that may call the app; empty: any caller who signs in.')
param allowedIpRanges string[] = []

@description('Client id of an app registration in Entra ID with the app roles Read and Operate: then callers sign in, and function keys open nothing; empty: function keys.')
param signInClientId string = ''

@description('Tenant of that registration; empty: that of the subscription.')
param signInTenantId string = ''

@description('Posts EDR events of a high score to the webhook in Key Vault, signed or not.')
@allowed(['off', 'unsigned', 'signed'])
param pushAlerts string = 'off'

@description('Deploys the alerts on the connector itself.')
param deployAlerts bool = true

@description('Tests from outside that the app answers, where anybody may call it.')
param availabilityTest bool = true

@description('Address that gets a mail for each alert; empty: none.')
param alertEmail string = ''

@description('Resource ids of existing action groups to call.')
param actionGroupResourceIds string[] = []

@description('Logs every access to the storage account; a polled queue makes many.')
param logStorageAccess bool = false

@description('Sends the platform\'s own log of the app (FunctionAppLogs) to the workspace too.')
param logFunctionApp bool = false
// end of generated part

var groupName = empty(resourceGroupName) ? 'rg-qualys-${environmentName}' : resourceGroupName

resource group 'Microsoft.Resources/resourceGroups@2025-03-01' = if (!existingResourceGroup) {
  name: groupName
  location: location
  // azd finds the group of an environment by this tag.
  tags: union(tags, { application: 'qualys-sentinel-connector', 'azd-env-name': environmentName })
}

module connector 'resource-group.bicep' = {
  name: 'qualys-connector-${uniqueString(environmentName, location)}'
  scope: resourceGroup(groupName)
  params: {
    // generated: arguments
    absentTables: absentTables
    actionGroupResourceIds: actionGroupResourceIds
    alertEmail: alertEmail
    allowedIpRanges: allowedIpRanges
    appSubnetId: appSubnetId
    availabilityTest: availabilityTest
    deadLetterRetentionDays: deadLetterRetentionDays
    deployAlerts: deployAlerts
    endpointSubnetId: endpointSubnetId
    environmentName: environmentName
    fixedOutboundAddress: fixedOutboundAddress
    flexRegions: flexRegions
    instanceMemoryMB: instanceMemoryMB
    keyVaultResourceId: keyVaultResourceId
    location: location
    logFunctionApp: logFunctionApp
    logStorageAccess: logStorageAccess
    maximumInstanceCount: maximumInstanceCount
    monitorPrivateZones: monitorPrivateZones
    name: name
    nameHash: nameHash
    networkAddressPrefix: networkAddressPrefix
    nodeVersion: nodeVersion
    onboardSentinel: onboardSentinel
    outboundNoProxy: outboundNoProxy
    outboundProxy: outboundProxy
    packageUri: packageUri
    privateDnsGroupId: privateDnsGroupId
    privateInbound: privateInbound
    privateLinkScopeId: privateLinkScopeId
    privateNetworking: privateNetworking
    publicIpAddressId: publicIpAddressId
    publicIpPrefixId: publicIpPrefixId
    pushAlerts: pushAlerts
    qualysApiUrl: qualysApiUrl
    qualysClientId: qualysClientId
    qualysUsername: qualysUsername
    queryWorkspace: queryWorkspace
    recoverKeyVault: recoverKeyVault
    settings: settings
    signInClientId: signInClientId
    signInTenantId: signInTenantId
    siteUpdateStrategy: siteUpdateStrategy
    sitesPrivateZone: sitesPrivateZone
    storageSku: storageSku
    streamOptions: streamOptions
    tableRetentionDays: tableRetentionDays
    tableTotalRetentionDays: tableTotalRetentionDays
    tags: tags
    workspaceResourceId: workspaceResourceId
    workspaceRetentionDays: workspaceRetentionDays
    zoneRedundant: zoneRedundant
    // end of generated part
  }
  dependsOn: [group]
}

@description('Region, as azd keeps it.')
output AZURE_LOCATION string = location

@description('Name of the resource group.')
output AZURE_RESOURCE_GROUP string = groupName

@description('Name of the function app.')
output FUNCTION_APP_NAME string = connector.outputs.functionAppName

@description('Address of the function app.')
output FUNCTION_APP_URL string = connector.outputs.functionAppUrl

@description('Name of the storage account.')
output STORAGE_ACCOUNT_NAME string = connector.outputs.storageAccountName

@description('Name of the Key Vault.')
output KEY_VAULT_NAME string = connector.outputs.keyVaultName

@description('Where rows are sent.')
output LOGS_INGESTION_ENDPOINT string = connector.outputs.logsIngestionEndpoint

@description('Immutable id of the data collection rule.')
output LOGS_INGESTION_RULE_ID string = connector.outputs.logsIngestionRuleId

@description('Resource id of the workspace.')
output LOG_ANALYTICS_WORKSPACE_ID string = connector.outputs.workspaceResourceId

@description('Address from which Qualys is called, for its allow list; empty without private networking.')
output OUTBOUND_IP_ADDRESS string = connector.outputs.outboundIpAddress
