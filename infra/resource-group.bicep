// The connector in one resource group. Deploys alone (`az deployment group create`), into a new workspace or an existing one;
// main.bicep makes the group around it for azd.

import { connectorSettings, defaultStreams, streams } from 'settings.bicep'

// ---- Qualys ---------------------------------------------------------------------------------------------------------

@description('User name of the Qualys account: role Reader or higher, with API access. Empty: an API client logs in to both APIs.')
param qualysUsername string = ''

@description('Qualys API server of your platform, e.g. https://qualysapi.qg2.apps.qualys.com.')
@minLength(1)
param qualysApiUrl string

@description('Id of a Qualys API client, with the setting QUALYS_AUTH (or VM_AUTH, EDR_AUTH) oidc or oauth; empty: user and password.')
param qualysClientId string = ''

@description('Optional settings of the app by their names, e.g. { EDR_MIN_SCORE: \'5\' }.')
param settings connectorSettings = {}

// ---- Workspace ------------------------------------------------------------------------------------------------------

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

// ---- App ------------------------------------------------------------------------------------------------------------

@description('Region of everything but what has to be in the region of an existing workspace.')
param location string = resourceGroup().location

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

// ---- Names and storage ----------------------------------------------------------------------------------------------

@description('Word in all resource names: <kind>-<name>-<eight characters of a hash of the group>. Small letters and digits.')
@minLength(2)
@maxLength(10)
param name string = 'qualys'

@description('Last part of all resource names; empty: eight characters of a hash of the group and the name. Given, resources that exist keep their names.')
@maxLength(8)
param nameHash string = ''

@description('Name of the azd environment; empty outside azd.')
param environmentName string = ''

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

// ---- Network --------------------------------------------------------------------------------------------------------

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

// ---- Callers --------------------------------------------------------------------------------------------------------

@description('Client id of an app registration in Entra ID with the app roles Read and Operate: then callers sign in, and function keys open nothing; empty: function keys.')
param signInClientId string = ''

@description('Tenant of that registration; empty: that of the subscription.')
param signInTenantId string = ''

// ---- Alarms ---------------------------------------------------------------------------------------------------------

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

// ---- what the types of parameters cannot say ---------------------------------------------------------------------------

// The name of a storage account has nothing else.
var nameCharacters = 'abcdefghijklmnopqrstuvwxyz0123456789'
var otherCharacters = filter(
  map(range(0, length(name)), index => substring(name, index, 1)),
  character => !contains(nameCharacters, character)
)
var checkedName = empty(otherCharacters) ? name : fail('name takes small letters and digits, given ${name}')

var longRetentionDays = [1095, 1460, 1826, 2191, 2556, 2922, 3288, 3653, 4018, 4383]
var totalRetentionFits = (tableTotalRetentionDays ?? 0) <= 730 || contains(
  longRetentionDays,
  tableTotalRetentionDays ?? 0
)
var checkedTotalRetentionDays = totalRetentionFits
  ? tableTotalRetentionDays
  : fail('tableTotalRetentionDays takes 4 to 730 or one of ${join(map(longRetentionDays, days => string(days)), ', ')}')

var unknownStreams = filter(
  objectKeys(streamOptions),
  key => !contains(map(streams, stream => stream.stream), key)
)
var optionNames = ['plan', 'filter', 'retentionDays', 'totalRetentionDays']
var wrongOptions = flatten(map(
  items(streamOptions),
  stream =>
    map(
      filter(
        items(stream.value),
        option =>
          !contains(optionNames, option.key) || (option.key == 'plan' && !contains(['analytics', 'basic'], option.value))
      ),
      option => '${stream.key}.${option.key}'
    )
))
var filteredSnapshots = map(
  filter(streams, stream => stream.isSnapshot && !empty(streamOptions[?stream.stream].?filter ?? '')),
  stream => stream.stream
)
var checkedStreamOptions = !empty(unknownStreams)
  ? fail('streamOptions names ${join(unknownStreams, ', ')}; streams are ${join(map(streams, stream => stream.stream), ', ')}')
  : !empty(wrongOptions)
      ? fail('streamOptions takes of a stream ${join(optionNames, ', ')}, and as plan analytics or basic; wrong: ${join(wrongOptions, ', ')}')
      : !empty(filteredSnapshots)
          ? fail('streamOptions: ${filteredSnapshots[0]} takes no filter, because a host that a snapshot lacks counts as gone')
          : streamOptions

// The app sends hosts anew when it is another one: it remembers as sent what the rule before has dropped.
var vmFilter = checkedStreamOptions[?'vm-detections'].?filter ?? ''

var isFlexRegion = contains(flexRegions, toLower(replace(location, ' ', '')))
var isZoneReady = !zoneRedundant || endsWith(storageSku, 'ZRS')
var checkedLocation = isFlexRegion
  ? location
  : fail('${location} is not among the regions with Flex Consumption (flexRegions)')
var checkedZoneRedundant = isZoneReady
  ? zoneRedundant
  : fail('zoneRedundant needs a storageSku of Standard_ZRS or Standard_GZRS, given ${storageSku}')

// ---- network: made, given, or none -----------------------------------------------------------------------------------

var needsEndpoints = privateNetworking || privateInbound
var makesNetwork = empty(appSubnetId) && (needsEndpoints || fixedOutboundAddress)
var isEndpointSubnetGiven = !needsEndpoints || makesNetwork || !empty(endpointSubnetId)
var givenEndpointSubnetId = isEndpointSubnetGiven
  ? endpointSubnetId
  : fail('endpointSubnetId has to be given with appSubnetId, for the private endpoints')
var zonesMade = empty(privateDnsGroupId)

// The history of deployments shows parameters.
var checkedProxy = contains(outboundProxy, '@') && !startsWith(outboundProxy, '@Microsoft.KeyVault(')
  ? fail('outboundProxy must not hold user and password: put the address into Key Vault, and give a reference to it')
  : outboundProxy
// Host and libraries call them too, by private endpoints or the routes of Azure; storage holds the queues and the package.
var azureHosts = '.${environment().suffixes.storage},${environment().suffixes.keyvaultDns},.monitor.azure.com,.applicationinsights.azure.com,.loganalytics.io'

// ---- tables -----------------------------------------------------------------------------------------------------------

var allTables = map(streams, stream => stream.name)
var asksForAll = absentTables == 'all'
var namesPresent = startsWith(absentTables, 'all but ')
var isNamedForAll = !asksForAll || empty(workspaceResourceId)
// A list without a name is an answer that failed: a workspace has tables of its own from its first day.
var hasAnswer = !namesPresent || contains(absentTables, '"')
var missingTables = !isNamedForAll || !hasAnswer
  ? fail('absentTables has to name the tables that ${workspaceResourceId} lacks, or none: all is for a workspace that is to be made')
  : asksForAll
      ? allTables
      : namesPresent
          ? filter(allTables, table => !contains(absentTables, '"${table}"'))
          : map(split(absentTables, ','), table => trim(table))

var checkedUsername = empty(qualysUsername) && empty(qualysClientId)
  ? fail('qualysUsername or qualysClientId has to be given')
  : qualysUsername

// ---- names ----------------------------------------------------------------------------------------------------------

var hash = empty(nameHash) ? take(uniqueString(resourceGroup().id, name), 8) : nameHash
var nameSuffix = '${checkedName}-${hash}'
var allTags = union(
  tags,
  { application: 'qualys-sentinel-connector' },
  empty(environmentName) ? {} : { 'azd-env-name': environmentName }
)

// ---- settings: blank means unset everywhere; the host reads schedules as %NAME%, so each of them has to be set -----------

var givenSettings = toObject(filter(items(settings), entry => !empty(entry.value)), entry => entry.key, entry => entry.value)
var schedules = union(
  toObject(streams, stream => stream.schedule.setting, stream => stream.schedule.default),
  toObject(
    filter(items(givenSettings), entry => contains(map(streams, stream => stream.schedule.setting), entry.key)),
    entry => entry.key,
    entry => entry.value
  )
)

// ---- the workspace's own group, where its tables and Sentinel content live ---------------------------------------------

var workspaceId = empty(workspaceResourceId)
  ? resourceId('Microsoft.OperationalInsights/workspaces', 'log-${nameSuffix}')
  : workspaceResourceId
var workspaceIdParts = split(workspaceId, '/')

// ---- private endpoints and the zones of their names ---------------------------------------------------------------------

var scopeIdParts = split(
  empty(privateLinkScopeId)
    ? resourceId('Microsoft.Insights/privateLinkScopes', 'ampls-${nameSuffix}')
    : privateLinkScopeId,
  '/'
)
// Subnets are below their network.
var networkId = makesNetwork
  ? resourceId('Microsoft.Network/virtualNetworks', 'vnet-${nameSuffix}')
  : split(givenEndpointSubnetId, '/subnets/')[0]
var dnsGroupId = zonesMade ? resourceGroup().id : privateDnsGroupId == 'policy' ? '' : privateDnsGroupId
var blobZone = 'privatelink.blob.${environment().suffixes.storage}'
var endpointServices = concat(
  privateNetworking
    ? [
        { name: 'blob', group: 'blob', zones: [blobZone] }
        { name: 'queue', group: 'queue', zones: ['privatelink.queue.${environment().suffixes.storage}'] }
        { name: 'table', group: 'table', zones: ['privatelink.table.${environment().suffixes.storage}'] }
      ]
    : [],
  // A vault or a scope that is given has an endpoint, or not, as its owners want it.
  privateNetworking && empty(keyVaultResourceId)
    ? [
        {
          name: 'vault'
          group: 'vault'
          zones: ['privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}']
        }
      ]
    : [],
  privateNetworking && empty(privateLinkScopeId)
    ? [{ name: 'monitor', group: 'azuremonitor', zones: union(monitorPrivateZones, [blobZone]) }]
    : [],
  privateInbound ? [{ name: 'site', group: 'sites', zones: [sitesPrivateZone] }] : []
)

// ---- the vault's own group ----------------------------------------------------------------------------------------------

var vaultIdParts = split(
  empty(keyVaultResourceId) ? resourceId('Microsoft.KeyVault/vaults', 'kv-${nameSuffix}') : keyVaultResourceId,
  '/'
)

module identity 'modules/identity.bicep' = {
  name: 'identity-${hash}'
  params: { name: 'id-${nameSuffix}', location: checkedLocation, tags: allTags }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring-${hash}'
  params: {
    workspaceName: 'log-${nameSuffix}'
    // One that an earlier deployment made exists too: its retention may have been changed since.
    existingWorkspaceId: asksForAll ? '' : workspaceId
    applicationInsightsName: 'appi-${nameSuffix}'
    location: checkedLocation
    tags: allTags
    retentionDays: workspaceRetentionDays
  }
}

module tables 'modules/tables.bicep' = {
  name: 'tables-${hash}'
  scope: resourceGroup(workspaceIdParts[2], workspaceIdParts[4])
  params: {
    workspaceName: monitoring.outputs.workspaceName
    tables: filter(streams, stream => contains(missingTables, stream.name))
    retentionDays: tableRetentionDays
    streamOptions: checkedStreamOptions
    totalRetentionDays: checkedTotalRetentionDays
    onboardSentinel: onboardSentinel
  }
}

module dataCollection 'modules/data-collection.bicep' = {
  name: 'data-collection-${hash}'
  params: {
    name: 'dcr-${nameSuffix}'
    endpointName: 'dce-${nameSuffix}'
    location: monitoring.outputs.workspaceLocation
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    streams: streams
    streamOptions: checkedStreamOptions
    privateOnly: privateNetworking
  }
  dependsOn: [tables]
}

module storage 'modules/storage.bicep' = {
  name: 'storage-${hash}'
  params: {
    name: 'st${checkedName}${hash}'
    location: checkedLocation
    tags: allTags
    sku: storageSku
    deadLetterRetentionDays: deadLetterRetentionDays
    privateOnly: privateNetworking
    subscriptionName: trim(givenSettings.?QUALYS_SUBSCRIPTION ?? '')
  }
}

module keyVault 'modules/key-vault.bicep' = {
  name: 'key-vault-${hash}'
  params: {
    name: 'kv-${nameSuffix}'
    existingVaultId: keyVaultResourceId
    location: checkedLocation
    tags: allTags
    privateOnly: privateNetworking
    recover: recoverKeyVault
  }
}

module roleAssignments 'modules/role-assignments.bicep' = {
  name: 'role-assignments-${hash}'
  params: {
    principalId: identity.outputs.principalId
    storageAccountName: storage.outputs.name
    dataCollectionRuleName: dataCollection.outputs.name
    applicationInsightsName: monitoring.outputs.applicationInsightsName
  }
}

module vaultRoleAssignments 'modules/vault-role-assignments.bicep' = {
  name: 'vault-role-assignments-${hash}'
  scope: resourceGroup(vaultIdParts[2], vaultIdParts[4])
  params: {
    principalId: identity.outputs.principalId
    keyVaultName: keyVault.outputs.name
  }
}

module workspaceRoleAssignments 'modules/workspace-role-assignments.bicep' = if (queryWorkspace) {
  name: 'workspace-role-assignments-${hash}'
  scope: resourceGroup(workspaceIdParts[2], workspaceIdParts[4])
  params: {
    principalId: identity.outputs.principalId
    workspaceName: monitoring.outputs.workspaceName
  }
}

module diagnostics 'modules/diagnostics.bicep' = {
  name: 'diagnostics-${hash}'
  params: {
    workspaceId: monitoring.outputs.workspaceId
    dataCollectionRuleName: dataCollection.outputs.name
    keyVaultName: empty(keyVaultResourceId) ? keyVault.outputs.name : ''
    storageAccountName: storage.outputs.name
    logStorageAccess: logStorageAccess
    functionAppName: logFunctionApp ? functionApp.outputs.name : ''
  }
}

module network 'modules/network.bicep' = if (makesNetwork) {
  name: 'network-${hash}'
  params: {
    nameSuffix: nameSuffix
    location: checkedLocation
    tags: allTags
    addressPrefix: networkAddressPrefix
    publicIpAddressId: publicIpAddressId
    publicIpPrefixId: publicIpPrefixId
  }
}

module privateLinkScope 'modules/private-link-scope.bicep' = if (privateNetworking) {
  name: 'private-link-scope-${hash}'
  scope: resourceGroup(scopeIdParts[2], scopeIdParts[4])
  params: {
    name: scopeIdParts[8]
    isMade: empty(privateLinkScopeId)
    linkPrefix: 'qualys-${hash}'
    tags: allTags
    resourceIds: [
      monitoring.outputs.workspaceId
      monitoring.outputs.applicationInsightsId
      dataCollection.outputs.endpointId
    ]
  }
}

module privateDnsZones 'modules/private-dns-zones.bicep' = if (needsEndpoints && zonesMade) {
  name: 'private-dns-zones-${hash}'
  params: {
    nameSuffix: nameSuffix
    tags: allTags
    zones: reduce(
      flatten(map(endpointServices, service => service.zones)),
      [],
      (found, zone) => contains(found, zone) ? found : concat(found, [zone])
    )
    networkId: networkId
  }
}

module privateEndpoints 'modules/private-endpoints.bicep' = if (needsEndpoints) {
  name: 'private-endpoints-${hash}'
  params: {
    nameSuffix: nameSuffix
    location: checkedLocation
    tags: allTags
    subnetId: makesNetwork ? network!.outputs.endpointSubnetId : givenEndpointSubnetId
    services: filter(endpointServices, service => service.name != 'site')
    resourceIds: {
      blob: storage.outputs.id
      queue: storage.outputs.id
      table: storage.outputs.id
      vault: keyVault.outputs.id
      monitor: privateLinkScope.?outputs.id ?? ''
    }
    dnsGroupId: dnsGroupId
  }
  dependsOn: [privateDnsZones]
}

module siteEndpoint 'modules/private-endpoints.bicep' = if (privateInbound) {
  name: 'site-endpoint-${hash}'
  params: {
    nameSuffix: nameSuffix
    location: checkedLocation
    tags: allTags
    subnetId: makesNetwork ? network!.outputs.endpointSubnetId : givenEndpointSubnetId
    services: filter(endpointServices, service => service.name == 'site')
    resourceIds: { site: functionApp.outputs.id }
    dnsGroupId: dnsGroupId
  }
  dependsOn: [privateDnsZones]
}

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app-${hash}'
  params: {
    name: 'func-${nameSuffix}'
    planName: 'plan-${nameSuffix}'
    location: checkedLocation
    tags: allTags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    packageContainerUrl: storage.outputs.packageContainerUrl
    storageServiceUris: storage.outputs.serviceUris
    storageCreatedAt: storage.outputs.createdAt
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    qualysUsername: checkedUsername
    qualysClientId: qualysClientId
    qualysClientSecretUri: keyVault.outputs.qualysClientSecretUri
    qualysApiUrl: qualysApiUrl
    qualysCredentialUri: keyVault.outputs.secretUri
    alertWebhookUri: pushAlerts == 'off' ? '' : keyVault.outputs.alertWebhookUri
    alertWebhookSigningUri: pushAlerts == 'signed' ? keyVault.outputs.alertWebhookSigningUri : ''
    queryWorkspaceId: queryWorkspace ? monitoring.outputs.workspaceCustomerId : ''
    ingestionEndpoint: dataCollection.outputs.endpoint
    ingestionRuleId: dataCollection.outputs.immutableId
    vmRuleFilter: empty(vmFilter) ? '' : uniqueString(vmFilter)
    schedules: schedules
    settings: givenSettings
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    subnetId: makesNetwork ? network!.outputs.appSubnetId : appSubnetId
    isPublic: !privateInbound
    updateStrategy: siteUpdateStrategy
    zoneRedundant: checkedZoneRedundant
    outboundProxy: checkedProxy
    outboundNoProxy: empty(outboundNoProxy) ? azureHosts : outboundNoProxy
    allowedIpRanges: allowedIpRanges
    signInClientId: signInClientId
    signInTenantId: empty(signInTenantId) ? tenant().tenantId : signInTenantId
    packageUri: packageUri
  }
  // Without its roles and the way to its storage the app would start with errors.
  dependsOn: [roleAssignments, vaultRoleAssignments, privateEndpoints, privateLinkScope]
}

module alerts 'modules/alerts.bicep' = if (deployAlerts) {
  name: 'alerts-${hash}'
  params: {
    nameSuffix: nameSuffix
    location: monitoring.outputs.workspaceLocation
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    functionAppName: functionApp.outputs.name
    dataCollectionRuleId: dataCollection.outputs.id
    streams: streams
    filteredStreams: filter(objectKeys(checkedStreamOptions), key => !empty(checkedStreamOptions[key].?filter ?? ''))
    enabledStreams: givenSettings.?QUALYS_STREAMS ?? defaultStreams
    schedules: schedules
    functionAppUrl: 'https://${functionApp.outputs.hostName}'
    storageAccountId: storage.outputs.id
    keyVaultId: empty(keyVaultResourceId) ? keyVault.outputs.id : ''
    testedComponentId: availabilityTest && !privateInbound && empty(allowedIpRanges)
      ? monitoring.outputs.applicationInsightsId
      : ''
    componentLocation: checkedLocation
    email: alertEmail
    actionGroupIds: actionGroupResourceIds
  }
}

@description('Name of the function app.')
output functionAppName string = functionApp.outputs.name

@description('Address of the function app.')
output functionAppUrl string = 'https://${functionApp.outputs.hostName}'

@description('Name of the storage account.')
output storageAccountName string = storage.outputs.name

@description('Name of the Key Vault.')
output keyVaultName string = keyVault.outputs.name

@description('Where rows are sent.')
output logsIngestionEndpoint string = dataCollection.outputs.endpoint

@description('Immutable id of the data collection rule.')
output logsIngestionRuleId string = dataCollection.outputs.immutableId

@description('Resource id of the workspace.')
output workspaceResourceId string = monitoring.outputs.workspaceId

@description('Address from which Qualys is called, for its allow list; empty where no network is made, or an address or a prefix is given.')
output outboundIpAddress string = makesNetwork ? network!.outputs.outboundIpAddress : ''
