// What the app declares (npm run generate): its streams, and its optional settings by the names they have everywhere.
// docs/settings.md and docs/streams.md say what each allows; what is left out keeps the app's own default.

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

@description('Optional app settings. Further names are passed on as they are, so a new feed needs no change here.')
@export()
type connectorSettings = {
  // generated: settings
  @description('How both APIs are logged in to: password (user and password), oidc (API client of a user) or oauth (API client of the subscription).')
  QUALYS_AUTH: string?

  @description('The same for the VM API alone; unset: QUALYS_AUTH.')
  VM_AUTH: string?

  @description('The same for the EDR API alone, which is not known to take API clients; unset: QUALYS_AUTH.')
  EDR_AUTH: string?

  @description('EDR gateway; needed for private platforms and loopback addresses.')
  QUALYS_GATEWAY_URL: string?

  @description('Enabled streams, comma-separated.')
  QUALYS_STREAMS: string?

  @description('Short name of the Qualys subscription, for workspaces that hold the rows of several: it stands in each row, and in the names of what the connector stores. Set it with the first deployment; with another name the connector begins anew.')
  QUALYS_SUBSCRIPTION: string?

  @description('Ingestion calls at once over all instances, for each of the two APIs.')
  QUALYS_MAX_CONCURRENCY: string?

  @description('Part of the vendor\'s hourly call budget that backfills leave to the live streams, in percent.')
  QUALYS_BUDGET_RESERVE_PERCENT: string?

  @description('A window without progress for so long is put in the queue again, in seconds.')
  STALE_WINDOW_SECONDS: string?

  @description('How long a window stays open while the vendor counts more than it gives, in hours; then it is closed as incomplete.')
  INCOMPLETE_AFTER_HOURS: string?

  @description('How far the safety lag of a stream grows by itself while Qualys shows records later than it again and again, in seconds; 0: not at all.')
  SAFETY_LAG_MAX_SECONDS: string?

  @description('Longest backfill accepted, in days.')
  BACKFILL_MAX_DAYS: string?

  @description('Backfills that may run at once.')
  BACKFILL_MAX_RUNNING: string?

  @description('Calls to Qualys that are kept for a support case, over all instances; 0: none.')
  QUALYS_TRACE: string?

  @description('Price of a billed GB, for what `qualys cost` reckons: default Analytics logs with Sentinel, pay as you go, East US, in dollars.')
  PRICE_PER_GB: string?

  @description('Billed GB that all streams together may send a day (UTC) before some of them wait for the next, their backfills from 80 % of it on; unset: no limit.')
  DAILY_GB_LIMIT: string?

  @description('Streams that wait then. edr-events never does while there is a webhook for alerts.')
  DAILY_GB_LIMIT_STREAMS: string?

  @description('When EDR windows are planned: six-field NCRONTAB, UTC.')
  EDR_SCHEDULE: string?

  @description('Time from which a stream without a watermark ingests; unset: 24 hours before its first tick or its newest row.')
  EDR_START: string?

  @description('Largest EDR window planned, in minutes.')
  EDR_WINDOW_MINUTES: string?

  @description('An EDR window\'s end stays this far behind now, in seconds.')
  EDR_SAFETY_LAG_SECONDS: string?

  @description('Further QQL condition, joined by AND in parentheses.')
  EDR_FILTER: string?

  @description('Subset of file, process, network, registry, mutex; unset: all.')
  EDR_EVENT_TYPES: string?

  @description('Lowest indicator.score; unset or 0 adds no condition, so unscored events come too.')
  EDR_MIN_SCORE: string?

  @description('Value of the state parameter: true limits the answer to the current state.')
  EDR_STATE: string?

  @description('QQL token of the time that windows use.')
  EDR_TIME_TOKEN: string?

  @description('Field of the record that holds the same time.')
  EDR_TIME_FIELD: string?

  @description('Zone of times in events and incidents that tell none; what Qualys documents tells one.')
  EDR_TIME_ZONE: string?

  @description('Sort as JSON; unset: ascending by EDR_TIME_TOKEN.')
  EDR_SORT: string?

  @description('Events a page; by page number at most 5,000.')
  EDR_PAGE_SIZE: string?

  @description('pages (/ioc/events) or searchAfter (/ioc/events/searchAfter).')
  EDR_PAGING: string?

  @description('What Record holds: rest (what no column gives back), full, or none (such fields are lost).')
  EDR_RECORD: string?

  @description('Severity by lowest score, e.g. 0:Informational,2:Low,5:Medium,8:High.')
  EDR_SEVERITY_TABLE: string?

  @description('When VM windows are planned: six-field NCRONTAB, UTC.')
  VM_SCHEDULE: string?

  @description('Time from which a stream without a watermark ingests; unset: 24 hours before its first tick or its newest row.')
  VM_START: string?

  @description('Largest VM window planned, in minutes.')
  VM_WINDOW_MINUTES: string?

  @description('A VM window\'s end stays this far behind now, in seconds.')
  VM_SAFETY_LAG_SECONDS: string?

  @description('Version of the detection API and the host list; only the path differs. Older than 5.0: end of life June 2026.')
  VM_API_VERSION: string?

  @description('Hosts a page.')
  VM_TRUNCATION_LIMIT: string?

  @description('Detection states asked for.')
  VM_STATUS: string?

  @description('Severities asked for; unset: all.')
  VM_SEVERITIES: string?

  @description('RESULTS of a detection: full, cap:<bytes> (what is longer is cut, and says so) or none (not asked for).')
  VM_RESULTS: string?

  @description('0 is another way to say VM_RESULTS=none.')
  VM_SHOW_RESULTS: string?

  @description('Whether detections carry QDS.')
  VM_SHOW_QDS: string?

  @description('Whether hosts carry tags.')
  VM_SHOW_TAGS: string?

  @description('Whether information-gathered detections come too.')
  VM_SHOW_IGS: string?

  @description('What is sent of the hosts that Qualys has processed: changed-hosts (those that changed, with all detections), changes (only detections that changed; with a filter in the data collection rule it counts as changed-hosts) or all (everything).')
  VM_INGEST: string?

  @description('Without VM_INGEST=all: a host is sent whole once in so many days in which Qualys processes it, also if it is unchanged.')
  VM_REFRESH_DAYS: string?

  @description('Without VM_INGEST=all: elements of hosts and detections that alone do not make a host changed.')
  VM_PASSING_FIELDS: string?

  @description('Further parameters of the detection call, as a query string.')
  VM_PARAMS: string?

  @description('When windows of incidents are planned: six-field NCRONTAB, UTC.')
  INCIDENTS_SCHEDULE: string?

  @description('Time from which a stream without a watermark ingests; unset: 24 hours before its first tick or its newest row.')
  INCIDENTS_START: string?

  @description('Largest window planned, in minutes.')
  INCIDENTS_WINDOW_MINUTES: string?

  @description('A window\'s end stays this far behind now, in seconds.')
  INCIDENTS_SAFETY_LAG_SECONDS: string?

  @description('Further QQL condition, joined by AND in parentheses, e.g. incident.source: \'EDR\'.')
  INCIDENTS_FILTER: string?

  @description('QQL token of the time that windows use.')
  INCIDENTS_TIME_TOKEN: string?

  @description('Field of the record that holds the same time; Qualys does not document it.')
  INCIDENTS_TIME_FIELD: string?

  @description('Field of the record that holds the incident\'s id; Qualys does not document it.')
  INCIDENTS_ID_FIELD: string?

  @description('Incidents a page.')
  INCIDENTS_PAGE_SIZE: string?

  @description('When windows of the KnowledgeBase are planned: six-field NCRONTAB, UTC.')
  KB_SCHEDULE: string?

  @description('Changes are read once in so many minutes; windows end on multiples of that (360: at 0, 6, 12 and 18 h UTC).')
  KB_WINDOW_MINUTES: string?

  @description('A window\'s end stays this far behind now, in seconds: changes surface up to ten hours late.')
  KB_SAFETY_LAG_SECONDS: string?

  @description('Everything is loaded anew once in so many days, so that a query over a week finds it; 0: at the start only.')
  KB_FULL_DAYS: string?

  @description('Version of the KnowledgeBase API; only the path differs. Older than 4.0: end of life June 2026.')
  KB_API_VERSION: string?

  @description('QIDs a page.')
  KB_PAGE_SIZE: string?

  @description('Parameters of the KnowledgeBase call beside its window, as a query string.')
  KB_PARAMS: string?

  @description('When snapshots of the hosts are planned: six-field NCRONTAB, UTC.')
  HOSTS_SCHEDULE: string?

  @description('A snapshot is taken once in so many minutes, on multiples of that (1440: at midnight UTC).')
  HOSTS_WINDOW_MINUTES: string?

  @description('A snapshot begins so long after it is due, in seconds; for quiet hours.')
  HOSTS_SAFETY_LAG_SECONDS: string?

  @description('Hosts a page.')
  HOSTS_PAGE_SIZE: string?

  @description('Parameters of the host list, as a query string.')
  HOSTS_PARAMS: string?

  @description('When windows of the activity log are planned: six-field NCRONTAB, UTC.')
  ACTIVITY_SCHEDULE: string?

  @description('Time from which a stream without a watermark ingests; unset: 24 hours before its first tick or its newest row.')
  ACTIVITY_START: string?

  @description('Largest window planned, in minutes.')
  ACTIVITY_WINDOW_MINUTES: string?

  @description('A window\'s end stays this far behind now, in seconds.')
  ACTIVITY_SAFETY_LAG_SECONDS: string?

  @description('Version of the activity log API; only the path differs.')
  ACTIVITY_API_VERSION: string?

  @description('Entries a page.')
  ACTIVITY_PAGE_SIZE: string?

  @description('Token audience of the ingestion endpoint; other in sovereign clouds.')
  LOGS_INGESTION_AUDIENCE: string?

  @description('Query API of Log Analytics, with its version; other in sovereign clouds.')
  LOGS_QUERY_ENDPOINT: string?

  @description('Token audience of the query API; other in sovereign clouds.')
  LOGS_QUERY_AUDIENCE: string?

  @description('Whether the webhook may be at a private address: loopback, link-local, of a local network or a private endpoint.')
  ALERT_WEBHOOK_PRIVATE: string?

  @description('Lowest score that is posted; 4 is what Qualys itself sends mails for.')
  ALERT_MIN_SCORE: string?

  @description('Time from which events are posted, by when Qualys processed them; unset: when the webhook was first set.')
  ALERT_FROM: string?

  @description('Alerts posted a minute, over all instances; new ones above it are told in one summary.')
  ALERT_MAX_PER_MINUTE: string?

  @description('Certificates of authorities that are trusted beside the usual ones, in PEM, where a proxy or firewall opens TLS.')
  EXTRA_CA_CERTS: string?

  @description('Whether agents find the tools of the MCP server; read when the app starts.')
  MCP_TOOLS: string?

  @description('OpenTelemetry collector (OTLP over HTTP) that gets metrics and traces; unset: none.')
  OTEL_EXPORTER_OTLP_ENDPOINT: string?
  // end of generated part

  *: string
}
