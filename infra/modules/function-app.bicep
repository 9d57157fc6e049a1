// The function app on a Flex Consumption plan, and every app setting shared/config.ts reads in the cloud.
param name string
param planName string
param location string
param tags object
param identityName string
param storageAccountName string
param deploymentContainerName string
param cosmosAccountName string
param cosmosDatabaseName string
param keyVaultName string
param applicationInsightsName string
param nodeVersion string
param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyHttpInstances int
param httpPerInstanceConcurrency int
param metaAppId string
param metaGraphVersion string
param isMetaAppSecretRotating bool
param wrappingKeyName string
param hasTokenEncryptionKey bool
param googleClientId string
param githubClientId string
param publicUrl string
param corsOrigins string
param isWebhookArchiveOn bool
param isTelemetryOn bool
param telemetryTracesPercent int

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: storageAccountName
}

resource cosmosAccount 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' existing = {
  name: cosmosAccountName
}

resource keyVault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: keyVaultName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

var clientAddress = empty(publicUrl) ? 'https://${name}.azurewebsites.net' : publicUrl
// Without a version: the newest one, read again within a day of a change.
var secret = '@Microsoft.KeyVault(SecretUri=${keyVault.properties.vaultUri}secrets/'

// The code takes an empty value for a missing one, so that its own default holds.
var settings = [
  // The host's own storage and the queue triggers. All of these together: with fewer, functions run but never scale.
  { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
  { name: 'AzureWebJobsStorage__clientId', value: identity.properties.clientId }
  { name: 'AzureWebJobsStorage__blobServiceUri', value: storageAccount.properties.primaryEndpoints.blob }
  { name: 'AzureWebJobsStorage__queueServiceUri', value: storageAccount.properties.primaryEndpoints.queue }
  { name: 'AzureWebJobsStorage__tableServiceUri', value: storageAccount.properties.primaryEndpoints.table }
  // More than the largest upload with its form around it: beyond that the host refuses a request in its own words.
  { name: 'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT', value: '115343360' }
  // The same account, as Herald's own clients find it.
  { name: 'STORAGE_ACCOUNT_NAME', value: storageAccount.name }
  { name: 'AZURE_CLIENT_ID', value: identity.properties.clientId }
  { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: applicationInsights.properties.ConnectionString }
  {
    name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING'
    value: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  }
  { name: 'COSMOS_ENDPOINT', value: cosmosAccount.properties.documentEndpoint }
  { name: 'COSMOS_DATABASE', value: cosmosDatabaseName }
  { name: 'META_APP_ID', value: metaAppId }
  { name: 'META_GRAPH_VERSION', value: metaGraphVersion }
  { name: 'META_APP_SECRET', value: '${secret}META-APP-SECRET)' }
  { name: 'META_APP_SECRET_PREVIOUS', value: isMetaAppSecretRotating ? '${secret}META-APP-SECRET-PREVIOUS)' : '' }
  { name: 'META_VERIFY_TOKEN', value: '${secret}META-VERIFY-TOKEN)' }
  { name: 'JWT_KEYS', value: '${secret}JWT-KEYS)' }
  { name: 'TOKEN_ENCRYPTION_KEY', value: hasTokenEncryptionKey ? '${secret}TOKEN-ENCRYPTION-KEY)' : '' }
  // Without a version: the newest one wraps new keys, and each key names the one that it needs.
  {
    name: 'KEY_VAULT_KEY_ID'
    value: empty(wrappingKeyName) ? '' : '${keyVault.properties.vaultUri}keys/${wrappingKeyName}'
  }
  { name: 'GOOGLE_CLIENT_ID', value: googleClientId }
  { name: 'GOOGLE_CLIENT_SECRET', value: empty(googleClientId) ? '' : '${secret}GOOGLE-CLIENT-SECRET)' }
  { name: 'GITHUB_CLIENT_ID', value: githubClientId }
  { name: 'GITHUB_CLIENT_SECRET', value: empty(githubClientId) ? '' : '${secret}GITHUB-CLIENT-SECRET)' }
  { name: 'PUBLIC_URL', value: clientAddress }
  { name: 'CORS_ORIGINS', value: corsOrigins }
  { name: 'WEBHOOK_ARCHIVE', value: isWebhookArchiveOn ? 'on' : 'off' }
  { name: 'TELEMETRY', value: isTelemetryOn ? 'azure' : 'off' }
  { name: 'TELEMETRY_TRACES_PERCENT', value: string(telemetryTracesPercent) }
]

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  // azd finds the app to deploy to by the second tag: the name of the service in azure.yaml.
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: identity.id
    siteConfig: {
      minTlsVersion: '1.2'
      appSettings: settings
    }
    functionAppConfig: {
      runtime: { name: 'node', version: nodeVersion }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storageAccount.properties.primaryEndpoints.blob}${deploymentContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyHttpInstances == 0 ? [] : [{ name: 'http', instanceCount: alwaysReadyHttpInstances }]
        triggers: { http: { perInstanceConcurrency: httpPerInstanceConcurrency } }
      }
    }
  }

  // Deployment signs in with Entra ID: passwords for it stay off.
  resource ftpPasswords 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource deploymentPasswords 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

output name string = app.name
output publicUrl string = clientAddress
