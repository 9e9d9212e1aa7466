// The data collection rule that takes the rows, with an endpoint of its own; a separate endpoint only for private link.

import { streamTable } from '../streams.bicep'

@description('Name of the rule.')
param name string

@description('Name of the data collection endpoint, made for private link only.')
param endpointName string

@description('Region of the workspace.')
param location string

@description('Tags.')
param tags object

@description('Resource id of the workspace.')
param workspaceId string

@description('The feeds.')
param streams streamTable[]

@description('A condition of the rows that are kept, by stream.')
param streamOptions object

@description('Whether rows arrive through a private endpoint only.')
param privateOnly bool

resource endpoint 'Microsoft.Insights/dataCollectionEndpoints@2024-03-11' = if (privateOnly) {
  name: endpointName
  location: location
  tags: tags
  properties: {
    networkAcls: { publicNetworkAccess: 'Disabled' }
  }
}

resource dataCollectionRule 'Microsoft.Insights/dataCollectionRules@2024-03-11' = {
  name: name
  location: location
  tags: tags
  // Cannot be added to a rule later, so it is set even where the separate endpoint is used.
  #disable-next-line unknown-enum-value // documented for the Logs Ingestion API, not yet in the published type
  kind: 'Direct'
  properties: {
    description: 'Rows of the Qualys connector.'
    dataCollectionEndpointId: privateOnly ? endpoint.id : null
    // Types of a stream are those of a table in lower case (dateTime becomes datetime).
    streamDeclarations: toObject(
      streams,
      stream => 'Custom-${stream.name}',
      stream => {
        columns: map(stream.columns, column => { name: column.name, type: toLower(column.type) })
      }
    )
    destinations: {
      logAnalytics: [
        { name: 'workspace', workspaceResourceId: workspaceId }
      ]
    }
    dataFlows: [
      for stream in streams: {
        streams: ['Custom-${stream.name}']
        destinations: ['workspace']
        // The rows in which a long record goes on have few of its columns: they are kept, whatever the condition says of those.
        transformKql: empty(streamOptions[?stream.stream].?filter ?? '')
          ? 'source'
          : 'source | where (${streamOptions[stream.stream].filter})${contains(map(stream.columns, column => column.name), 'Record') ? ' or PartNumber > 1' : ''}'
        outputStream: 'Custom-${stream.name}'
      }
    ]
  }
}

@description('Name of the rule.')
output name string = dataCollectionRule.name

@description('Resource id of the rule.')
output id string = dataCollectionRule.id

@description('Immutable id that callers name.')
output immutableId string = dataCollectionRule.properties.immutableId

@description('Where rows are sent.')
output endpoint string = privateOnly
  ? endpoint!.properties.logsIngestion.endpoint
  : dataCollectionRule.properties.endpoints.logsIngestion

@description('Resource id of the separate endpoint; empty without private link.')
output endpointId string = privateOnly ? endpoint.id : ''
