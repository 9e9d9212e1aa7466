// Private DNS zones of the private endpoints, where neither a central group nor a policy has them.

@description('Suffix of all names here.')
param nameSuffix string

@description('Tags.')
param tags object

@description('Names of the zones.')
param zones string[]

@description('Resource id of the network that resolves them.')
param networkId string

resource dnsZones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in zones: {
    name: zone
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, index) in zones: {
    parent: dnsZones[index]
    name: 'link-${nameSuffix}'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: networkId }
    }
  }
]
