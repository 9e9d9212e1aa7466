// Private endpoints, and their names in the private DNS zones.

@description('A service that is reached privately.')
type service = {
  @description('Its name here.')
  name: string

  @description('What Azure calls it.')
  group: string

  @description('Private DNS zones of its names.')
  zones: string[]
}

@description('Suffix of all names here.')
param nameSuffix string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Subnet of the endpoints.')
param subnetId string

@description('What gets an endpoint.')
param services service[]

@description('Resource id of each service by its name.')
param resourceIds object

@description('Resource group of the zones as a resource id; empty: a policy writes the names.')
param dnsGroupId string

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
            privateLinkServiceId: resourceIds[service.name]
            groupIds: [service.group]
          }
        }
      ]
    }
  }
]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-07-01' = [
  for (service, index) in services: if (!empty(dnsGroupId)) {
    parent: endpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        for zone in service.zones: {
          name: replace(zone, '.', '-')
          properties: { privateDnsZoneId: '${dnsGroupId}/providers/Microsoft.Network/privateDnsZones/${zone}' }
        }
      ]
    }
  }
]
