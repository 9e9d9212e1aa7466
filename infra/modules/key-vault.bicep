// Key Vault with the Qualys password and, where alerts are pushed, the webhook and what signs the posts.

@description('Name of the vault.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Password of the Qualys account.')
@secure()
param qualysPassword string

@description('Webhook for alerts; empty: none.')
@secure()
param alertWebhookUrl string

@description('Secret that signs posts to it; empty: none.')
@secure()
param alertWebhookSecret string

@description('Whether the vault is reached through a private endpoint only.')
param privateOnly bool

@description('Takes back a vault of this name that was deleted; purge protection keeps the name for 90 days.')
param recover bool

resource keyVault 'Microsoft.KeyVault/vaults@2025-05-01' = {
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

resource secret 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: keyVault
  name: 'qualys-password'
  tags: tags
  properties: {
    contentType: 'Password of the Qualys API account'
    value: qualysPassword
  }
}

// The address is a secret too: most webhooks carry their key in it.
resource webhook 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(alertWebhookUrl)) {
  parent: keyVault
  name: 'alert-webhook-url'
  tags: tags
  properties: {
    contentType: 'Webhook for alerts'
    value: alertWebhookUrl
  }
}

resource webhookSigning 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(alertWebhookSecret)) {
  parent: keyVault
  name: 'alert-webhook-secret'
  tags: tags
  properties: {
    contentType: 'Signs posts to the webhook for alerts'
    value: alertWebhookSecret
  }
}

@description('Name of the vault.')
output name string = keyVault.name

@description('Resource id.')
output id string = keyVault.id

@description('Address of the secret without a version, so that a new version is picked up within a day.')
output secretUri string = secret.properties.secretUri

@description('Address of the webhook in Key Vault; empty: none.')
output alertWebhookUri string = empty(alertWebhookUrl) ? '' : webhook!.properties.secretUri

@description('Address of what signs posts to it; empty: none.')
output alertWebhookSigningUri string = empty(alertWebhookSecret) ? '' : webhookSigning!.properties.secretUri
