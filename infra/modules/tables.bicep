// The destination tables that the workspace lacks, in its resource group; Sentinel on the workspace where asked.
// Never a table that exists: a deployment is a PUT, which puts retention that it is not told back to the default and deletes
// columns that it does not name (scripts/deploy/tables.ts has the sources, and changes what exists).

import { streamTable } from '../streams.bicep'

@description('Workspace that gets the tables.')
param workspaceName string

@description('The feeds whose tables are absent.')
param tables streamTable[]

@description('Interactive retention in days; null: the default of the workspace.')
param retentionDays int?

@description('Total retention in days; null: the interactive retention.')
param totalRetentionDays int?

@description('Plan and retention by stream, which win over these.')
param streamOptions object

@description('Whether to switch Microsoft Sentinel on.')
param onboardSentinel bool

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

// One after the other: a workspace refuses a change while another is under way.
@batchSize(1)
resource absentTables 'Microsoft.OperationalInsights/workspaces/tables@2025-07-01' = [
  for table in tables: {
    parent: workspace
    name: table.name
    properties: {
      // Analytic rules run on Analytics only. Of Basic the interactive retention is Azure's own.
      plan: (streamOptions[?table.stream].?plan ?? 'analytics') == 'basic' ? 'Basic' : 'Analytics'
      retentionInDays: (streamOptions[?table.stream].?plan ?? 'analytics') == 'basic'
        ? null
        : streamOptions[?table.stream].?retentionDays ?? retentionDays
      totalRetentionInDays: streamOptions[?table.stream].?totalRetentionDays ?? totalRetentionDays
      schema: {
        name: table.name
        description: table.description
        columns: table.columns
      }
    }
  }
]

resource sentinel 'Microsoft.SecurityInsights/onboardingStates@2025-06-01' = if (onboardSentinel) {
  scope: workspace
  name: 'default'
  properties: {}
}
