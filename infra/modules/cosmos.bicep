// The Cosmos DB account with Herald's database and containers. Reached with Entra ID only: it has no usable keys.
param name string
param location string
param tags object

@allowed(['serverless', 'autoscale'])
param capacity string

@minValue(1000)
param autoscaleMaxThroughput int

var declared = loadJsonContent('../resources.json')
var databaseName = 'herald'

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: [{ locationName: location, failoverPriority: 0 }]
    capabilities: capacity == 'serverless' ? [{ name: 'EnableServerless' }] : []
    // One instance writes what another one reads next (a page and its queue message, an opt-out and the send after it).
    // The default, Session, promises an instance its own writes only. Reads cost twice as much, writes the same.
    consistencyPolicy: { defaultConsistencyLevel: 'Strong' }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: 'Enabled'
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: { tier: 'Continuous7Days' }
    }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-10-15' = {
  parent: account
  name: databaseName
  properties: {
    resource: { id: databaseName }
    options: capacity == 'autoscale' ? { autoscaleSettings: { maxThroughput: autoscaleMaxThroughput } } : {}
  }
}

resource containers 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-10-15' = [
  for container in declared.cosmosContainers: {
    parent: database
    name: container.id
    properties: { resource: container }
  }
]

output name string = account.name
output databaseName string = database.name
