// What a feed is here: a table with a data collection stream, a timer schedule and alert limits. settings.bicep names them all.

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

@description('''
Minutes between two runs of a six-field NCRONTAB schedule at most, given as its fields. Knows the forms that make sense here (every N
minutes, once an hour, every N hours) and takes the rest for once a day, or a week where it names weekdays, a month where days, a year where
months: an alert then comes later, never in error. Full ranges (0-23) name nothing.
''')
@export()
func minutesBetweenTicks(fields string[]) int =>
  !contains(['*', '*/1', '1-12', 'jan-dec'], toLower(fields[4]))
    ? 527040
    : !contains(['*', '*/1', '1-31'], fields[3])
        ? 44640
        : !contains(['*', '*/1', '0-6', 'sun-sat'], toLower(fields[5]))
            ? 10080
            : !contains(['*', '*/1', '0-23'], fields[2])
                ? startsWith(fields[2], '*/') && !contains(fields[2], ',') ? 60 * int(substring(fields[2], 2)) : 1440
                : contains(['*', '0-59'], fields[1])
                    ? 1
                    : startsWith(fields[1], '*/') && !contains(fields[1], ',') ? int(substring(fields[1], 2)) : 60
