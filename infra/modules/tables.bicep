// The destination tables, in the resource group of the workspace; Sentinel on the workspace where asked.

import { streamTable } from '../streams.bicep'

@description('Workspace that gets the tables.')
param workspaceName string

@description('The feeds.')
param streams streamTable[]

@description('Interactive retention in days; null resets it to the default of the workspace, because a deployment is a PUT.')
param retentionDays int?

@description('Total retention in days; null resets it to the interactive retention.')
param totalRetentionDays int?

@description('Whether to switch Microsoft Sentinel on.')
param onboardSentinel bool

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

// One after the other: a workspace refuses a change while another is under way.
@batchSize(1)
resource tables 'Microsoft.OperationalInsights/workspaces/tables@2025-07-01' = [
  for stream in streams: {
    parent: workspace
    name: stream.name
    properties: {
      // Analytic rules run on this plan only.
      plan: 'Analytics'
      retentionInDays: retentionDays
      totalRetentionInDays: totalRetentionDays
      schema: {
        name: stream.name
        description: stream.description
        // A PUT too: columns that are not here are deleted from the table.
        columns: stream.columns
      }
    }
  }
]

resource sentinel 'Microsoft.SecurityInsights/onboardingStates@2025-06-01' = if (onboardSentinel) {
  scope: workspace
  name: 'default'
  properties: {}
}

@description('Name of the workspace; who takes it from here waits for the tables.')
output workspaceName string = workspace.name
