// The connector in one resource group. Deploys alone (`az deployment group create`), into a new workspace or an existing one;
// main.bicep makes the group around it for azd.

import { connectorSettings, defaultStreams, streams } from 'settings.bicep'
import { RuleSettings } from 'sentinel/sentinel.bicep'

// ---- the five values to fill in -------------------------------------------------------------------------------------

@description('User name of the Qualys account: role Reader or higher, with API access. Empty: an API client logs in to both APIs.')
param qualysUsername string = ''

@description('Password of that account; kept in Key Vault. Given at the first deployment and for a new password; empty: the one in the vault stays.')
@secure()
param qualysPassword string = ''

@description('Id of a Qualys API client, with the setting QUALYS_AUTH (or VM_AUTH, EDR_AUTH) oidc or oauth; empty: user and password.')
param qualysClientId string = ''

@description('Secret of that client; kept in Key Vault. Empty: the one in the vault stays.')
@secure()
param qualysClientSecret string = ''

@description('Qualys API server of your platform, e.g. https://qualysapi.qg2.apps.qualys.com.')
@minLength(1)
param qualysApiUrl string

@description('Region of everything but what has to be in the region of an existing workspace.')
param location string = resourceGroup().location

@description('Resource id of the Log Analytics workspace of your Sentinel; empty: a new one is made.')
param workspaceResourceId string = ''

// ---- what may stay as it is -----------------------------------------------------------------------------------------

@description('Word in all resource names: <kind>-<name>-<eight characters of a hash of the group>. Small letters and digits.')
@minLength(2)
@maxLength(10)
param name string = 'qualys'

@description('Name of the azd environment; empty outside azd.')
param environmentName string = ''

@description('Tags for every resource, beside those that this template sets.')
param tags object = {}

@description('Optional settings of the app by their names, e.g. { EDR_MIN_SCORE: \'5\' }.')
param settings connectorSettings = {}

@description('Node.js version.')
@allowed(['22', '24'])
param nodeVersion string = '22'

@description('Memory of an instance in MB. The app is built to run in the smallest; more memory also means more processor.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('Most instances at once of each group of functions that scale together: HTTP is one, each other function another. Qualys\' own limits bind long before.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Address of a released package that is deployed with the template; empty: the package is deployed separately (azd, GitHub).')
param packageUri string = ''

@description('Address ranges in CIDR form that may call the app; empty: any caller with a function key.')
param allowedIpRanges string[] = []

@description('Makes a virtual network with private endpoints for storage, Key Vault and Azure Monitor, and a fixed outgoing address.')
param privateNetworking bool = false

@description('Address space of that network, /24 or larger.')
param networkAddressPrefix string = '10.87.0.0/24'

@description('Private DNS zones of Azure Monitor; other in sovereign clouds.')
param monitorPrivateZones string[] = [
  'privatelink.monitor.azure.com'
  'privatelink.oms.opinsights.azure.com'
  'privatelink.ods.opinsights.azure.com'
  'privatelink.agentsvc.azure-automation.net'
]

@description('Redundancy of the storage account, which holds the watermarks.')
param storageSku 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS' = 'Standard_LRS'

@description('Days after which a dead letter is deleted.')
@minValue(1)
@maxValue(3650)
param deadLetterRetentionDays int = 90

@description('Days that a new workspace keeps data; with Sentinel 90 days are free.')
@minValue(30)
@maxValue(730)
param workspaceRetentionDays int = 90

@description('Interactive retention of the Qualys tables in days; null resets it to the default of the workspace.')
@minValue(4)
@maxValue(730)
param tableRetentionDays int?

@description('Total retention of the Qualys tables in days: 4 to 730, 1095, 1460, 1826, 2191, 2556, 2922, 3288, 3653, 4018 or 4383; null resets it to the interactive retention.')
@minValue(4)
@maxValue(4383)
param tableTotalRetentionDays int?

@description('Switches Microsoft Sentinel on; by default for a new workspace only.')
param onboardSentinel bool = empty(workspaceResourceId)

@description('Deploys the Sentinel functions (saved searches, ASIM parsers).')
param deploySentinelFunctions bool = true

@description('Deploys the analytic rules.')
param deploySentinelRules bool = true

@description('What the Sentinel rules do otherwise than by default: enabled, severity, thresholds (docs/sentinel.md). A deployment without it puts the defaults back.')
param sentinelRuleSettings RuleSettings = {}

@description('Deploys the hunting queries.')
param deploySentinelHunting bool = true

@description('Deploys the workbook.')
param deploySentinelWorkbook bool = true

@description('Adds the ASIM parsers to the built-in unifying parsers; leave off where the workspace has such custom parsers of its own.')
param registerAsimParsers bool = false

@description('Lets the app read the tables of the workspace, for enrichment.')
param queryWorkspace bool = false

@description('Posts EDR events of a high score to the webhook in Key Vault, signed or not. To be given each time, other than the two values below.')
param pushAlerts 'off' | 'unsigned' | 'signed' = 'off'

@description('Webhook of a SOAR platform that gets them; kept in Key Vault. Empty: the one in the vault stays.')
@secure()
param alertWebhookUrl string = ''

@description('Secret of at least 16 characters that signs what is posted there; kept in Key Vault. Empty: the one in the vault stays.')
@secure()
param alertWebhookSecret string = ''

@description('Deploys the alerts on the connector itself.')
param deployAlerts bool = true

@description('Address that gets a mail for each alert; empty: none.')
param alertEmail string = ''

@description('Resource ids of existing action groups to call.')
param actionGroupResourceIds string[] = []

@description('Logs every access to the storage account; a polled queue makes many.')
param logStorageAccess bool = false

@description('Takes back the vault of an earlier deployment in this group that was deleted.')
param recoverKeyVault bool = false

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

// Values are given once, this each time: without it the next deployment would end the alerts.
var pushAlertsFits = empty(alertWebhookSecret) ? empty(alertWebhookUrl) || pushAlerts != 'off' : pushAlerts == 'signed'
var checkedPushAlerts = pushAlertsFits
  ? pushAlerts
  : fail('pushAlerts has to be signed where alertWebhookSecret is given, unsigned or signed where alertWebhookUrl is; given ${pushAlerts}')

var checkedUsername = empty(qualysUsername) && empty(qualysClientId)
  ? fail('qualysUsername or qualysClientId has to be given')
  : qualysUsername

// ---- names ----------------------------------------------------------------------------------------------------------

var hash = take(uniqueString(resourceGroup().id, name), 8)
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

var workspaceIdParts = split(
  empty(workspaceResourceId)
    ? resourceId('Microsoft.OperationalInsights/workspaces', 'log-${nameSuffix}')
    : workspaceResourceId,
  '/'
)

module identity 'modules/identity.bicep' = {
  name: 'identity-${hash}'
  params: { name: 'id-${nameSuffix}', location: location, tags: allTags }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring-${hash}'
  params: {
    workspaceName: 'log-${nameSuffix}'
    existingWorkspaceId: workspaceResourceId
    applicationInsightsName: 'appi-${nameSuffix}'
    location: location
    tags: allTags
    retentionDays: workspaceRetentionDays
  }
}

module tables 'modules/tables.bicep' = {
  name: 'tables-${hash}'
  scope: resourceGroup(workspaceIdParts[2], workspaceIdParts[4])
  params: {
    workspaceName: monitoring.outputs.workspaceName
    streams: streams
    retentionDays: tableRetentionDays
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
    privateOnly: privateNetworking
  }
  dependsOn: [tables]
}

module sentinelContent 'sentinel/sentinel.bicep' = if (deploySentinelFunctions || deploySentinelRules || deploySentinelHunting || deploySentinelWorkbook) {
  name: 'sentinel-${hash}'
  scope: resourceGroup(workspaceIdParts[2], workspaceIdParts[4])
  params: {
    // From the tables module: functions and rules are refused before their tables (and Sentinel) are there.
    workspaceName: tables.outputs.workspaceName
    location: monitoring.outputs.workspaceLocation
    tags: allTags
    deployFunctions: deploySentinelFunctions
    deployRules: deploySentinelRules
    ruleSettings: sentinelRuleSettings
    deployHunting: deploySentinelHunting
    deployWorkbook: deploySentinelWorkbook
    registerAsimParsers: registerAsimParsers
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage-${hash}'
  params: {
    name: 'st${checkedName}${hash}'
    location: location
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
    location: location
    tags: allTags
    qualysPassword: qualysPassword
    qualysClientSecret: qualysClientSecret
    alertWebhookUrl: alertWebhookUrl
    alertWebhookSecret: alertWebhookSecret
    privateOnly: privateNetworking
    recover: recoverKeyVault
  }
}

module roleAssignments 'modules/role-assignments.bicep' = {
  name: 'role-assignments-${hash}'
  params: {
    principalId: identity.outputs.principalId
    storageAccountName: storage.outputs.name
    keyVaultName: keyVault.outputs.name
    dataCollectionRuleName: dataCollection.outputs.name
    applicationInsightsName: monitoring.outputs.applicationInsightsName
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
    keyVaultName: keyVault.outputs.name
    storageAccountName: storage.outputs.name
    logStorageAccess: logStorageAccess
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  name: 'network-${hash}'
  params: {
    nameSuffix: nameSuffix
    location: location
    tags: allTags
    addressPrefix: networkAddressPrefix
  }
}

module privateEndpoints 'modules/private-endpoints.bicep' = if (privateNetworking) {
  name: 'private-endpoints-${hash}'
  params: {
    nameSuffix: nameSuffix
    location: location
    tags: allTags
    networkId: network!.outputs.networkId
    subnetId: network!.outputs.endpointSubnetId
    storageAccountId: storage.outputs.id
    keyVaultId: keyVault.outputs.id
    monitorResourceIds: [
      monitoring.outputs.workspaceId
      monitoring.outputs.applicationInsightsId
      dataCollection.outputs.endpointId
    ]
    monitorZones: monitorPrivateZones
  }
}

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app-${hash}'
  params: {
    name: 'func-${nameSuffix}'
    planName: 'plan-${nameSuffix}'
    location: location
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
    alertWebhookUri: checkedPushAlerts == 'off' ? '' : keyVault.outputs.alertWebhookUri
    alertWebhookSigningUri: checkedPushAlerts == 'signed' ? keyVault.outputs.alertWebhookSigningUri : ''
    writtenVersions: keyVault.outputs.writtenVersions
    queryWorkspaceId: queryWorkspace ? monitoring.outputs.workspaceCustomerId : ''
    ingestionEndpoint: dataCollection.outputs.endpoint
    ingestionRuleId: dataCollection.outputs.immutableId
    schedules: schedules
    settings: givenSettings
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    subnetId: privateNetworking ? network!.outputs.appSubnetId : ''
    allowedIpRanges: allowedIpRanges
    packageUri: packageUri
  }
  // Without its roles and the way to its storage the app would start with errors.
  dependsOn: [roleAssignments, privateEndpoints]
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
    enabledStreams: givenSettings.?QUALYS_STREAMS ?? defaultStreams
    schedules: schedules
    functionAppUrl: 'https://${functionApp.outputs.hostName}'
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

@description('Address from which Qualys is called, for its allow list; empty without private networking.')
output outboundIpAddress string = privateNetworking ? network!.outputs.outboundIpAddress : ''
