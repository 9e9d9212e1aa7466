// Key Vault with the Qualys password, the secret of an API client and, where alerts are pushed, the webhook and what signs the posts.
// A secret is written only where its value is given: without one, what the vault holds stays, rotated or not.

@description('Name of the vault.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Password of the Qualys account; empty: the one in the vault stays.')
@secure()
param qualysPassword string

@description('Secret of the Qualys API client; empty: the one in the vault stays.')
@secure()
param qualysClientSecret string

@description('Webhook for alerts; empty: the one in the vault stays.')
@secure()
param alertWebhookUrl string

@description('Secret that signs posts to it; empty: the one in the vault stays.')
@secure()
param alertWebhookSecret string

@description('Whether the vault is reached through a private endpoint only.')
param privateOnly bool

@description('Takes back a vault of this name that was deleted; purge protection keeps the name for 90 days.')
param recover bool

var passwordName = 'qualys-password'
var clientSecretName = 'qualys-client-secret'
var webhookName = 'alert-webhook-url'
var webhookSigningName = 'alert-webhook-secret'

var writesPassword = !empty(qualysPassword)
var writesClientSecret = !empty(qualysClientSecret)
var writesWebhook = !empty(alertWebhookUrl)
var writesWebhookSigning = !empty(alertWebhookSecret)

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

resource password 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (writesPassword) {
  parent: keyVault
  name: passwordName
  tags: tags
  properties: {
    contentType: 'Password of the Qualys API account'
    value: qualysPassword
  }
}

resource clientSecret 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (writesClientSecret) {
  parent: keyVault
  name: clientSecretName
  tags: tags
  properties: {
    contentType: 'Secret of the Qualys API client'
    value: qualysClientSecret
  }
}

// The address is a secret too: most webhooks carry their key in it.
resource webhook 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (writesWebhook) {
  parent: keyVault
  name: webhookName
  tags: tags
  properties: {
    contentType: 'Webhook for alerts'
    value: alertWebhookUrl
  }
}

resource webhookSigning 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (writesWebhookSigning) {
  parent: keyVault
  name: webhookSigningName
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

// Addresses are made of names, because a deployment without values has no secret to ask. They carry no version, so that a new
// one is found.

@description('Address of the password.')
output secretUri string = '${keyVault.properties.vaultUri}secrets/${passwordName}'

@description('Address of the secret of the API client.')
output qualysClientSecretUri string = '${keyVault.properties.vaultUri}secrets/${clientSecretName}'

@description('Address of the webhook.')
output alertWebhookUri string = '${keyVault.properties.vaultUri}secrets/${webhookName}'

@description('Address of what signs posts to it.')
output alertWebhookSigningUri string = '${keyVault.properties.vaultUri}secrets/${webhookSigningName}'

@description('Versions of the secrets that this deployment wrote; blank where it wrote none.')
output writtenVersions string = join(
  filter(
    [
      writesPassword ? last(split(password!.properties.secretUriWithVersion, '/')) : ''
      writesClientSecret ? last(split(clientSecret!.properties.secretUriWithVersion, '/')) : ''
      writesWebhook ? last(split(webhook!.properties.secretUriWithVersion, '/')) : ''
      writesWebhookSigning ? last(split(webhookSigning!.properties.secretUriWithVersion, '/')) : ''
    ],
    version => !empty(version)
  ),
  ' '
)
