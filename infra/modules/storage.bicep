// The storage account: Herald's queues (each with the poison queue the Functions host moves to), tables and blob
// containers, the host's own leases, and the package the function app runs from. Reached with Entra ID only.
param name string
param location string
param tags object

@allowed(['Standard_LRS', 'Standard_ZRS'])
param sku string

var declared = loadJsonContent('../resources.json')
var deploymentContainerName = 'deployments'

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Links to media last for a day at most; a longer one is worth a line in the log.
    sasPolicy: { sasExpirationPeriod: '1.01:00:00', expirationAction: 'Log' }
    publicNetworkAccess: 'Enabled'
  }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-08-01' = {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-08-01' = [
  for queue in declared.queues: {
    parent: queueService
    name: queue
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-08-01' = {
  parent: account
  name: 'default'
}

// The tables of facts, one for each month, are made by the code when a month's first campaign starts.
resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-08-01' = [
  for table in declared.tables: {
    parent: tableService
    name: table
  }
]

// What was deleted by mistake comes back within these days.
resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 7 }
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
  }
}

resource blobContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = [
  for container in declared.blobContainers: {
    parent: blobService
    name: container
    properties: { publicAccess: 'None' }
  }
]

// A prefix begins with the container; the slash keeps it from meaning another one whose name begins the same.
var retentionRules = [
  for kept in declared.blobRetention: {
    name: 'delete-${kept.container}'
    enabled: true
    type: 'Lifecycle'
    definition: {
      filters: { blobTypes: ['blockBlob'], prefixMatch: ['${kept.container}/'] }
      actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: kept.days } } }
    }
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-08-01' = {
  parent: account
  name: 'default'
  properties: { policy: { rules: retentionRules } }
  dependsOn: [blobContainers]
}

resource deploymentContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = {
  parent: blobService
  name: deploymentContainerName
  properties: { publicAccess: 'None' }
}

output name string = account.name
output deploymentContainerName string = deploymentContainer.name
