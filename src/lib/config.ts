import * as z from 'zod';
import { ALLOWED_SECRET, isSoundSecret } from './alerts/sign-alert.ts';
import { ConfigError } from './errors.ts';
import { redact } from './log.ts';
import { isBalancedQql } from './qualys/edr/is-balanced-qql.ts';
import {
  apiUrl,
  apiVersion,
  azureTime,
  flag,
  gatewayUrl,
  instant,
  integer,
  list,
  loginKind,
  required,
  schedule,
  secretUri,
  serviceUrl,
  severityTable,
  sortKeys,
  trimmed,
  vmParams,
  webhookUrl,
  zoneMinutes,
} from './setting-kinds.ts';
import { crossProblems, gatewayOf, isInVault, VAULT_SETTINGS } from './setting-rules.ts';

/** Environment variables, as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const SECRETS: ReadonlySet<string> = new Set(['AzureWebJobsStorage', ...Object.keys(VAULT_SETTINGS)]);
/** Versions of the vendor's APIs; those before them came to their end of life in June 2026. */
const NEWEST_VERSIONS = { VM_API_VERSION: '5.0', KB_API_VERSION: '4.0' } as const;
/** Traces kept at most: as many blobs of a few KB. */
const MOST_TRACES = 200;
/** Given by the deployment in whichever form Azure has them. */
const DEPLOYMENT_TIMES = ['INSTALLED_AT', 'STORAGE_CREATED_AT'] as const;
const KNOWN_EVENT_TYPES: readonly string[] = ['file', 'process', 'network', 'registry', 'mutex'];

/** Severity of an event by its score; the IOC-era scale of the vendor (`docs/tables.md` shows the other one). */
const DEFAULT_SEVERITY_TABLE = '0:Informational,2:Low,5:Medium,8:High';
/** All that is documented of a vulnerability, disabled ones included. */
const KB_PARAMS = 'details=All&show_disabled_flag=1&show_pci_reasons=1&show_supported_modules_info=1';
const HOSTS_PARAMS = 'details=All/AGs&show_asset_id=1&show_tags=1&show_trurisk=1';

/**
 * Every setting of the connector: its environment variable, check and default.
 * The same names stand in `local.settings.sample.json`, in Bicep and in `docs/settings.md`.
 */
export const settingsSchema = z.object({
  QUALYS_AUTH: loginKind
    .default('password')
    .describe(
      'How both APIs are logged in to: password (user and password), oidc (API client of a user) or oauth (API client of the subscription).',
    ),
  VM_AUTH: loginKind.optional().describe('The same for the VM API alone; unset: QUALYS_AUTH.'),
  EDR_AUTH: loginKind
    .optional()
    .describe('The same for the EDR API alone, which is not known to take API clients; unset: QUALYS_AUTH.'),
  QUALYS_USERNAME: trimmed.optional().describe('Qualys account of role Reader or higher with API access.'),
  QUALYS_PASSWORD: z.string().optional().describe('Password of that account; a Key Vault reference in Azure.'),
  QUALYS_PASSWORD_SECRET_URI: secretUri
    .optional()
    .describe(
      'Secret in Key Vault with that password, read at the start and after a refusal; until then, and where the vault cannot be read, QUALYS_PASSWORD counts.',
    ),
  QUALYS_CLIENT_ID: trimmed.optional().describe('Id of the API client, for oidc and oauth.'),
  QUALYS_CLIENT_SECRET: z.string().optional().describe('Secret of that client; a Key Vault reference in Azure.'),
  QUALYS_CLIENT_SECRET_URI: secretUri
    .optional()
    .describe('Secret in Key Vault with that of the client, read as that of the password.'),
  QUALYS_API_URL: apiUrl.describe('VM API server, e.g. https://qualysapi.qg2.apps.qualys.com.'),
  QUALYS_GATEWAY_URL: gatewayUrl
    .optional()
    .describe('EDR gateway; needed for private platforms and loopback addresses.'),
  QUALYS_STREAMS: list(() => true, 'must name at least one stream')
    .default(['edr-events', 'vm-detections'])
    .describe('Enabled streams, comma-separated.'),
  QUALYS_MAX_CONCURRENCY: integer({ min: 1, max: 100, fallback: 2, unit: 'calls' }).describe(
    'Ingestion calls at once over all instances, for each of the two APIs.',
  ),
  QUALYS_BUDGET_RESERVE_PERCENT: integer({ min: 0, max: 90, fallback: 20, unit: 'percent' }).describe(
    "Part of the vendor's hourly call budget that backfills leave to the live streams, in percent.",
  ),
  STALE_WINDOW_SECONDS: integer({ min: 1, max: 86_400, fallback: 900, unit: 'seconds' }).describe(
    'A window without progress for so long is put in the queue again, in seconds.',
  ),
  INCOMPLETE_AFTER_HOURS: integer({ min: 0, max: 720, fallback: 24, unit: 'hours' }).describe(
    'How long a window stays open while the vendor counts more than it gives, in hours; then it is closed as incomplete.',
  ),
  BACKFILL_MAX_DAYS: integer({ min: 1, max: 3650, fallback: 90, unit: 'days' }).describe(
    'Longest backfill accepted, in days.',
  ),
  BACKFILL_MAX_RUNNING: integer({ min: 1, max: 100, fallback: 5, unit: 'backfills' }).describe(
    'Backfills that may run at once.',
  ),
  QUALYS_TRACE: integer({ min: 0, max: MOST_TRACES, fallback: 0, unit: 'calls' }).describe(
    'Calls to Qualys that are kept for a support case, over all instances; 0: none.',
  ),
  EDR_SCHEDULE: schedule.default('0 */5 * * * *').describe('When EDR windows are planned: six-field NCRONTAB, UTC.'),
  VM_SCHEDULE: schedule.default('0 */30 * * * *').describe('When VM windows are planned: six-field NCRONTAB, UTC.'),
  EDR_START: instant
    .optional()
    .describe(
      'Time from which a stream without a watermark ingests; unset: 24 hours before its first tick or its newest row.',
    ),
  VM_START: instant
    .optional()
    .describe(
      'Time from which a stream without a watermark ingests; unset: 24 hours before its first tick or its newest row.',
    ),
  EDR_WINDOW_MINUTES: integer({ min: 1, max: 10_080, fallback: 15, unit: 'minutes' }).describe(
    'Largest EDR window planned, in minutes.',
  ),
  VM_WINDOW_MINUTES: integer({ min: 1, max: 10_080, fallback: 60, unit: 'minutes' }).describe(
    'Largest VM window planned, in minutes.',
  ),
  EDR_SAFETY_LAG_SECONDS: integer({ min: 0, max: 86_400, fallback: 120, unit: 'seconds' }).describe(
    "An EDR window's end stays this far behind now, in seconds.",
  ),
  VM_SAFETY_LAG_SECONDS: integer({ min: 0, max: 86_400, fallback: 600, unit: 'seconds' }).describe(
    "A VM window's end stays this far behind now, in seconds.",
  ),
  EDR_FILTER: trimmed
    .refine(isBalancedQql, 'must be QQL with closed quotes and balanced parentheses and brackets')
    .optional()
    .describe('Further QQL condition, joined by AND in parentheses.'),
  EDR_EVENT_TYPES: list(
    (item) => /^[A-Za-z][\w-]*$/.test(item),
    'must be event types, comma-separated, e.g. file,network',
  )
    .transform((types) => types.map((type) => type.toLowerCase()))
    .optional()
    .describe('Subset of file, process, network, registry, mutex; unset: all.'),
  EDR_MIN_SCORE: integer({ min: 0, max: 10, fallback: 0, unit: 'score' }).describe(
    'Lowest indicator.score; unset or 0 adds no condition, so unscored events come too.',
  ),
  EDR_STATE: flag(false).describe('Value of the state parameter: true limits the answer to the current state.'),
  EDR_TIME_TOKEN: trimmed
    .pipe(z.string().regex(/^[A-Za-z][\w.]*$/, 'must be a QQL token such as event.eventProcessedTime'))
    .default('event.eventProcessedTime')
    .describe('QQL token of the time that windows use.'),
  EDR_TIME_FIELD: trimmed
    .pipe(z.string().regex(/^[A-Za-z][\w.]*$/, 'must be a field of the event such as eventProcessedTime'))
    .default('eventProcessedTime')
    .describe('Field of the record that holds the same time.'),
  EDR_TIME_ZONE: zoneMinutes
    .default(0)
    .describe('Zone of times in events and incidents that tell none; what Qualys documents tells one.'),
  EDR_SORT: sortKeys.describe('Sort as JSON; unset: ascending by EDR_TIME_TOKEN.'),
  EDR_PAGE_SIZE: integer({ min: 1, max: 10_000, fallback: 500, unit: 'events' }).describe('Events a page.'),
  EDR_PAGING: trimmed
    .pipe(z.enum(['pages', 'searchAfter'], 'must be pages or searchAfter'))
    .default('pages')
    .describe('pages (/ioc/events) or searchAfter (/ioc/events/searchAfter).'),
  EDR_SEVERITY_TABLE: severityTable
    .default(severityTable.parse(DEFAULT_SEVERITY_TABLE))
    .describe('Severity by lowest score, e.g. 0:Informational,2:Low,5:Medium,8:High.'),
  VM_API_VERSION: apiVersion(NEWEST_VERSIONS.VM_API_VERSION).describe(
    'Version of the detection API and the host list; only the path differs. Older than 5.0: end of life June 2026.',
  ),
  VM_TRUNCATION_LIMIT: integer({ min: 20, max: 5000, fallback: 1000, unit: 'hosts' }).describe('Hosts a page.'),
  VM_STATUS: list(
    (item) => /^(New|Active|Fixed|Re-Opened)$/.test(item),
    'must be a subset of New,Active,Fixed,Re-Opened',
  )
    .default(['New', 'Active', 'Fixed', 'Re-Opened'])
    .describe('Detection states asked for.'),
  VM_SEVERITIES: trimmed
    .pipe(
      z.string().regex(/^[1-5](-[1-5])?(,[1-5](-[1-5])?)*$/, 'must be severities 1 to 5 as a list or range, e.g. 3-5'),
    )
    .optional()
    .describe('Severities asked for; unset: all.'),
  VM_SHOW_RESULTS: flag(true).describe('Whether detections carry RESULTS.'),
  VM_SHOW_QDS: flag(true).describe('Whether detections carry QDS.'),
  VM_SHOW_TAGS: flag(false).describe('Whether hosts carry tags.'),
  VM_SHOW_IGS: flag(false).describe('Whether information-gathered detections come too.'),
  VM_PARAMS: vmParams({ pattern: /^vm_processed_(after|before)$/, text: 'vm_processed_*, ' }).describe(
    'Further parameters of the detection call, as a query string.',
  ),
  INCIDENTS_SCHEDULE: schedule
    .default('0 */10 * * * *')
    .describe('When windows of incidents are planned: six-field NCRONTAB, UTC.'),
  INCIDENTS_START: instant
    .optional()
    .describe(
      'Time from which a stream without a watermark ingests; unset: 24 hours before its first tick or its newest row.',
    ),
  INCIDENTS_WINDOW_MINUTES: integer({ min: 1, max: 10_080, fallback: 60, unit: 'minutes' }).describe(
    'Largest window planned, in minutes.',
  ),
  INCIDENTS_SAFETY_LAG_SECONDS: integer({ min: 0, max: 86_400, fallback: 300, unit: 'seconds' }).describe(
    "A window's end stays this far behind now, in seconds.",
  ),
  INCIDENTS_FILTER: trimmed
    .refine(isBalancedQql, 'must be QQL with closed quotes and balanced parentheses and brackets')
    .optional()
    .describe("Further QQL condition, joined by AND in parentheses, e.g. incident.source: 'EDR'."),
  INCIDENTS_TIME_TOKEN: trimmed
    .pipe(z.string().regex(/^[A-Za-z][\w.]*$/, 'must be a QQL token such as incident.updatedon'))
    .default('incident.updatedon')
    .describe('QQL token of the time that windows use.'),
  INCIDENTS_TIME_FIELD: trimmed
    .pipe(z.string().regex(/^[A-Za-z][\w.]*$/, 'must be a field of the incident such as updatedOn'))
    .default('updatedOn')
    .describe('Field of the record that holds the same time; Qualys does not document it.'),
  INCIDENTS_ID_FIELD: trimmed
    .pipe(z.string().regex(/^[A-Za-z][\w.]*$/, 'must be a field of the incident such as id'))
    .default('id')
    .describe("Field of the record that holds the incident's id; Qualys does not document it."),
  INCIDENTS_PAGE_SIZE: integer({ min: 2, max: 10_000, fallback: 100, unit: 'incidents' }).describe('Incidents a page.'),
  KB_SCHEDULE: schedule
    .default('0 */15 * * * *')
    .describe('When windows of the KnowledgeBase are planned: six-field NCRONTAB, UTC.'),
  KB_WINDOW_MINUTES: integer({ min: 1, max: 10_080, fallback: 360, unit: 'minutes' }).describe(
    'Changes are read once in so many minutes; windows end on multiples of that (360: at 0, 6, 12 and 18 h UTC).',
  ),
  KB_SAFETY_LAG_SECONDS: integer({ min: 0, max: 604_800, fallback: 36_000, unit: 'seconds' }).describe(
    "A window's end stays this far behind now, in seconds: changes surface up to ten hours late.",
  ),
  KB_FULL_DAYS: integer({ min: 0, max: 365, fallback: 6, unit: 'days' }).describe(
    'Everything is loaded anew once in so many days, so that a query over a week finds it; 0: at the start only.',
  ),
  KB_API_VERSION: apiVersion(NEWEST_VERSIONS.KB_API_VERSION).describe(
    'Version of the KnowledgeBase API; only the path differs. Older than 4.0: end of life June 2026.',
  ),
  KB_PAGE_SIZE: integer({ min: 1, max: 10_000, fallback: 500, unit: 'QIDs' }).describe('QIDs a page.'),
  KB_PARAMS: vmParams({ pattern: /^last_modified_(after|before)$/, text: 'last_modified_*, ' }, KB_PARAMS).describe(
    'Parameters of the KnowledgeBase call beside its window, as a query string.',
  ),
  HOSTS_SCHEDULE: schedule
    .default('0 */15 * * * *')
    .describe('When snapshots of the hosts are planned: six-field NCRONTAB, UTC.'),
  HOSTS_WINDOW_MINUTES: integer({ min: 60, max: 10_080, fallback: 1440, unit: 'minutes' }).describe(
    'A snapshot is taken once in so many minutes, on multiples of that (1440: at midnight UTC).',
  ),
  HOSTS_SAFETY_LAG_SECONDS: integer({ min: 0, max: 86_400, fallback: 0, unit: 'seconds' }).describe(
    'A snapshot begins so long after it is due, in seconds; for quiet hours.',
  ),
  HOSTS_PAGE_SIZE: integer({ min: 20, max: 10_000, fallback: 1000, unit: 'hosts' }).describe('Hosts a page.'),
  HOSTS_PARAMS: vmParams({ pattern: /^$/, text: '' }, HOSTS_PARAMS).describe(
    'Parameters of the host list, as a query string.',
  ),
  LOGS_INGESTION_ENDPOINT: serviceUrl.describe('Ingestion endpoint of the data collection rule (or endpoint).'),
  LOGS_INGESTION_RULE_ID: required.describe('Immutable id of the data collection rule, e.g. dcr-0123….'),
  LOGS_INGESTION_AUDIENCE: serviceUrl
    .default('https://monitor.azure.com')
    .describe('Token audience of the ingestion endpoint; other in sovereign clouds.'),
  LOGS_QUERY_WORKSPACE_ID: trimmed
    .pipe(z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be a UUID'))
    .optional()
    .describe(
      'Workspace (its customer id) in whose tables enrichment looks things up, and a stream without a watermark its newest row; unset: none.',
    ),
  LOGS_QUERY_ENDPOINT: serviceUrl
    .default('https://api.loganalytics.io/v1')
    .describe('Query API of Log Analytics, with its version; other in sovereign clouds.'),
  LOGS_QUERY_AUDIENCE: serviceUrl
    .default('https://api.loganalytics.io')
    .describe('Token audience of the query API; other in sovereign clouds.'),
  INSTALLED_AT: azureTime.describe('When the first parts of the installation were made; set by the deployment.'),
  STORAGE_CREATED_AT: azureTime.describe(
    'When the storage account was made; set by the deployment. More than a day after `INSTALLED_AT`: a stream without a watermark waits for its start, because its table may hold rows.',
  ),
  ALERT_WEBHOOK_URL: webhookUrl
    .optional()
    .describe(
      'Webhook of a SOAR platform that gets live EDR events of a high score; a Key Vault reference in Azure; unset: none.',
    ),
  ALERT_WEBHOOK_SECRET: z
    .string()
    .refine(isSoundSecret, ALLOWED_SECRET)
    .optional()
    .describe('Secret that signs what is posted there; a Key Vault reference in Azure; unset: not signed.'),
  ALERT_WEBHOOK_URL_SECRET_URI: secretUri
    .optional()
    .describe('Secret in Key Vault with the webhook, read as that of the password.'),
  ALERT_WEBHOOK_SECRET_URI: secretUri
    .optional()
    .describe('Secret in Key Vault with what signs the posts, read as that of the password.'),
  ALERT_WEBHOOK_PRIVATE: flag(false).describe(
    'Whether the webhook may be at a private address: loopback, link-local, of a local network or a private endpoint.',
  ),
  ALERT_MIN_SCORE: integer({ min: 0, max: 10, fallback: 4, unit: 'score' }).describe(
    'Lowest score that is posted; 4 is what Qualys itself sends mails for.',
  ),
  ALERT_FROM: instant
    .optional()
    .describe(
      'Time from which events are posted, by when Qualys processed them; unset: when the webhook was first set.',
    ),
  ALERT_MAX_PER_MINUTE: integer({ min: 1, max: 10_000, fallback: 30, unit: 'alerts' }).describe(
    'Alerts posted a minute, over all instances; new ones above it are told in one summary.',
  ),
  MCP_TOOLS: flag(true).describe('Whether agents find the tools of the MCP server; read when the app starts.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: serviceUrl
    .optional()
    .describe('OpenTelemetry collector (OTLP over HTTP) that gets metrics and traces; unset: none.'),
  APPLICATIONINSIGHTS_CONNECTION_STRING: trimmed
    .optional()
    .describe('Application Insights that gets metrics and traces, by the identity of the app; unset: none.'),
  AzureWebJobsStorage: trimmed
    .optional()
    .describe('Connection string of the storage account; in Azure use the identity settings instead.'),
  AzureWebJobsStorage__accountName: trimmed.optional().describe('Storage account, reached by identity.'),
  AzureWebJobsStorage__queueServiceUri: serviceUrl
    .optional()
    .describe('Queue service of the storage account, reached by identity.'),
  AzureWebJobsStorage__tableServiceUri: serviceUrl
    .optional()
    .describe('Table service of the storage account, reached by identity.'),
  AzureWebJobsStorage__blobServiceUri: serviceUrl
    .optional()
    .describe('Blob service of the storage account, reached by identity.'),
  AzureWebJobsStorage__clientId: trimmed.optional().describe('Client id of the user-assigned identity.'),
});

type Parsed = z.output<typeof settingsSchema>;

/** Checked settings. */
export interface Settings extends Omit<Parsed, 'QUALYS_GATEWAY_URL'> {
  readonly QUALYS_GATEWAY_URL: string;
  /** Things worth a warning that do not stop the connector. */
  readonly warnings: readonly string[];
}

/** Names of all settings. */
export const SETTING_NAMES = Object.keys(settingsSchema.shape) as readonly (keyof Parsed)[];

/** A setting at fault. */
interface Problem {
  readonly message: string;
  /** What was given, never a secret; absent for a setting that is missing. */
  readonly given?: string;
}

/**
 * Reads the settings. Blank values count as unset.
 * @param streams names that `QUALYS_STREAMS` may hold; any when absent.
 * @throws ConfigError that names every setting at fault at once, what was given (never a secret) and what is allowed.
 */
export function parseSettings(env: Environment, streams?: readonly string[]): Settings {
  const set = Object.fromEntries(
    SETTING_NAMES.map((name) => [name, env[name]]).filter(([, value]) => value !== undefined && value.trim() !== ''),
  ) as Record<string, string>;
  const references = SETTING_NAMES.filter((name) => /^@Microsoft\.KeyVault\(/i.test(set[name]?.trim() ?? ''));
  // What the app reads itself need not be resolved by the platform.
  const unresolved = references.filter((name) => !isInVault(name, set));
  const given = Object.fromEntries(
    Object.entries(set).filter(([name]) => !isInVault(name, set) || !references.some((other) => other === name)),
  );
  const parsed = settingsSchema.safeParse(given);
  const problems: Problem[] = unresolved.map((name) => ({
    message: `${name} is an unresolved Key Vault reference: check the secret, the vault's network and the identity's role (Key Vault Secrets User)`,
  }));
  for (const issue of parsed.success ? [] : parsed.error.issues) {
    const name = String(issue.path[0]);
    if (!unresolved.some((other) => other === name)) problems.push(describe(name, given[name], issue.message));
  }
  problems.push(...crossProblems(given).map((message) => ({ message })));
  problems.push(...streamProblems(given.QUALYS_STREAMS, streams));
  if (problems.length > 0 || !parsed.success) throw settingsError(problems);
  return { ...parsed.data, QUALYS_GATEWAY_URL: gatewayOf(parsed.data) ?? '', warnings: warningsOf(parsed.data) };
}

function settingsError(problems: readonly Problem[]): ConfigError {
  const full = problems.map(({ message, given }) => (given === undefined ? message : `${message}, given ${given}`));
  const publicMessage = `Settings: ${[...new Set(problems.map(({ message }) => message))].join('; ')}`;
  return new ConfigError(`Settings: ${[...new Set(full)].join('; ')}`, { publicMessage });
}

/** What the settings hold that must not be shown: secrets, and the keys in connection strings. */
export function secretsOf(settings: Settings): string[] {
  const values = Object.entries(settings).flatMap(([name, value]) =>
    SECRETS.has(name) && typeof value === 'string' ? [value] : [],
  );
  const keys = [...values, settings.APPLICATIONINSIGHTS_CONNECTION_STRING ?? ''].flatMap((value) =>
    [...value.matchAll(/(?:AccountKey|SharedAccessSignature|InstrumentationKey)=([^;]+)/g)].map(([, key = '']) => key),
  );
  return [...values, ...keys];
}

/** Somebody may have put a password into a URL or a signature into a query. */
function describe(name: string, value: string | undefined, allowed: string): Problem {
  if (value === undefined) return { message: `${name} must be set` };
  return {
    message: `${name} ${allowed}`,
    given: SECRETS.has(name) ? 'a secret value' : JSON.stringify(redact(value).slice(0, 100)),
  };
}

function streamProblems(given = '', streams?: readonly string[]): Problem[] {
  const names = given.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => name !== '' && streams?.includes(name) === false);
  if (streams === undefined || unknown.length === 0) return [];
  return [describe('QUALYS_STREAMS', unknown.join(','), `must name streams of ${streams.join(', ')}`)];
}

function warningsOf(settings: Parsed): string[] {
  const unknown = settings.EDR_EVENT_TYPES?.filter((type) => !KNOWN_EVENT_TYPES.includes(type)) ?? [];
  const ended = (['VM_API_VERSION', 'KB_API_VERSION'] as const).filter(
    (name) => Number(settings[name]) < Number(NEWEST_VERSIONS[name]),
  );
  return [
    ...unknown.map((type) => `EDR_EVENT_TYPES names ${type}, which is not one of ${KNOWN_EVENT_TYPES.join(', ')}`),
    ...ended.map(
      (name) =>
        `${name} is ${settings[name]}, a version past its end of life (June 2026), which Qualys may stop answering; ` +
        `use ${NEWEST_VERSIONS[name]}`,
    ),
    ...DEPLOYMENT_TIMES.filter((name) => Number.isNaN(settings[name]?.getTime())).map(
      (name) => `${name} is no time and counts as unset`,
    ),
  ];
}
