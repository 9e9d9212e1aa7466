// Key Vault for the Qualys password, the secret of an API client and, where alerts are pushed, the webhook and what signs the posts.
// Their values are not here: a deployment would put an old one over a rotated one. `npm run deploy -- secrets` writes them.

@description('Name of the vault to make; unused when `existingVaultId` is given.')
param name string

@description('Resource id of an existing vault; empty: one is made.')
param existingVaultId string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Whether the vault is reached through a private endpoint only.')
param privateOnly bool

@description('Takes back a vault of this name that was deleted; purge protection keeps the name for 90 days.')
param recover bool

var createVault = empty(existingVaultId)
var idParts = split(existingVaultId, '/')

resource newVault 'Microsoft.KeyVault/vaults@2025-05-01' = if (createVault) {
  name: name
  location: location
  tags: tags
  properties: {
    createMode: recover ? 'recover' : 'default'
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: privateOnly ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      // Without a network of its own the app has no fixed address that a rule could name.
      defaultAction: privateOnly ? 'Deny' : 'Allow'
    }
  }
}

resource existingVault 'Microsoft.KeyVault/vaults@2025-05-01' existing = if (!createVault) {
  name: createVault ? name : idParts[8]
  scope: resourceGroup(
    createVault ? subscription().subscriptionId : idParts[2],
    createVault ? resourceGroup().name : idParts[4]
  )
}

// Addresses carry no version, so that a new one is found.
var secrets = '${createVault ? newVault!.properties.vaultUri : existingVault!.properties.vaultUri}secrets'

@description('Name of the vault.')
output name string = createVault ? newVault.name : existingVault.name

@description('Resource id.')
output id string = createVault ? newVault.id : existingVaultId

@description('Address of the password.')
output secretUri string = '${secrets}/qualys-password'

@description('Address of the secret of the API client.')
output qualysClientSecretUri string = '${secrets}/qualys-client-secret'

@description('Address of the webhook.')
output alertWebhookUri string = '${secrets}/alert-webhook-url'

@description('Address of what signs posts to it.')
output alertWebhookSigningUri string = '${secrets}/alert-webhook-secret'
