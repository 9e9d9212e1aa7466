// Two playbooks for incidents of Microsoft Sentinel, in the resource group of the function app, and the connection that they share.
metadata description = 'Playbooks for Microsoft Sentinel: what Qualys knows of an incident, and open vulnerabilities of its hosts, as comments.'

targetScope = 'resourceGroup'

@description('Name of the function app of the connector, in this resource group.')
@minLength(2)
@maxLength(60)
param functionAppName string

@description('Address of the secret in Key Vault that holds a function key of the app, without a version, e.g. https://kv-qualys.vault.azure.net/secrets/playbooks-function-key.')
param functionKeySecretUri string

@description('Region of the playbooks and their connection.')
param location string = resourceGroup().location

@description('Tags for both.')
param tags object = {}

var playbooks = [
  {
    name: 'qualys-enrich-incident'
    definition: loadJsonContent('playbooks/enrich-incident.json')
  }
  {
    name: 'qualys-host-vulnerabilities'
    definition: loadJsonContent('playbooks/host-vulnerabilities.json')
  }
]

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

var sentinelApi = subscriptionResourceId('Microsoft.Web/locations/managedApis', location, 'azuresentinel')

#disable-next-line no-type-data // outside the offline checker's types
resource sentinel 'Microsoft.Web/connections@2016-06-01' = {
  name: 'qualys-azuresentinel'
  location: location
  tags: tags
  #disable-next-line BCP187 // the published types leave this and the next out; Microsoft's own playbooks have them
  kind: 'V1'
  properties: {
    displayName: 'Microsoft Sentinel, by the identity of the playbook'
    // The connection has no login of its own: the workflow's identity is used.
    #disable-next-line BCP037 // as above
    parameterValueType: 'Alternative'
    api: {
      id: sentinelApi
    }
  }
}

#disable-next-line no-type-data // outside the offline checker's types
resource workflows 'Microsoft.Logic/workflows@2019-05-01' = [
  for playbook in playbooks: {
    name: playbook.name
    location: location
    tags: tags
    identity: {
      type: 'SystemAssigned'
    }
    properties: {
      state: 'Enabled'
      definition: playbook.definition
      parameters: {
        '$connections': {
          value: {
            azuresentinel: {
              id: sentinelApi
              connectionId: sentinel.id
              connectionName: sentinel.name
              connectionProperties: {
                authentication: {
                  type: 'ManagedServiceIdentity'
                }
              }
            }
          }
        }
        appUrl: {
          value: 'https://${app.properties.defaultHostName}'
        }
        functionKeySecretUri: {
          value: functionKeySecretUri
        }
        keyVaultAudience: {
          value: 'https://${substring(environment().suffixes.keyvaultDns, 1)}'
        }
      }
    }
  }
]

@description('Identities that need the roles Microsoft Sentinel Responder on the workspace and Key Vault Secrets User on the secret.')
output principalIds string[] = [for (playbook, index) in playbooks: workflows[index].identity.principalId]
