// The storage account: package, host state, queue, tables, dead letters. No shared keys: identity only.
// Names of queues, tables and containers equal src/lib/azure/names.ts (npm run check:infra).

@description('Name of the account.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Redundancy.')
param sku string

@description('Days after which a dead letter is deleted.')
param deadLetterRetentionDays int

@description('Whether the account is reached through private endpoints only.')
param privateOnly bool

@description('Short name of the Qualys subscription (setting QUALYS_SUBSCRIPTION), which stands in the names of what the connector stores; empty: in none.')
param subscriptionName string

var packageContainer = 'app-package'
var deadLetterContainer = 'qualys-dead-letters'
var traceContainer = 'qualys-traces'

// The poison queues are declared too: the host would create them on the first poison message, when nobody watches.
var queueNames = [
  'qualys-fetch'
  'qualys-fetch-poison'
  'qualys-wake-ups'
  'qualys-wake-ups-poison'
  'qualys-alerts'
  'qualys-alerts-poison'
]

var tableNames = [
  'QualysWatermarks'
  'QualysWindows'
  'QualysBackfills'
  'QualysLimits'
  'QualysAudit'
  'QualysAlerts'
  'QualysSent'
  'QualysMemory'
]

// As src/lib/subscription-name.ts has it.
var suffix = empty(subscriptionName) ? '' : '-${subscriptionName}'
var ownQueueNames = map(
  queueNames,
  queue => endsWith(queue, '-poison') ? '${replace(queue, '-poison', '')}${suffix}-poison' : '${queue}${suffix}'
)
var ownDeadLetterContainer = '${deadLetterContainer}${suffix}'
var ownTraceContainer = '${traceContainer}${suffix}'

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: privateOnly ? 'Disabled' : 'Enabled'
    supportsHttpsTrafficOnly: true
    networkAcls: {
      bypass: 'AzureServices'
      // Without a network of its own the app has no fixed address that a rule could name.
      defaultAction: privateOnly ? 'Deny' : 'Allow'
    }
  }

  resource blobService 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: 7 }
      containerDeleteRetentionPolicy: { enabled: true, days: 7 }
    }

    resource containers 'containers' = [
      for container in [packageContainer, ownDeadLetterContainer, ownTraceContainer]: {
        name: container
        properties: { publicAccess: 'None' }
      }
    ]
  }

  resource queueService 'queueServices' = {
    name: 'default'

    resource queues 'queues' = [for queue in ownQueueNames: { name: queue }]
  }

  resource tableService 'tableServices' = {
    name: 'default'

    resource tables 'tables' = [for table in tableNames: { name: '${table}${subscriptionName}' }]
  }
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-08-01' = {
  parent: storageAccount
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-old-dead-letters'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${ownDeadLetterContainer}/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: deadLetterRetentionDays } } }
          }
        }
        {
          name: 'delete-old-traces'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${ownTraceContainer}/'] }
            // They hold data of the customer for a support case.
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 7 } } }
          }
        }
      ]
    }
  }
  dependsOn: [storageAccount::blobService]
}

@description('Name of the account.')
output name string = storageAccount.name

@description('When the account was made; empty where Azure does not tell.')
output createdAt string = storageAccount.properties.?creationTime ?? ''

@description('Resource id.')
output id string = storageAccount.id

@description('Container of the deployed package.')
output packageContainerUrl string = '${storageAccount.properties.primaryEndpoints.blob}${packageContainer}'

@description('Blob, queue and table endpoints, as the identity-based storage settings want them.')
output serviceUris object = {
  blob: storageAccount.properties.primaryEndpoints.blob
  queue: storageAccount.properties.primaryEndpoints.queue
  table: storageAccount.properties.primaryEndpoints.table
}
