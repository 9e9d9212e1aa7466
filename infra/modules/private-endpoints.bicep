// Private endpoints of storage, Key Vault and Azure Monitor, and the name resolution they need.

@description('Suffix of all names here.')
param nameSuffix string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Resource id of the network.')
param networkId string

@description('Subnet of the endpoints.')
param subnetId string

@description('Resource id of the storage account.')
param storageAccountId string

@description('Resource id of the vault.')
param keyVaultId string

@description('Azure Monitor resources that are reached privately: workspace, component, data collection endpoint.')
param monitorResourceIds string[]

@description('Zones of Azure Monitor; other in sovereign clouds.')
param monitorZones string[]

var storageSuffix = environment().suffixes.storage
var vaultSuffix = replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')
var blobZone = 'privatelink.blob.${storageSuffix}'
var ownZones = [
  blobZone
  'privatelink.queue.${storageSuffix}'
  'privatelink.table.${storageSuffix}'
  'privatelink${vaultSuffix}'
]
var zoneNames = union(ownZones, monitorZones)

var services = [
  { name: 'blob', resourceId: storageAccountId, group: 'blob', zones: [ownZones[0]] }
  { name: 'queue', resourceId: storageAccountId, group: 'queue', zones: [ownZones[1]] }
  { name: 'table', resourceId: storageAccountId, group: 'table', zones: [ownZones[2]] }
  { name: 'vault', resourceId: keyVaultId, group: 'vault', zones: [ownZones[3]] }
  { name: 'monitor', resourceId: monitorScope.id, group: 'azuremonitor', zones: union(monitorZones, [blobZone]) }
]

resource monitorScope 'Microsoft.Insights/privateLinkScopes@2021-09-01' = {
  name: 'ampls-${nameSuffix}'
  location: 'global'
  tags: tags
  properties: {
    // Queries stay open: analysts work from outside this network.
    accessModeSettings: { ingestionAccessMode: 'PrivateOnly', queryAccessMode: 'Open' }
  }

  // One after the other: the scope refuses a change while another is under way.
  @batchSize(1)
  resource scoped 'scopedResources' = [
    for (id, index) in monitorResourceIds: {
      name: 'link-${index}'
      properties: { linkedResourceId: id }
    }
  ]
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in zoneNames: {
    name: zone
    location: 'global'
    tags: tags
  }
]

resource zoneLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, index) in zoneNames: {
    parent: zones[index]
    name: 'link-${nameSuffix}'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: networkId }
    }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-07-01' = [
  for service in services: {
    name: 'pe-${service.name}-${nameSuffix}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        {
          name: service.name
          properties: {
            privateLinkServiceId: service.resourceId
            groupIds: [service.group]
          }
        }
      ]
    }
    dependsOn: [monitorScope::scoped]
  }
]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-07-01' = [
  for (service, index) in services: {
    parent: endpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        for zone in service.zones: {
          name: replace(zone, '.', '-')
          properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zone) }
        }
      ]
    }
    dependsOn: [zones, zoneLinks]
  }
]
