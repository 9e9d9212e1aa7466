// Log Analytics workspace (new or existing) and Application Insights on it.

@description('Name of the workspace to make; unused when `existingWorkspaceId` is given.')
param workspaceName string

@description('Resource id of an existing workspace; empty: one is made.')
param existingWorkspaceId string

@description('Name of the Application Insights component.')
param applicationInsightsName string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Days that a new workspace keeps data.')
param retentionDays int

var createWorkspace = empty(existingWorkspaceId)
var idParts = split(existingWorkspaceId, '/')

resource newWorkspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = if (createWorkspace) {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true }
  }
}

resource existingWorkspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = if (!createWorkspace) {
  name: createWorkspace ? workspaceName : idParts[8]
  scope: resourceGroup(
    createWorkspace ? subscription().subscriptionId : idParts[2],
    createWorkspace ? resourceGroup().name : idParts[4]
  )
}

var workspaceId = createWorkspace ? newWorkspace.id : existingWorkspaceId

// Logs of the app stay in the workspace of its data: the health content joins both.
resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: applicationInsightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspaceId
    DisableLocalAuth: true
  }
}

@description('Resource id of the workspace.')
output workspaceId string = workspaceId

@description('Name of the workspace.')
output workspaceName string = createWorkspace ? newWorkspace.name : existingWorkspace.name

@description('Id of the workspace in queries.')
output workspaceCustomerId string = createWorkspace
  ? newWorkspace!.properties.customerId
  : existingWorkspace!.properties.customerId

@description('Region of the workspace, where its data collection rule has to be.')
output workspaceLocation string = createWorkspace ? location : existingWorkspace!.location

@description('Name of the component.')
output applicationInsightsName string = applicationInsights.name

@description('Resource id of the component.')
output applicationInsightsId string = applicationInsights.id
