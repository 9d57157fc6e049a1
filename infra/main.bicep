// Everything Herald runs on in Azure, in a resource group of its own. README.md says how to deploy it.
// What the code declares (queues, tables, containers) comes from resources.json, which resources.ts writes.
targetScope = 'subscription'

@description('Name of this environment, for example "dev" or "prod": part of the resource group name and of every generated name.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Azure region of every resource.')
@minLength(1)
param location string

@description('"App ID" of the Meta app, as its dashboard shows it.')
@minLength(1)
param metaAppId string

@description('"App secret" of the Meta app: proves that a webhook comes from Meta.')
@secure()
@minLength(16)
param metaAppSecret string

@description('The app secret before the last rotation, as long as Meta may still sign with it. Empty: none.')
@secure()
param metaAppSecretPrevious string = ''

@description('What is typed as "Verify token" where the webhook is set up in the Meta dashboard.')
@secure()
@minLength(8)
param metaVerifyToken string

@description('Keys that sign access tokens: "<key id>:<32 bytes in base64>", comma-separated, the first one signs.')
@secure()
@minLength(1)
param jwtKeys string

@description('What seals Meta access tokens at rest. keyVault: a key that never leaves Key Vault wraps the keys that do. setting: tokenEncryptionKey.')
@allowed(['keyVault', 'setting'])
param sealedBy string = 'keyVault'

@description('32 bytes in base64. Needed with sealedBy "setting"; with "keyVault" it opens what was sealed with it before. Empty: none.')
@secure()
param tokenEncryptionKey string = ''

@description('Client id of the OAuth client for sign-in with Google. Empty: no sign-in with Google.')
param googleClientId string = ''

@description('Client secret that goes with googleClientId.')
@secure()
param googleClientSecret string = ''

@description('Client id of the OAuth app for sign-in with GitHub. Empty: no sign-in with GitHub.')
param githubClientId string = ''

@description('Client secret that goes with githubClientId.')
@secure()
param githubClientSecret string = ''

@description('Version of the Graph API, for example "v26.0". Empty: the one this build was tested with.')
param metaGraphVersion string = ''

@description('Address clients use, without a path. Empty: the address Azure gives the function app.')
param publicUrl string = ''

@description('Browser origins that may call the API, comma-separated. Empty: none.')
param corsOrigins string = ''

@description('Whether the raw bodies of webhooks are kept, to be replayed: they hold what people wrote.')
@allowed(['on', 'off'])
param webhookArchive string = 'off'

@description('Major version of Node.js that runs the functions.')
@allowed(['22', '24'])
param nodeVersion string = '24'

@description('Memory of one instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Most instances that may run at once, for each group of functions that scales together.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 100

@description('Instances that always wait for HTTP requests, so that no webhook meets a cold start. 0: scale to zero.')
@minValue(0)
param alwaysReadyHttpInstances int = 1

@description('Requests that one instance answers at the same time before another instance is added.')
@minValue(1)
@maxValue(1000)
param httpPerInstanceConcurrency int = 100

@description('serverless: pay by request, for small or bursty loads. autoscale: throughput shared by all containers.')
@allowed(['serverless', 'autoscale'])
param cosmosCapacity string = 'serverless'

@description('Upper limit in request units per second, with cosmosCapacity "autoscale".')
@minValue(1000)
param cosmosAutoscaleMaxThroughput int = 4000

@description('Copies of the storage account: in one data centre (LRS) or in three zones of the region (ZRS).')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param storageSku string = 'Standard_ZRS'

@description('Keeps deleted secrets until their retention ends, whoever asks. Cannot be turned off again; false suits throw-away environments.')
param keyVaultPurgeProtection bool = true

@description('Days that logs and traces are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Whom the alerts write to. Empty: they are only seen in the portal.')
param alertEmail string = ''

@description('Whether traces and metrics are written to Application Insights, beside the log. Each is paid for by its size.')
@allowed(['on', 'off'])
param telemetry string = 'off'

@description('How many of a hundred traces are written. Metrics are whole whatever it is.')
@minValue(0)
@maxValue(100)
param telemetryTracesPercent int = 100

var token = uniqueString(subscription().id, environmentName, location)
var groupName = 'rg-herald-${environmentName}'
var wrappingKeyName = 'herald'
// azd finds the environment by this tag.
var tags = { 'azd-env-name': environmentName }

module group 'modules/group.json' = {
  name: 'group'
  params: {
    name: groupName
    location: location
    tags: tags
  }
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: resourceGroup(groupName)
  params: {
    name: 'id-${token}'
    location: location
    tags: tags
  }
  dependsOn: [group]
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: resourceGroup(groupName)
  params: {
    workspaceName: 'log-${token}'
    applicationInsightsName: 'appi-${token}'
    location: location
    tags: tags
    retentionDays: logRetentionDays
  }
  dependsOn: [group]
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: resourceGroup(groupName)
  params: {
    name: 'st${token}'
    location: location
    tags: tags
    sku: storageSku
  }
  dependsOn: [group]
}

module cosmos 'modules/cosmos.bicep' = {
  name: 'cosmos'
  scope: resourceGroup(groupName)
  params: {
    name: 'cosmos-${token}'
    location: location
    tags: tags
    capacity: cosmosCapacity
    autoscaleMaxThroughput: cosmosAutoscaleMaxThroughput
  }
  dependsOn: [group]
}

module keyVault 'modules/key-vault.bicep' = {
  name: 'key-vault'
  scope: resourceGroup(groupName)
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    purgeProtection: keyVaultPurgeProtection
    wrappingKeyName: wrappingKeyName
    metaAppSecret: metaAppSecret
    metaAppSecretPrevious: metaAppSecretPrevious
    metaVerifyToken: metaVerifyToken
    jwtKeys: jwtKeys
    tokenEncryptionKey: tokenEncryptionKey
    googleClientSecret: googleClientSecret
    githubClientSecret: githubClientSecret
  }
  dependsOn: [group]
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  scope: resourceGroup(groupName)
  params: {
    identityName: identity.outputs.name
    storageAccountName: storage.outputs.name
    cosmosAccountName: cosmos.outputs.name
    keyVaultName: keyVault.outputs.name
    wrappingKeyName: wrappingKeyName
    applicationInsightsName: monitoring.outputs.applicationInsightsName
  }
}

module diagnostics 'modules/diagnostics.bicep' = {
  name: 'diagnostics'
  scope: resourceGroup(groupName)
  params: {
    workspaceName: monitoring.outputs.workspaceName
    storageAccountName: storage.outputs.name
    cosmosAccountName: cosmos.outputs.name
    keyVaultName: keyVault.outputs.name
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: resourceGroup(groupName)
  params: {
    namePrefix: 'alert-herald-${environmentName}'
    location: location
    tags: tags
    workspaceName: monitoring.outputs.workspaceName
    cosmosAccountName: cosmos.outputs.name
    email: alertEmail
  }
}

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: resourceGroup(groupName)
  params: {
    name: 'func-${token}'
    planName: 'plan-${token}'
    location: location
    tags: tags
    identityName: identity.outputs.name
    storageAccountName: storage.outputs.name
    deploymentContainerName: storage.outputs.deploymentContainerName
    cosmosAccountName: cosmos.outputs.name
    cosmosDatabaseName: cosmos.outputs.databaseName
    keyVaultName: keyVault.outputs.name
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyHttpInstances: alwaysReadyHttpInstances
    httpPerInstanceConcurrency: httpPerInstanceConcurrency
    metaAppId: metaAppId
    metaGraphVersion: metaGraphVersion
    isMetaAppSecretRotating: !empty(metaAppSecretPrevious)
    wrappingKeyName: sealedBy == 'keyVault' ? wrappingKeyName : ''
    hasTokenEncryptionKey: !empty(tokenEncryptionKey)
    googleClientId: googleClientId
    githubClientId: githubClientId
    publicUrl: publicUrl
    corsOrigins: corsOrigins
    isWebhookArchiveOn: webhookArchive == 'on'
    isTelemetryOn: telemetry == 'on'
    telemetryTracesPercent: telemetryTracesPercent
  }
  // The app reads its secrets and its package with these roles as soon as it exists.
  dependsOn: [roles]
}

output AZURE_RESOURCE_GROUP string = groupName
output AZURE_FUNCTION_APP_NAME string = functionApp.outputs.name
output API_URL string = functionApp.outputs.publicUrl
output WEBHOOK_URL string = '${functionApp.outputs.publicUrl}/webhook'
