// Asks the app from outside, every five minutes, whether it reaches its stores, and wakes a person where most places hear no.
param namePrefix string
param location string
param tags object
param applicationInsightsName string
param actionGroupIds array
param readyUrl string

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

// Azure's own names of three places in different parts of the world.
var places = ['emea-nl-ams-azr', 'us-va-ash-azr', 'apac-sg-sin-azr']

resource test 'Microsoft.Insights/webtests@2022-06-15' = {
  name: '${namePrefix}-ready'
  location: location
  // The portal finds the test by this tag.
  tags: union(tags, { 'hidden-link:${applicationInsights.id}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: '${namePrefix}-ready'
    Name: '${namePrefix}-ready'
    Enabled: true
    Kind: 'standard'
    Frequency: 300
    Timeout: 30
    RetryEnabled: true
    Locations: [for place in places: { Id: place }]
    Request: { RequestUrl: readyUrl, HttpVerb: 'GET', ParseDependentRequests: false }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 7 }
  }
}

var failedInTwoPlaces = {
  'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
  webTestId: test.id
  componentId: applicationInsights.id
  failedLocationCount: 2
}
var actions = [for id in actionGroupIds: { actionGroupId: id }]

resource unavailable 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${namePrefix}-ready'
  location: 'global'
  tags: tags
  properties: {
    description: 'Two places in the world or more found that Herald does not answer, or does not reach its stores.'
    severity: 0
    enabled: true
    scopes: [test.id, applicationInsights.id]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: failedInTwoPlaces
    autoMitigate: true
    actions: actions
  }
}
