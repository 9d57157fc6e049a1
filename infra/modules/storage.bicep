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

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' = {
  parent: account
  name: 'default'
}

resource blobContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = [
  for container in declared.blobContainers: {
    parent: blobService
    name: container
    properties: { publicAccess: 'None' }
  }
]

// What was imported is in Cosmos DB: files of contacts, their parts and results have no use beyond their downloads. The code
// tells clients the same number of days: `KEPT_DAYS` in shared/imports/limits.ts, compared by a test.
var importDays = 30

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-08-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-imports'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['imports/'] }
            actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: importDays } } }
          }
        }
      ]
    }
  }
  dependsOn: [blobContainers]
}

resource deploymentContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = {
  parent: blobService
  name: deploymentContainerName
  properties: { publicAccess: 'None' }
}

output name string = account.name
output deploymentContainerName string = deploymentContainer.name
