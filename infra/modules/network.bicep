// A network for the app: one subnet for its outgoing traffic, one for private endpoints, one fixed address to the internet.

@description('Suffix of all names here.')
param nameSuffix string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Address space, /24 or larger.')
param addressPrefix string

@description('Existing public address for outgoing calls; empty: one is made, unless a prefix is given.')
param publicIpAddressId string

@description('Existing prefix of public addresses for them.')
param publicIpPrefixId string

var makesAddress = empty(publicIpAddressId) && empty(publicIpPrefixId)

resource securityGroup 'Microsoft.Network/networkSecurityGroups@2025-07-01' = {
  name: 'nsg-${nameSuffix}'
  location: location
  tags: tags
}

// Qualys is on the internet, and new networks have no way out of their own. The address can go into Qualys' allow list.
resource outboundAddress 'Microsoft.Network/publicIPAddresses@2025-07-01' = if (makesAddress) {
  name: 'pip-${nameSuffix}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    publicIPAllocationMethod: 'Static'
    publicIPAddressVersion: 'IPv4'
  }
}

resource natGateway 'Microsoft.Network/natGateways@2025-07-01' = {
  name: 'ng-${nameSuffix}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    publicIpAddresses: makesAddress
      ? [{ id: outboundAddress.id }]
      : empty(publicIpAddressId) ? [] : [{ id: publicIpAddressId }]
    publicIpPrefixes: empty(publicIpPrefixId) ? [] : [{ id: publicIpPrefixId }]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2025-07-01' = {
  name: 'vnet-${nameSuffix}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        // No underscore and not shared with endpoints: Flex Consumption refuses both.
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          delegations: [
            { name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }
          ]
          natGateway: { id: natGateway.id }
          networkSecurityGroup: { id: securityGroup.id }
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
          networkSecurityGroup: { id: securityGroup.id }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }

  resource appSubnet 'subnets' existing = {
    name: 'app'
  }

  resource endpointSubnet 'subnets' existing = {
    name: 'endpoints'
  }
}

@description('Subnet of the app.')
output appSubnetId string = network::appSubnet.id

@description('Subnet of the private endpoints.')
output endpointSubnetId string = network::endpointSubnet.id

@description('Address from which Qualys is called; empty where it was given.')
output outboundIpAddress string = makesAddress ? outboundAddress!.properties.ipAddress : ''
