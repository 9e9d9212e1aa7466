// Log alerts on what the connector says of itself, and on rows that Azure dropped. Queries are in ../alerts.

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

@description('Enabled streams, comma-separated; the others raise no alert.')
param enabledStreams string

@description('Timer schedules by setting name, as the app has them.')
param schedules object

@description('Address of the function app.')
param functionAppUrl string

@description('Address that gets a mail; empty: none.')
param email string

@description('Further action groups.')
param actionGroupIds string[]

var enabledNames = map(split(enabledStreams, ','), name => trim(name))

// A stream is silent after one missed run and half an interval, at least after 10 minutes more than the interval: 15 minutes for EDR.
var limits = map(filter(streams, stream => contains(enabledNames, stream.stream)), stream => {
  stream: stream.stream
  interval: minutesBetweenTicks(split(schedules[stream.schedule.setting], ' '))
})
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
  {
    name: 'transformation-errors'
    title: 'Azure dropped rows'
    description: 'The data collection rule refused or dropped rows that it had accepted.'
    severity: 1
    query: 'let dataCollectionRule = "${dataCollectionRuleId}";\n${operateLine}\n${loadTextContent('../alerts/transformation-errors.kql')}'
    lookback: null
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
      // A new workspace does not know the log tables before their first row.
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
