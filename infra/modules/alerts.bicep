// What wakes a person. Each rule asks the log for lines that Herald writes (docs/operations.md says what to do about each)
// and fires where an answer has a row: the thresholds are in the questions.
param namePrefix string
param location string
param tags object
param workspaceName string
param cosmosAccountName string
param email string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource cosmosAccount 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' existing = {
  name: cosmosAccountName
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: '${namePrefix}-people'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'herald'
    enabled: true
    emailReceivers: [{ name: 'people', emailAddress: email, useCommonAlertSchema: true }]
  }
}

// One line of JSON each (shared/log.ts). ItemCount is how many lines a sampled one stands for.
var lines = 'AppTraces | where Message startswith "{" | extend line = parse_json(Message) | extend event = tostring(line.event)'
// What the host itself saw fail: a worker that died or took too long writes no line. Herald's own traces have another role.
var invocations = 'AppRequests | where AppRoleName != "herald" and (toint(ResultCode) >= 500 or (ResultCode == "0" and not(Success)))'
// Webhooks that are taken leave no line.
var webhooks = '${lines} | where event == "http.answered" and line.endpoint == "webhook-receive" | extend status = toint(line.status)'

var rules = [
  {
    name: 'poison'
    severity: 1
    window: 'PT15M'
    description: 'Messages failed five times and wait in a poison queue for a person.'
    query: '${lines} | where event == "queue.poison" | summarize depth = max(toint(line.depth)) by tostring(line.queue)'
  }
  {
    name: 'webhook-failures'
    severity: 0
    window: 'PT5M'
    description: 'At least five webhooks were answered 5xx: Meta sends them again for a while only.'
    query: 'union (${webhooks} | where status >= 500), (${invocations} | where Name == "webhook-receive") | summarize failed = sum(ItemCount) by Type | where failed >= 5'
  }
  {
    name: 'webhook-signatures'
    severity: 2
    window: 'PT15M'
    description: 'At least 20 webhooks were not signed with a known app secret: a secret was rotated, or somebody is knocking.'
    query: '${webhooks} | summarize refused = sumif(ItemCount, status == 401) | where refused >= 20'
  }
  {
    name: 'meta-errors'
    severity: 1
    window: 'PT15M'
    description: 'Of at least 100 calls, Meta did not take more than a fifth, or did not answer them.'
    query: '${lines} | where event == "meta.calls" | summarize ok = sum(toint(line.ok) * ItemCount), total = sum(toint(line.total) * ItemCount) | where total >= 100 and total - ok > total / 5'
  }
  {
    name: 'failures'
    severity: 1
    window: 'PT15M'
    description: 'At least 20 invocations of one queue or endpoint failed for reasons that are ours, or Key Vault was asked for keys in vain.'
    query: 'union (${lines} | where event in ("queue.failed", "http.failed", "keys.not_read") | extend place = coalesce(tostring(line.queue), tostring(line.endpoint))), (${invocations} | extend place = Name) | summarize failed = sum(ItemCount) by Type, place | where failed >= 20'
  }
  {
    name: 'silence'
    severity: 0
    window: 'PT30M'
    description: 'Nothing said for half an hour that it lives, as it does every five minutes: the app is stopped, does not start, or does not reach its queues.'
    query: '${lines} | where event == "queue.watched" | summarize signs = count() | where signs == 0'
  }
  {
    name: 'tokens'
    severity: 2
    window: 'PT1H'
    description: 'An access token of a phone number ends within a week, or Meta takes it no more.'
    query: '${lines} | where event == "phone_number.token_expires" or (event == "phone_number.trouble" and line.kind == "token")'
  }
  {
    name: 'ledger'
    severity: 0
    window: 'PT1H'
    description: 'The recipients of a finished campaign do not add up.'
    query: '${lines} | where event == "campaign.ledger_does_not_add_up"'
  }
]

resource logAlerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${namePrefix}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${namePrefix}-${rule.name}'
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [workspace.id]
      evaluationFrequency: rule.window == 'PT1H' ? 'PT1H' : 'PT5M'
      windowSize: rule.window
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      autoMitigate: true
      // A new workspace has not seen its first line yet.
      skipQueryValidation: true
      actions: { actionGroups: empty(email) ? [] : [people.id] }
    }
  }
]

var throttled = {
  'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
  allOf: [
    {
      criterionType: 'StaticThresholdCriterion'
      name: 'throttled'
      metricNamespace: 'Microsoft.DocumentDB/databaseAccounts'
      metricName: 'TotalRequests'
      dimensions: [{ name: 'StatusCode', operator: 'Include', values: ['429'] }]
      timeAggregation: 'Count'
      operator: 'GreaterThan'
      threshold: 100
    }
  ]
}

resource throttling 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${namePrefix}-cosmos-throttling'
  location: 'global'
  tags: tags
  properties: {
    description: 'Cosmos DB refused more than 100 requests in five minutes for lack of request units.'
    severity: 2
    enabled: true
    scopes: [cosmosAccount.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: throttled
    autoMitigate: true
    actions: empty(email) ? [] : [{ actionGroupId: people.id }]
  }
}
