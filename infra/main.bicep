// Entry point of azd: a resource group with the connector in it. Parameters are explained in resource-group.bicep.

targetScope = 'subscription'

import { connectorSettings } from 'settings.bicep'
import { RuleSettings } from 'sentinel/sentinel.bicep'

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

@description('Resource id of the Log Analytics workspace of your Sentinel; empty: a new one is made.')
param workspaceResourceId string = ''

@description('Tags for every resource.')
param tags object = {}

@description('Optional settings of the app by their names.')
param settings connectorSettings = {}

@description('Node.js version.')
@allowed(['22', '24'])
param nodeVersion string = '22'

@description('Memory of an instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('Most instances at once of each group of functions that scale together: HTTP is one, each other function another.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Address ranges in CIDR form that may call the app; empty: any caller with a function key.')
param allowedIpRanges string[] = []

@description('Makes a virtual network with private endpoints and a fixed outgoing address.')
param privateNetworking bool = false

@description('Address space of that network, /24 or larger.')
param networkAddressPrefix string = '10.87.0.0/24'

@description('Redundancy of the storage account.')
param storageSku 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS' = 'Standard_LRS'

@description('Days after which a dead letter is deleted.')
@minValue(1)
@maxValue(3650)
param deadLetterRetentionDays int = 90

@description('Days that a new workspace keeps data.')
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

@description('Deploys the Sentinel functions.')
param deploySentinelFunctions bool = true

@description('Deploys the analytic rules.')
param deploySentinelRules bool = true

@description('What the Sentinel rules do otherwise than by default.')
param sentinelRuleSettings RuleSettings = {}

@description('Deploys the hunting queries.')
param deploySentinelHunting bool = true

@description('Deploys the workbook.')
param deploySentinelWorkbook bool = true

@description('Adds the ASIM parsers to the built-in unifying parsers.')
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

@description('Logs every access to the storage account.')
param logStorageAccess bool = false

@description('Takes back the vault of an earlier deployment in this group that was deleted.')
param recoverKeyVault bool = false

resource group 'Microsoft.Resources/resourceGroups@2025-03-01' = {
  name: empty(resourceGroupName) ? 'rg-qualys-${environmentName}' : resourceGroupName
  location: location
  // azd finds the group of an environment by this tag.
  tags: union(tags, { application: 'qualys-sentinel-connector', 'azd-env-name': environmentName })
}

module connector 'resource-group.bicep' = {
  name: 'qualys-connector-${uniqueString(environmentName, location)}'
  scope: group
  params: {
    qualysUsername: qualysUsername
    qualysPassword: qualysPassword
    qualysClientId: qualysClientId
    qualysClientSecret: qualysClientSecret
    qualysApiUrl: qualysApiUrl
    location: location
    workspaceResourceId: workspaceResourceId
    environmentName: environmentName
    tags: tags
    settings: settings
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    allowedIpRanges: allowedIpRanges
    privateNetworking: privateNetworking
    networkAddressPrefix: networkAddressPrefix
    storageSku: storageSku
    deadLetterRetentionDays: deadLetterRetentionDays
    workspaceRetentionDays: workspaceRetentionDays
    tableRetentionDays: tableRetentionDays
    tableTotalRetentionDays: tableTotalRetentionDays
    onboardSentinel: onboardSentinel
    deploySentinelFunctions: deploySentinelFunctions
    deploySentinelRules: deploySentinelRules
    sentinelRuleSettings: sentinelRuleSettings
    deploySentinelHunting: deploySentinelHunting
    deploySentinelWorkbook: deploySentinelWorkbook
    registerAsimParsers: registerAsimParsers
    queryWorkspace: queryWorkspace
    pushAlerts: pushAlerts
    alertWebhookUrl: alertWebhookUrl
    alertWebhookSecret: alertWebhookSecret
    deployAlerts: deployAlerts
    alertEmail: alertEmail
    actionGroupResourceIds: actionGroupResourceIds
    logStorageAccess: logStorageAccess
    recoverKeyVault: recoverKeyVault
  }
}

@description('Region, as azd keeps it.')
output AZURE_LOCATION string = location

@description('Name of the resource group.')
output AZURE_RESOURCE_GROUP string = group.name

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
