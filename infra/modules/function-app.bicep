// The function app on Flex Consumption. Settings: names as in docs/settings.md (npm run check:infra).

@description('Name of the app.')
param name string

@description('Name of the plan; a Flex plan holds one app.')
param planName string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Resource id of the identity.')
param identityId string

@description('Client id of the identity.')
param identityClientId string

@description('Container of the deployed package.')
param packageContainerUrl string

@description('Blob, queue and table endpoints of the storage account.')
param storageServiceUris object

@description('When the storage account was made; empty: not known.')
param storageCreatedAt string

@description('Name of the Application Insights component.')
param applicationInsightsName string

@description('Qualys user; empty: none.')
param qualysUsername string

@description('Qualys API client; empty: none.')
param qualysClientId string

@description('Address of its secret in Key Vault.')
param qualysClientSecretUri string

@description('Qualys API server.')
param qualysApiUrl string

@description('Address of the Qualys password in Key Vault.')
param qualysCredentialUri string

@description('Address of the webhook for alerts in Key Vault; empty: none.')
param alertWebhookUri string

@description('Address of what signs posts to it in Key Vault; empty: none.')
param alertWebhookSigningUri string

@description('Id of the workspace that enrichment reads; empty: none.')
param queryWorkspaceId string

@description('Where rows are sent.')
param ingestionEndpoint string

@description('Immutable id of the data collection rule.')
param ingestionRuleId string

@description('What stands for the filter of VM detections in that rule; empty: none.')
param vmRuleFilter string

@description('Timer schedules by setting name.')
param schedules object

@description('Optional settings by name, none of them blank.')
param settings object

@description('Node.js version.')
param nodeVersion string

@description('Memory of an instance, in MB.')
param instanceMemoryMB int

@description('Most instances at once.')
param maximumInstanceCount int

@description('Subnet for outgoing traffic; empty: none.')
param subnetId string

@description('Whether the app has its public name.')
param isPublic bool

@description('What a deployment does to running instances: Recreate or RollingUpdate.')
param updateStrategy string

@description('Whether the app is spread over availability zones.')
param zoneRedundant bool

@description('Address ranges that may call the app; empty: any.')
param allowedIpRanges string[]

@description('Proxy for outgoing calls; empty: none.')
param outboundProxy string

@description('Hosts that are called without it.')
param outboundNoProxy string

@description('Client id of the app registration that callers sign in to; empty: they have keys.')
param signInClientId string

@description('Its tenant.')
param signInTenantId string

@description('Address of a package to deploy at once; empty: deployed separately.')
param packageUri string

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

// Not set, because Flex Consumption refuses or ignores them: FUNCTIONS_WORKER_RUNTIME, FUNCTIONS_EXTENSION_VERSION, WEBSITE_*.
// The exception below, WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES, is set by Microsoft's functions-mcp-tutorial.
var fixedSettings = {
  AzureWebJobsStorage__blobServiceUri: storageServiceUris.blob
  AzureWebJobsStorage__queueServiceUri: storageServiceUris.queue
  AzureWebJobsStorage__tableServiceUri: storageServiceUris.table
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AZURE_CLIENT_ID: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  QUALYS_API_URL: qualysApiUrl
  LOGS_INGESTION_ENDPOINT: ingestionEndpoint
  LOGS_INGESTION_RULE_ID: ingestionRuleId
  // An account that is much younger than the rest of the installation has replaced another one, and the watermarks are lost. Blank: not known.
  INSTALLED_AT: applicationInsights.properties.?CreationDate ?? ''
  STORAGE_CREATED_AT: storageCreatedAt
  // For the C library of the Node process: memory of pages and chunks goes back to the system as soon as it is free.
  MALLOC_MMAP_THRESHOLD_: '262144'
}

// Left out where they are blank.
var optionalSettings = {
  QUALYS_USERNAME: qualysUsername
  QUALYS_PASSWORD: empty(qualysUsername) ? '' : '@Microsoft.KeyVault(SecretUri=${qualysCredentialUri})'
  // The app reads secrets itself, at the start and after a refusal; the reference counts until it has.
  QUALYS_PASSWORD_SECRET_URI: empty(qualysUsername) ? '' : qualysCredentialUri
  QUALYS_CLIENT_ID: qualysClientId
  QUALYS_CLIENT_SECRET: empty(qualysClientId) ? '' : '@Microsoft.KeyVault(SecretUri=${qualysClientSecretUri})'
  QUALYS_CLIENT_SECRET_URI: empty(qualysClientId) ? '' : qualysClientSecretUri
  LOGS_QUERY_WORKSPACE_ID: queryWorkspaceId
  VM_RULE_FILTER: vmRuleFilter
  ALERT_WEBHOOK_URL: empty(alertWebhookUri) ? '' : '@Microsoft.KeyVault(SecretUri=${alertWebhookUri})'
  ALERT_WEBHOOK_SECRET: empty(alertWebhookSigningUri) ? '' : '@Microsoft.KeyVault(SecretUri=${alertWebhookSigningUri})'
  ALERT_WEBHOOK_URL_SECRET_URI: alertWebhookUri
  ALERT_WEBHOOK_SECRET_URI: alertWebhookSigningUri
  HTTPS_PROXY: outboundProxy
  NO_PROXY: empty(outboundProxy) ? '' : outboundNoProxy
  CALLER_AUTH: empty(signInClientId) ? '' : 'entra'
  // The app's identity stands in for a secret of the registration; agents find out where to sign in; their endpoint asks for no key.
  OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: empty(signInClientId) ? '' : identityClientId
  WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES: empty(signInClientId) ? '' : 'api://${signInClientId}/user_impersonation'
  AzureFunctionsJobHost__extensions__mcp__system__webhookAuthorizationLevel: empty(signInClientId) ? '' : 'Anonymous'
}
var wantedSettings = toObject(
  filter(items(optionalSettings), entry => !empty(entry.value)),
  entry => entry.key,
  entry => entry.value
)

var appSettings = union(settings, schedules, wantedSettings, fixedSettings)

var appConfig = {
  deployment: {
    storage: {
      type: 'blobContainer'
      value: packageContainerUrl
      authentication: {
        type: 'UserAssignedIdentity'
        userAssignedIdentityResourceId: identityId
      }
    }
  }
  runtime: { name: 'node', version: nodeVersion }
  scaleAndConcurrency: {
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
  }
}
// Not in the published type: with the default strategy nothing is sent.
var updateConfig = updateStrategy == 'Recreate' ? {} : { siteUpdateStrategy: { type: updateStrategy } }

// The page holds no data, and leads to the sign-in.
var pagePaths = [
  '/api/dashboard'
  '/api/dashboard/app.js'
  '/api/dashboard/app.css'
  '/api/dashboard/operate.html'
  '/api/dashboard/icon.svg'
  '/api/dashboard/icon-waiting.svg'
  '/api/dashboard/icon-attention.svg'
]

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // azd finds the app of a service in azure.yaml by this tag.
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: isPublic ? 'Enabled' : 'Disabled'
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ipSecurityRestrictionsDefaultAction: empty(allowedIpRanges) ? 'Allow' : 'Deny'
      ipSecurityRestrictions: [
        for (range, index) in allowedIpRanges: {
          name: 'allowed-${index}'
          action: 'Allow'
          ipAddress: range
          priority: 100 + index
        }
      ]
      appSettings: map(items(appSettings), entry => { name: entry.key, value: entry.value })
    }
    functionAppConfig: union(appConfig, updateConfig)
  }

  // Who may do what, the app says by the roles. Left out, so that nothing of a person's own making is changed, where callers have keys.
  resource signIn 'config' = if (!empty(signInClientId)) {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'Return401'
        excludedPaths: pagePaths
      }
      httpSettings: { requireHttps: true }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: signInClientId
            clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
            openIdIssuer: '${environment().authentication.loginEndpoint}${signInTenantId}/v2.0'
          }
          validation: { allowedAudiences: ['api://${signInClientId}', signInClientId] }
        }
      }
      login: { tokenStore: { enabled: false } }
    }
  }

  // Deployments sign in with Entra ID; passwords for publishing stay off.
  resource ftpPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scmPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

resource package 'Microsoft.Web/sites/extensions@2025-03-01' = if (!empty(packageUri)) {
  parent: site
  name: 'onedeploy'
  #disable-next-line BCP187 // the published types leave these properties out; the documentation of Flex Consumption has them
  properties: {
    packageUri: packageUri
    remoteBuild: false
  }
}

@description('Name of the app.')
output name string = site.name

@description('Resource id.')
output id string = site.id

@description('Host name of the app.')
output hostName string = site.properties.defaultHostName
