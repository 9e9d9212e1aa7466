// Platform logs into the workspace: rows that Azure refused, who read the secret, optionally every storage access.

@description('Resource id of the workspace.')
param workspaceId string

@description('Name of the data collection rule.')
param dataCollectionRuleName string

@description('Name of the vault; empty: it is not of this deployment.')
param keyVaultName string

@description('Name of the storage account.')
param storageAccountName string

@description('Whether to log every access to the storage account; a polled queue makes many.')
param logStorageAccess bool

@description('Name of the function app whose platform log is sent too; empty: none.')
param functionAppName string

resource dataCollectionRule 'Microsoft.Insights/dataCollectionRules@2024-03-11' existing = {
  name: dataCollectionRuleName
}

resource keyVault 'Microsoft.KeyVault/vaults@2025-05-01' existing = if (!empty(keyVaultName)) {
  name: keyVaultName
}

resource functionApp 'Microsoft.Web/sites@2025-03-01' existing = if (!empty(functionAppName)) {
  name: functionAppName
}

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: storageAccountName

  resource blobService 'blobServices' existing = {
    name: 'default'
  }

  resource queueService 'queueServices' existing = {
    name: 'default'
  }

  resource tableService 'tableServices' existing = {
    name: 'default'
  }
}

// A 204 of the ingestion endpoint does not mean that rows are stored: what was dropped shows here only.
resource ruleErrors 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: dataCollectionRule
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'LogErrors', enabled: true }
    ]
  }
}

resource vaultAudit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(keyVaultName)) {
  name: 'to-workspace'
  scope: keyVault
  properties: {
    workspaceId: workspaceId
    logs: [
      { categoryGroup: 'audit', enabled: true }
    ]
  }
}

resource blobAccess 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (logStorageAccess) {
  name: 'to-workspace'
  scope: storageAccount::blobService
  properties: {
    workspaceId: workspaceId
    logs: [
      { categoryGroup: 'allLogs', enabled: true }
    ]
  }
}

resource queueAccess 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (logStorageAccess) {
  name: 'to-workspace'
  scope: storageAccount::queueService
  properties: {
    workspaceId: workspaceId
    logs: [
      { categoryGroup: 'allLogs', enabled: true }
    ]
  }
}

resource tableAccess 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (logStorageAccess) {
  name: 'to-workspace'
  scope: storageAccount::tableService
  properties: {
    workspaceId: workspaceId
    logs: [
      { categoryGroup: 'allLogs', enabled: true }
    ]
  }
}

resource appLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(functionAppName)) {
  name: 'to-workspace'
  scope: functionApp
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'FunctionAppLogs', enabled: true }
    ]
  }
}
