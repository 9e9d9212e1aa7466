// Microsoft Sentinel content of the connector: functions, analytic rules, hunting queries and a workbook.
// All KQL stands in .kql files; this module only puts them into resources. It needs the connector's tables in the workspace.
metadata description = 'Sentinel content for Qualys EDR and VM: functions, analytic rules, hunting queries, workbook, data connector page.'

targetScope = 'resourceGroup'

type Severity = 'Informational' | 'Low' | 'Medium' | 'High'

@description('Hours after which the rule about silent streams calls a stream silent or late.')
@sealed()
type StreamHours = {
  stream: string
  silent: int?
  late: int?
}

@export()
@description('By the name of a rule: `enabled`; `severity`, of all alerts of the rule, in place of what its result says; and its thresholds.')
@sealed()
type RuleSettings = {
  'connector-silent-or-late': {
    enabled: bool?
    severity: Severity?
    hours: StreamHours[]?
  }?
  'detection-reopened': {
    enabled: bool?
    severity: Severity?
  }?
  'edr-alert-on-exploitable-host': {
    enabled: bool?
    severity: Severity?
    suspiciousScore: int?
  }?
  'malicious-file': {
    enabled: bool?
    severity: Severity?
    maliciousScore: int?
  }?
  'malware-family-on-several-hosts': {
    enabled: bool?
    severity: Severity?
    hostThreshold: int?
    suspiciousScore: int?
  }?
  'new-critical-vulnerability': {
    enabled: bool?
    severity: Severity?
    criticalQds: int?
    watchedTags: string[]?
  }?
  'suspicious-process-or-network': {
    enabled: bool?
    severity: Severity?
    suspiciousScore: int?
  }?
}

@description('Name of the Log Analytics workspace, in this resource group, that holds the tables of the connector.')
@minLength(4)
@maxLength(63)
param workspaceName string

@description('Region of the workbook.')
param location string = resourceGroup().location

@description('Tags for the workbook; the other resources cannot be tagged.')
param tags object = {}

@description('Deploys the functions: typed views of the tables, and ASIM parsers. Hunting queries and the workbook need them.')
param deployFunctions bool = true

@description('Deploys the analytic rules, enabled. The workspace must be onboarded to Microsoft Sentinel.')
param deployRules bool = true

@description('What each rule does otherwise than by default: whether it is enabled, one severity for all its alerts, its thresholds. Pass it with every deployment: what is changed in the portal, a deployment takes back.')
param ruleSettings RuleSettings = {}

@description('Deploys the hunting queries.')
param deployHunting bool = true

@description('Deploys the workbook.')
param deployWorkbook bool = true

@description('Deploys the page of the data connector: status, last data, graph and sample queries under Data connectors.')
param deployDataConnector bool = true

@description('Adds the ASIM parsers to the built-in unifying parsers by the functions Im_<schema>Custom and ASim_<schema>Custom. Leave off where the workspace has such functions of its own: add one line to them instead.')
param registerAsimParsers bool = false

@description('Names, in small letters, of rules, saved searches, workbooks and data connector pages that the workspace has: they stay as they are. `npm run deploy -- sentinel` finds out; with the button name them here, or a change that a SOC made is overwritten.')
param present string[] = []

@description('What stays of rules that are renewed, by their ids: enabled, severity, triggerOperator, triggerThreshold, suppressionEnabled, suppressionDuration, and alertDetailsOverride where a severity by row was taken away.')
param tuned object = {}

var functions = [
  {
    meta: loadJsonContent('functions/ASimFileEventQualysEdr.json')
    query: loadTextContent('functions/ASimFileEventQualysEdr.kql')
  }
  {
    meta: loadJsonContent('functions/ASimNetworkSessionQualysEdr.json')
    query: loadTextContent('functions/ASimNetworkSessionQualysEdr.kql')
  }
  {
    meta: loadJsonContent('functions/ASimProcessEventQualysEdr.json')
    query: loadTextContent('functions/ASimProcessEventQualysEdr.kql')
  }
  {
    meta: loadJsonContent('functions/ASimRegistryEventQualysEdr.json')
    query: loadTextContent('functions/ASimRegistryEventQualysEdr.kql')
  }
  {
    meta: loadJsonContent('functions/QualysEdrAsimCommon.json')
    query: loadTextContent('functions/QualysEdrAsimCommon.kql')
  }
  {
    meta: loadJsonContent('functions/QualysEdrEventRows.json')
    query: loadTextContent('functions/QualysEdrEventRows.kql')
  }
  {
    meta: loadJsonContent('functions/QualysEdrEvents.json')
    query: loadTextContent('functions/QualysEdrEvents.kql')
  }
  {
    meta: loadJsonContent('functions/QualysEdrIncidents.json')
    query: loadTextContent('functions/QualysEdrIncidents.kql')
  }
  {
    meta: loadJsonContent('functions/QualysHostDetectionHistory.json')
    query: loadTextContent('functions/QualysHostDetectionHistory.kql')
  }
  {
    meta: loadJsonContent('functions/QualysHostDetections.json')
    query: loadTextContent('functions/QualysHostDetections.kql')
  }
  {
    meta: loadJsonContent('functions/QualysVmDetectionRows.json')
    query: loadTextContent('functions/QualysVmDetectionRows.kql')
  }
  {
    meta: loadJsonContent('functions/QualysVmHosts.json')
    query: loadTextContent('functions/QualysVmHosts.kql')
  }
  {
    meta: loadJsonContent('functions/QualysVmHostsGone.json')
    query: loadTextContent('functions/QualysVmHostsGone.kql')
  }
  {
    meta: loadJsonContent('functions/QualysVmKnowledgeBase.json')
    query: loadTextContent('functions/QualysVmKnowledgeBase.kql')
  }
  {
    meta: loadJsonContent('functions/QualysVmPurgedHosts.json')
    query: loadTextContent('functions/QualysVmPurgedHosts.kql')
  }
  {
    meta: loadJsonContent('functions/QualysVulnerableHosts.json')
    query: loadTextContent('functions/QualysVulnerableHosts.kql')
  }
  {
    meta: loadJsonContent('functions/vimFileEventQualysEdr.json')
    query: loadTextContent('functions/vimFileEventQualysEdr.kql')
  }
  {
    meta: loadJsonContent('functions/vimNetworkSessionQualysEdr.json')
    query: loadTextContent('functions/vimNetworkSessionQualysEdr.kql')
  }
  {
    meta: loadJsonContent('functions/vimProcessEventQualysEdr.json')
    query: loadTextContent('functions/vimProcessEventQualysEdr.kql')
  }
  {
    meta: loadJsonContent('functions/vimRegistryEventQualysEdr.json')
    query: loadTextContent('functions/vimRegistryEventQualysEdr.kql')
  }
]

var rules = [
  {
    meta: loadJsonContent('rules/connector-silent-or-late.json')
    query: loadTextContent('rules/connector-silent-or-late.kql')
  }
  {
    meta: loadJsonContent('rules/detection-reopened.json')
    query: loadTextContent('rules/detection-reopened.kql')
  }
  {
    meta: loadJsonContent('rules/edr-alert-on-exploitable-host.json')
    query: loadTextContent('rules/edr-alert-on-exploitable-host.kql')
  }
  {
    meta: loadJsonContent('rules/malicious-file.json')
    query: loadTextContent('rules/malicious-file.kql')
  }
  {
    meta: loadJsonContent('rules/malware-family-on-several-hosts.json')
    query: loadTextContent('rules/malware-family-on-several-hosts.kql')
  }
  {
    meta: loadJsonContent('rules/new-critical-vulnerability.json')
    query: loadTextContent('rules/new-critical-vulnerability.kql')
  }
  {
    meta: loadJsonContent('rules/suspicious-process-or-network.json')
    query: loadTextContent('rules/suspicious-process-or-network.kql')
  }
]

var hunting = [
  {
    meta: loadJsonContent('hunting/edr-coverage-gap.json')
    query: loadTextContent('hunting/edr-coverage-gap.kql')
  }
  {
    meta: loadJsonContent('hunting/executable-in-user-folder.json')
    query: loadTextContent('hunting/executable-in-user-folder.kql')
  }
  {
    meta: loadJsonContent('hunting/file-spread-patient-zero.json')
    query: loadTextContent('hunting/file-spread-patient-zero.kql')
  }
  {
    meta: loadJsonContent('hunting/flapping-vulnerabilities.json')
    query: loadTextContent('hunting/flapping-vulnerabilities.kql')
  }
  {
    meta: loadJsonContent('hunting/hosts-gone.json')
    query: loadTextContent('hunting/hosts-gone.kql')
  }
  {
    meta: loadJsonContent('hunting/hosts-without-authenticated-scan.json')
    query: loadTextContent('hunting/hosts-without-authenticated-scan.kql')
  }
  {
    meta: loadJsonContent('hunting/known-exploited-open.json')
    query: loadTextContent('hunting/known-exploited-open.kql')
  }
  {
    meta: loadJsonContent('hunting/late-delivered-events.json')
    query: loadTextContent('hunting/late-delivered-events.kql')
  }
  {
    meta: loadJsonContent('hunting/living-off-the-land.json')
    query: loadTextContent('hunting/living-off-the-land.kql')
  }
  {
    meta: loadJsonContent('hunting/malware-family-first-seen.json')
    query: loadTextContent('hunting/malware-family-first-seen.kql')
  }
  {
    meta: loadJsonContent('hunting/mutex-with-verdict.json')
    query: loadTextContent('hunting/mutex-with-verdict.kql')
  }
  {
    meta: loadJsonContent('hunting/old-open-critical-vulnerabilities.json')
    query: loadTextContent('hunting/old-open-critical-vulnerabilities.kql')
  }
  {
    meta: loadJsonContent('hunting/rare-process-with-score.json')
    query: loadTextContent('hunting/rare-process-with-score.kql')
  }
  {
    meta: loadJsonContent('hunting/rare-remote-destination.json')
    query: loadTextContent('hunting/rare-remote-destination.kql')
  }
  {
    meta: loadJsonContent('hunting/registry-persistence.json')
    query: loadTextContent('hunting/registry-persistence.kql')
  }
  {
    meta: loadJsonContent('hunting/scored-connection-on-vulnerable-service.json')
    query: loadTextContent('hunting/scored-connection-on-vulnerable-service.kql')
  }
  {
    meta: loadJsonContent('hunting/unsigned-file-with-score.json')
    query: loadTextContent('hunting/unsigned-file-with-score.kql')
  }
]

// A rule carries the functions it uses: Sentinel runs the query when it creates the rule, and a function that was stored
// seconds before may not be found yet. They go without comments and indentation, because a rule's query may have
// 10,000 characters. The names in a rule's description are those of the files.
func compact(text string) string => join(map(filter(split(text, '\n'), line => !startsWith(trim(line), '//')), line => trim(line)), '\n')

var functionTexts = toObject(functions, item => item.meta.alias, item => compact(item.query))

// The schemas whose custom unifying parsers are written on request. Order and types are those of Microsoft's empty ones.
var asimSchemas = map(
  filter(functions, item => startsWith(item.meta.alias, 'vim')),
  item => {
    name: replace(replace(item.meta.alias, 'vim', ''), 'QualysEdr', '')
    vimAlias: item.meta.alias
    asimAlias: replace(item.meta.alias, 'vim', 'ASim')
    parameters: item.meta.parameters
    arguments: join(
      map(split(replace(item.meta.parameters, ', ', ','), ','), parameter => '${split(parameter, ':')[0]}=${split(parameter, ':')[0]}'),
      ', '
    )
  }
)

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource savedFunction 'Microsoft.OperationalInsights/workspaces/savedSearches@2025-07-01' = [
  for item in functions: if (deployFunctions && !contains(present, toLower(item.meta.alias))) {
    parent: workspace
    name: item.meta.alias
    // Without it a second deployment is refused as a conflict.
    etag: '*'
    properties: {
      category: item.meta.category
      displayName: item.meta.title
      query: item.query
      functionAlias: item.meta.alias
      functionParameters: item.meta.parameters
      version: 2
      tags: [
        {
          name: 'description'
          value: item.meta.description
        }
      ]
    }
  }
]

resource customFilteringParser 'Microsoft.OperationalInsights/workspaces/savedSearches@2025-07-01' = [
  for schema in asimSchemas: if (deployFunctions && registerAsimParsers && !contains(present, toLower('Im_${schema.name}Custom'))) {
    parent: workspace
    name: 'Im_${schema.name}Custom'
    etag: '*'
    properties: {
      category: 'ASIM'
      displayName: 'ASIM ${schema.name} custom unifying filtering parser'
      query: 'union isfuzzy=true\n    ${schema.vimAlias}(${schema.arguments})\n'
      functionAlias: 'Im_${schema.name}Custom'
      functionParameters: '${schema.parameters},pack:bool=false'
      version: 2
    }
    dependsOn: [
      savedFunction
    ]
  }
]

resource customParser 'Microsoft.OperationalInsights/workspaces/savedSearches@2025-07-01' = [
  for schema in asimSchemas: if (deployFunctions && registerAsimParsers && !contains(present, toLower('ASim_${schema.name}Custom'))) {
    parent: workspace
    name: 'ASim_${schema.name}Custom'
    etag: '*'
    properties: {
      category: 'ASIM'
      displayName: 'ASIM ${schema.name} custom unifying parser'
      query: 'union isfuzzy=true\n    ${schema.asimAlias}\n'
      functionAlias: 'ASim_${schema.name}Custom'
      functionParameters: 'pack:bool=false'
      version: 2
    }
    dependsOn: [
      savedFunction
    ]
  }
]

// A list or an object is `dynamic`; KQL and JSON write what is in it alike.
func literal(json string) string => contains('[{', substring(json, 0, 1)) ? 'dynamic(${json})' : json

// The query with the values of the settings in the `let` lines of its thresholds.
var ruleQueries = map(
  rules,
  rule =>
    reduce(
      items(rule.meta.settings),
      rule.query,
      (text, setting) =>
        replace(
          text,
          'let ${setting.key} = ${literal(string(setting.value))};',
          'let ${setting.key} = ${literal(string(ruleSettings[?rule.meta.name][?setting.key] ?? setting.value))};'
        )
    )
)

resource analyticRule 'Microsoft.SecurityInsights/alertRules@2025-06-01' = [
  for (item, index) in rules: if (deployRules && !contains(present, toLower(item.meta.id))) {
    scope: workspace
    name: item.meta.id
    kind: 'Scheduled'
    properties: {
      displayName: item.meta.displayName
      description: item.meta.description
      enabled: ruleSettings[?item.meta.name].?enabled ?? tuned[?item.meta.id].?enabled ?? true
      severity: ruleSettings[?item.meta.name].?severity ?? tuned[?item.meta.id].?severity ?? item.meta.severity
      query: '${join(map(item.meta.functions, name => 'let ${name} = () {\n${functionTexts[name]}\n};\n'), '')}${ruleQueries[index]}'
      queryFrequency: item.meta.queryFrequency
      queryPeriod: item.meta.queryPeriod
      triggerOperator: tuned[?item.meta.id].?triggerOperator ?? item.meta.triggerOperator
      triggerThreshold: tuned[?item.meta.id].?triggerThreshold ?? item.meta.triggerThreshold
      tactics: item.meta.tactics
      techniques: item.meta.techniques
      entityMappings: item.meta.entityMappings
      customDetails: item.meta.customDetails
      // The severity that a row gives counts more than the rule's, so whoever sets that wants the other gone.
      alertDetailsOverride: union(
        item.meta.alertDetailsOverride,
        tuned[?item.meta.id].?alertDetailsOverride ?? {},
        ruleSettings[?item.meta.name].?severity == null && (tuned[?item.meta.id].?severity ?? item.meta.severity) == item.meta.severity
          ? {}
          : { alertSeverityColumnName: null }
      )
      eventGroupingSettings: item.meta.eventGroupingSettings
      incidentConfiguration: item.meta.incidentConfiguration
      suppressionEnabled: tuned[?item.meta.id].?suppressionEnabled ?? item.meta.suppressionEnabled
      suppressionDuration: tuned[?item.meta.id].?suppressionDuration ?? item.meta.suppressionDuration
    }
  }
]

resource huntingQuery 'Microsoft.OperationalInsights/workspaces/savedSearches@2025-07-01' = [
  for item in hunting: if (deployHunting && !contains(present, toLower(item.meta.id))) {
    parent: workspace
    name: item.meta.id
    etag: '*'
    properties: {
      category: 'Hunting Queries'
      displayName: item.meta.displayName
      query: item.query
      version: 2
      tags: [
        {
          name: 'description'
          value: item.meta.description
        }
        {
          name: 'tactics'
          value: join(item.meta.tactics, ',')
        }
        {
          name: 'techniques'
          value: join(item.meta.techniques, ',')
        }
      ]
    }
  }
]

// What lists all streams: the workbook, and the connector's page.
var pages = loadJsonContent('pages.json')

var workbookName = guid(workspace.id, 'qualys-edr-and-vulnerabilities')

resource workbook 'Microsoft.Insights/workbooks@2022-04-01' = if (deployWorkbook && !contains(present, workbookName)) {
  name: workbookName
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Qualys EDR and vulnerabilities'
    description: 'EDR events, host detections and the health of the connector.'
    category: 'sentinel'
    sourceId: workspace.id
    version: 'Notebook/1.0'
    serializedData: replace(string(pages.workbook), '{{workspaceId}}', workspace.id)
  }
}

var dataConnectorPage = pages.dataConnector

resource dataConnector 'Microsoft.SecurityInsights/dataConnectorDefinitions@2025-06-01' = if (deployDataConnector && !contains(present, toLower(dataConnectorPage.id))) {
  scope: workspace
  name: dataConnectorPage.id
  // Without it an update is refused.
  etag: '*'
  kind: 'Customizable'
  properties: {
    connectorUiConfig: dataConnectorPage
  }
}
