// Optional settings of the app, by the names they have everywhere (docs/settings.md says what each allows).
// What is left out keeps the app's own default.

@description('Optional app settings. Further names are passed on as they are, so a new feed needs no change here.')
@export()
type connectorSettings = {
  @description('How both APIs are logged in to: password, oidc or oauth.')
  QUALYS_AUTH: string?

  @description('The same for the VM API alone.')
  VM_AUTH: string?

  @description('The same for the EDR API alone.')
  EDR_AUTH: string?

  @description('EDR gateway; needed for private platforms only.')
  QUALYS_GATEWAY_URL: string?

  @description('Enabled streams, comma-separated.')
  QUALYS_STREAMS: string?

  @description('Ingestion calls at once over all instances, for each of the two APIs.')
  QUALYS_MAX_CONCURRENCY: string?

  @description('Part of the hourly call budget that backfills leave to the live streams, in percent.')
  QUALYS_BUDGET_RESERVE_PERCENT: string?

  @description('A window without progress for so many seconds is put in the queue again.')
  STALE_WINDOW_SECONDS: string?

  @description('A window that stays short of the count of Qualys is closed as incomplete after so many hours.')
  INCOMPLETE_AFTER_HOURS: string?

  @description('Longest backfill accepted, in days.')
  BACKFILL_MAX_DAYS: string?

  @description('Backfills that may run at once.')
  BACKFILL_MAX_RUNNING: string?

  @description('Calls to Qualys that are kept for a support case, over all instances; 0: none.')
  QUALYS_TRACE: string?

  @description('Timer of the EDR planner: six-field NCRONTAB, UTC.')
  EDR_SCHEDULE: string?

  @description('Timer of the VM planner: six-field NCRONTAB, UTC.')
  VM_SCHEDULE: string?

  @description('ISO time from which a new EDR stream ingests.')
  EDR_START: string?

  @description('ISO time from which a new VM stream ingests.')
  VM_START: string?

  @description('Largest EDR window, in minutes.')
  EDR_WINDOW_MINUTES: string?

  @description('Largest VM window, in minutes.')
  VM_WINDOW_MINUTES: string?

  @description('How far behind now an EDR window ends, in seconds.')
  EDR_SAFETY_LAG_SECONDS: string?

  @description('How far behind now a VM window ends, in seconds.')
  VM_SAFETY_LAG_SECONDS: string?

  @description('Further QQL condition for EDR events.')
  EDR_FILTER: string?

  @description('Event types, comma-separated.')
  EDR_EVENT_TYPES: string?

  @description('Lowest indicator.score.')
  EDR_MIN_SCORE: string?

  @description('Value of the state parameter.')
  EDR_STATE: string?

  @description('QQL token of the time that windows use.')
  EDR_TIME_TOKEN: string?

  @description('Record field of the same time.')
  EDR_TIME_FIELD: string?

  @description('Zone of times in events and incidents that tell none: UTC or an offset such as +02:00.')
  EDR_TIME_ZONE: string?

  @description('Sort order as JSON text.')
  EDR_SORT: string?

  @description('Events a page.')
  EDR_PAGE_SIZE: string?

  @description('pages or searchAfter.')
  EDR_PAGING: string?

  @description('Severity by lowest score.')
  EDR_SEVERITY_TABLE: string?

  @description('Version in the path of the detection API.')
  VM_API_VERSION: string?

  @description('Hosts a page.')
  VM_TRUNCATION_LIMIT: string?

  @description('Detection states asked for.')
  VM_STATUS: string?

  @description('Severities asked for.')
  VM_SEVERITIES: string?

  @description('1 or 0: detections carry RESULTS.')
  VM_SHOW_RESULTS: string?

  @description('1 or 0: detections carry QDS.')
  VM_SHOW_QDS: string?

  @description('1 or 0: hosts carry tags.')
  VM_SHOW_TAGS: string?

  @description('1 or 0: information gathered comes too.')
  VM_SHOW_IGS: string?

  @description('Further query string of the detection call.')
  VM_PARAMS: string?

  @description('Timer of the planner of incidents: six-field NCRONTAB, UTC.')
  INCIDENTS_SCHEDULE: string?

  @description('ISO time from which a new stream of incidents ingests.')
  INCIDENTS_START: string?

  @description('Largest window of incidents, in minutes.')
  INCIDENTS_WINDOW_MINUTES: string?

  @description('How far behind now a window of incidents ends, in seconds.')
  INCIDENTS_SAFETY_LAG_SECONDS: string?

  @description('Further QQL condition for incidents.')
  INCIDENTS_FILTER: string?

  @description('QQL token of the time that windows of incidents use.')
  INCIDENTS_TIME_TOKEN: string?

  @description('Record field of the same time.')
  INCIDENTS_TIME_FIELD: string?

  @description('Record field of the id of an incident.')
  INCIDENTS_ID_FIELD: string?

  @description('Incidents a page.')
  INCIDENTS_PAGE_SIZE: string?

  @description('Timer of the planner of the KnowledgeBase: six-field NCRONTAB, UTC.')
  KB_SCHEDULE: string?

  @description('Minutes between two reads of what changed.')
  KB_WINDOW_MINUTES: string?

  @description('How far behind now a window of the KnowledgeBase ends, in seconds.')
  KB_SAFETY_LAG_SECONDS: string?

  @description('Days between two loads of everything; 0: at the start only.')
  KB_FULL_DAYS: string?

  @description('Version in the path of the KnowledgeBase API.')
  KB_API_VERSION: string?

  @description('QIDs a page.')
  KB_PAGE_SIZE: string?

  @description('Query string of the KnowledgeBase call.')
  KB_PARAMS: string?

  @description('Timer of the planner of host snapshots: six-field NCRONTAB, UTC.')
  HOSTS_SCHEDULE: string?

  @description('Minutes between two snapshots of the hosts.')
  HOSTS_WINDOW_MINUTES: string?

  @description('How long after it is due a snapshot begins, in seconds.')
  HOSTS_SAFETY_LAG_SECONDS: string?

  @description('Hosts a page of the host list.')
  HOSTS_PAGE_SIZE: string?

  @description('Query string of the host list.')
  HOSTS_PARAMS: string?

  @description('Token audience of the ingestion endpoint; to be set in sovereign clouds only.')
  LOGS_INGESTION_AUDIENCE: string?

  @description('Query API of Log Analytics, with its version; to be set in sovereign clouds only.')
  LOGS_QUERY_ENDPOINT: string?

  @description('Token audience of the query API; to be set in sovereign clouds only.')
  LOGS_QUERY_AUDIENCE: string?

  @description('1 or 0: the webhook may be at a private address.')
  ALERT_WEBHOOK_PRIVATE: string?

  @description('Lowest score of events that are posted to the webhook.')
  ALERT_MIN_SCORE: string?

  @description('Time from which events are posted, ISO 8601 UTC; unset: when the webhook was first set.')
  ALERT_FROM: string?

  @description('Alerts posted a minute; new ones above it are told in one summary.')
  ALERT_MAX_PER_MINUTE: string?

  @description('1 or 0: agents find the tools of the MCP server.')
  MCP_TOOLS: string?

  @description('OpenTelemetry collector (OTLP over HTTP) that gets metrics and traces besides Application Insights.')
  OTEL_EXPORTER_OTLP_ENDPOINT: string?

  *: string
}
