// The feeds whose tables, data collection streams, timer schedules and alert limits this template makes.
// Generated from what the streams of the app declare (npm run generate).

@description('A column of a Log Analytics table; the types are those a data collection stream can carry too.')
@export()
type streamColumn = {
  name: string
  type: 'boolean' | 'dateTime' | 'dynamic' | 'int' | 'long' | 'real' | 'string'
  description: string
}

@description('A Qualys feed and its table.')
@export()
type streamTable = {
  @description('Log Analytics table, ending in _CL.')
  name: string

  @description('Key of the stream in the app.')
  stream: string

  description: string

  @description('The setting that holds the timer schedule, and its value unless `settings` gives another.')
  schedule: {
    setting: string
    default: string
  }

  columns: streamColumn[]
}

// generated: streams
@description('All feeds, enabled or not: a table without rows costs nothing.')
@export()
var streams = [
  loadJsonContent('tables/QualysEdrEvents_CL.json')
  loadJsonContent('tables/QualysHostDetectionV3_CL.json')
  loadJsonContent('tables/QualysEdrIncidents_CL.json')
  loadJsonContent('tables/QualysVmKnowledgeBase_CL.json')
  loadJsonContent('tables/QualysVmHosts_CL.json')
  loadJsonContent('tables/QualysUserActivity_CL.json')
]

@description('Streams that are enabled unless QUALYS_STREAMS says otherwise, as in the app.')
@export()
var defaultStreams = 'edr-events,vm-detections'
// end of generated part

@description('''
Minutes between two runs of a six-field NCRONTAB schedule, given as its fields. Knows the forms that make sense here
(every N minutes, once an hour, every N hours) and takes anything else for once a day: an alert then comes later, never in error.
''')
@export()
func minutesBetweenTicks(fields string[]) int =>
  fields[1] == '*'
    ? 1
    : startsWith(fields[1], '*/')
        ? int(substring(fields[1], 2))
        : fields[2] == '*' ? 60 : startsWith(fields[2], '*/') ? 60 * int(substring(fields[2], 2)) : 1440
