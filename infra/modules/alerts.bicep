// Log alerts on what the connector says of itself (queries in ../alerts), metric alerts on what Azure did with its rows, its storage and
// its vault, and a test from outside. A metric is there before its first value: such a rule is never switched off for a missing table.

import { minutesBetweenTicks, streamTable } from '../streams.bicep'

@description('Suffix of all names here.')
param nameSuffix string

@description('Region of the workspace.')
param location string

@description('Tags.')
param tags object

@description('Resource id of the workspace.')
param workspaceId string

@description('Name of the function app, as its log lines carry it.')
param functionAppName string

@description('Resource id of the data collection rule.')
param dataCollectionRuleId string

@description('The feeds.')
param streams streamTable[]

@description('Streams with a filter in the rule: rows that it drops count as dropped.')
param filteredStreams string[]

@description('Enabled streams, comma-separated; the others raise no alert.')
param enabledStreams string

@description('Timer schedules by setting name, as the app has them.')
param schedules object

@description('Address of the function app.')
param functionAppUrl string

@description('Resource id of the storage account.')
param storageAccountId string

@description('Resource id of the vault; empty: it is not of this deployment.')
param keyVaultId string

@description('Resource id of the Application Insights component; empty: nobody calls the app from outside.')
param testedComponentId string

@description('Region of that component.')
param componentLocation string

@description('Address that gets a mail; empty: none.')
param email string

@description('Further action groups.')
param actionGroupIds string[]

var enabledNames = map(split(enabledStreams, ','), name => trim(name))

// A stream is silent after one missed run and half an interval, at least after 10 minutes more than the interval: 15 minutes for EDR.
// The queries look back two days, the most that Azure allows: of a planner that rests longer they cannot tell.
var limits = filter(
  map(filter(streams, stream => contains(enabledNames, stream.stream)), stream => {
    stream: stream.stream
    interval: minutesBetweenTicks(split(schedules[stream.schedule.setting], ' '))
  }),
  limit => limit.interval <= 1440
)
var limitRows = join(
  map(limits, limit => '"${limit.stream}", ${limit.interval + max(10, limit.interval / 2)}'),
  ', '
)
var limitsTable = 'let limits = datatable(Stream: string, SilentMinutes: long)[${limitRows}];'
// The app serves the operator's guide of its own release beside the dashboard.
var dashboard = '${functionAppUrl}/api/dashboard'
var operate = '${dashboard}/operate.html'
var operateLine = 'let operate = "${operate}";'
var connectorLines = 'let functionApp = "${functionAppName}";\n${operateLine}\n${limitsTable}\n${loadTextContent('../alerts/connector-lines.kql')}'

var rules = [
  {
    name: 'judged-down'
    title: 'ingestion stands still'
    description: 'A stream stands still until a person acts.'
    severity: 1
    query: '${connectorLines}let wanted = "down";\n${loadTextContent('../alerts/judged.kql')}'
    lookback: 'P2D'
  }
  {
    name: 'judged-attention'
    title: 'needs your attention'
    description: 'A person is needed; the rest goes on.'
    severity: 2
    query: '${connectorLines}let wanted = "attention";\n${loadTextContent('../alerts/judged.kql')}'
    lookback: 'P2D'
  }
  {
    name: 'planner-silent'
    title: 'a planner has stopped'
    description: 'A stream has not been planned for longer than its schedule allows (15 minutes for EDR): timers or the app have stopped.'
    severity: 1
    query: '${connectorLines}${loadTextContent('../alerts/planner-silent.kql')}'
    lookback: 'P2D'
  }
  {
    name: 'no-telemetry'
    title: 'nothing is heard of the app'
    description: 'No line of the connector has come for as long as its planners may be silent: the app has stopped, or its log does not arrive.'
    severity: 1
    query: '${connectorLines}${loadTextContent('../alerts/no-telemetry.kql')}'
    lookback: 'P2D'
  }
]

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-${nameSuffix}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'qualys'
    emailReceivers: [
      { name: 'operators', emailAddress: email, useCommonAlertSchema: true }
    ]
  }
}

#disable-next-line use-recent-api-versions // the newest version (2026-03-01) may not have reached every region; this is the one before
resource alertRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: 'alert-${rule.name}-${nameSuffix}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Qualys connector: ${rule.title} (${functionAppName})'
      // Stands in the mail, as do the values of the dimensions: the code, and the address of its section.
      description: '${rule.description} Dashboard: ${dashboard} - what to do: ${operate}#${rule.name}'
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      overrideQueryTimeRange: rule.lookback
      autoMitigate: true
      // All of them read AppTraces, which a workspace may lack before its first row (alerts-troubleshoot-log.md: a rule is then disabled
      // after a week; the app's first line comes with its start).
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: [
              { name: 'Stream', operator: 'Include', values: ['*'] }
              { name: 'Code', operator: 'Include', values: ['*'] }
              { name: 'WhatToDo', operator: 'Include', values: ['*'] }
            ]
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: {
        actionGroups: concat(actionGroupIds, empty(email) ? [] : [actionGroup.id])
      }
    }
  }
]

// Names as in Microsoft's list of metrics; that of ColumnsDropped is not in it yet, only its meaning is, so it is not validated.
var ofRule = 'Microsoft.Insights/dataCollectionRules'
// «Includes rows dropped both due to filtering criteria in KQL transformation and rows dropped due to errors» (azure-monitor-docs,
// data-collection-monitor.md). Excluded rather than left out of a list: a name that Azure spells otherwise then fires, and is not silent.
var filteredInputs = map(
  filter(streams, stream => contains(filteredStreams, stream.stream)),
  stream => 'Custom-${stream.name}'
)
var metrics = concat(
  [
    {
      name: 'rows-dropped'
      title: 'Azure dropped rows'
      description: 'The data collection rule dropped rows that it had accepted.'
      severity: 1
      resourceId: dataCollectionRuleId
      namespace: ofRule
      metric: 'RowsDropped_Count'
      aggregation: 'Total'
      operator: 'GreaterThan'
      threshold: 0
      dimensions: ['InputStreamId']
      isListed: true
    }
    {
      name: 'transformation-errors'
      title: 'Azure could not transform rows'
      description: 'The data collection rule failed on rows that it had accepted.'
      severity: 1
      resourceId: dataCollectionRuleId
      namespace: ofRule
      metric: 'TransformationErrors_Count'
      aggregation: 'Count'
      operator: 'GreaterThan'
      threshold: 0
      dimensions: ['InputStreamId']
      isListed: true
    }
    {
      name: 'columns-dropped'
      title: 'Azure drops columns'
      description: 'A table lacks columns of the rows that arrive: another deployment took them away.'
      severity: 1
      resourceId: dataCollectionRuleId
      namespace: ofRule
      metric: 'ColumnsDropped_Count'
      aggregation: 'Total'
      operator: 'GreaterThan'
      threshold: 0
      dimensions: []
      isListed: false
    }
    {
      name: 'storage-unavailable'
      title: 'its storage does not answer'
      description: 'Calls to the storage account fail on the side of Azure.'
      severity: 2
      resourceId: storageAccountId
      namespace: 'Microsoft.Storage/storageAccounts'
      metric: 'Availability'
      aggregation: 'Average'
      operator: 'LessThan'
      threshold: 99
      dimensions: []
      isListed: true
    }
  ],
  empty(keyVaultId)
    ? []
    : [
        {
          name: 'vault-unavailable'
          title: 'its vault does not answer'
          description: 'Calls to the vault fail on the side of Azure: a new password is not found.'
          severity: 2
          resourceId: keyVaultId
          namespace: 'Microsoft.KeyVault/vaults'
          metric: 'Availability'
          aggregation: 'Average'
          operator: 'LessThan'
          threshold: 99
          dimensions: []
          isListed: true
        }
      ]
)
var called = map(concat(actionGroupIds, empty(email) ? [] : [actionGroup.id]), id => { actionGroupId: id })

#disable-next-line use-recent-api-versions // the newest version (2026-01-01) may not have reached every region; this is the one before
resource metricRules 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for rule in metrics: {
    name: 'alert-${rule.name}-${nameSuffix}'
    location: 'global'
    tags: tags
    properties: {
      description: 'Qualys connector: ${rule.title} (${functionAppName}). ${rule.description} Dashboard: ${dashboard} - what to do: ${operate}#${rule.name}'
      severity: rule.severity
      enabled: true
      scopes: [rule.resourceId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: rule.name
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: rule.namespace
            metricName: rule.metric
            timeAggregation: rule.aggregation
            operator: rule.operator
            threshold: rule.threshold
            dimensions: map(
              rule.dimensions,
              name => rule.name == 'rows-dropped' && !empty(filteredInputs)
                ? { name: name, operator: 'Exclude', values: filteredInputs }
                : { name: name, operator: 'Include', values: ['*'] }
            )
            skipMetricValidation: !rule.isListed
          }
        ]
      }
      actions: called
    }
  }
]

// The shell of the dashboard needs no key, and only a worker that runs can answer it.
#disable-next-line no-type-data // outside the offline checker's types
resource outsideTest 'Microsoft.Insights/webtests@2022-06-15' = if (!empty(testedComponentId)) {
  name: 'test-${nameSuffix}'
  location: componentLocation
  tags: union(tags, { 'hidden-link:${testedComponentId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: 'test-${nameSuffix}'
    Name: 'Qualys connector (${functionAppName})'
    Enabled: true
    Frequency: 900
    Timeout: 120
    Kind: 'standard'
    RetryEnabled: true
    Locations: [{ Id: 'emea-nl-ams-azr' }, { Id: 'us-va-ash-azr' }]
    Request: { RequestUrl: dashboard, HttpVerb: 'GET', ParseDependentRequests: false }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 7 }
  }
}

#disable-next-line use-recent-api-versions // as above
resource outsideRule 'Microsoft.Insights/metricAlerts@2018-03-01' = if (!empty(testedComponentId)) {
  name: 'alert-app-unreachable-${nameSuffix}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Qualys connector: it cannot be reached (${functionAppName}). Two places on the internet get no answer. What to do: ${operate}#app-unreachable'
    severity: 2
    enabled: true
    scopes: [outsideTest.id, testedComponentId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT30M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: outsideTest.id
      componentId: testedComponentId
      failedLocationCount: 2
    }
    actions: called
  }
}
