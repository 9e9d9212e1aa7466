// Azure Monitor's private link scope, made or given, and what the connector has in it.

@description('Name of the scope, in this resource group.')
param name string

@description('Whether it is made here.')
param isMade bool

@description('How the names of the links begin, which are of this connector alone.')
param linkPrefix string

@description('Tags of a scope that is made.')
param tags object

@description('What is reached through it: workspace, component, data collection endpoint.')
param resourceIds string[]

resource newScope 'Microsoft.Insights/privateLinkScopes@2021-09-01' = if (isMade) {
  name: name
  location: 'global'
  tags: tags
  properties: {
    // Queries stay open: analysts work from outside this network.
    accessModeSettings: { ingestionAccessMode: 'PrivateOnly', queryAccessMode: 'Open' }
  }
}

resource scope 'Microsoft.Insights/privateLinkScopes@2021-09-01' existing = {
  name: name
}

// One after the other: the scope refuses a change while another is under way.
@batchSize(1)
resource links 'Microsoft.Insights/privateLinkScopes/scopedResources@2021-09-01' = [
  for (id, index) in resourceIds: {
    parent: scope
    name: '${linkPrefix}-${index}'
    properties: { linkedResourceId: id }
    dependsOn: [newScope]
  }
]

@description('Resource id of the scope.')
output id string = scope.id
