import * as z from 'zod';
import { ALLOWED_SECRET, isSoundSecret } from './alerts/sign-alert.ts';
import { COST_SETTINGS } from './cost/settings.ts';
import { findMistakenNames } from './mistaken-names.ts';
import {
  apiUrl,
  azureTime,
  callerAuth,
  certificates,
  flag,
  gatewayUrl,
  instant,
  integer,
  list,
  proxyUrl,
  required,
  secretUri,
  serviceUrl,
  trimmed,
  webhookUrl,
} from './setting-kinds.ts';
import { unguardedMcpBy } from './sign-in.ts';
import { isSubscriptionName } from './subscription-name.ts';
import { describeProblem, settingsError, type Problem } from './setting-problems.ts';
import { crossProblems, gatewayOf, isInVault, limitMistakes, loginSettings } from './setting-rules.ts';
import { countingInstead, STREAM_LOSSES, STREAM_MISTAKES, STREAM_SETTINGS } from './streams/settings.ts';

/** Environment variables, as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Traces kept at most: as many blobs of a few KB. */
const MOST_TRACES = 200;
/** Given by the deployment in whichever form Azure has them. */
const DEPLOYMENT_TIMES = ['INSTALLED_AT', 'STORAGE_CREATED_AT'] as const;

/**
 * Every setting of the connector: its environment variable, check and default.
 * A stream declares its own (`streams/<name>/settings.ts`). `npm run generate` writes them to all places that hold them.
 */
export const settingsSchema = z.object({
  ...loginSettings.shape,
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
    .prefault('edr-events,vm-detections')
    .describe('Enabled streams, comma-separated.'),
  QUALYS_SUBSCRIPTION: trimmed
    .refine(
      (text) => text === '' || isSubscriptionName(text),
      'must be up to 20 lower-case letters and digits, a letter first, not "poison"',
    )
    .default('')
    .describe(
      'Short name of the Qualys subscription, for workspaces that hold the rows of several: it stands in each row, and in the names of what the connector stores. Set it with the first deployment; with another name the connector begins anew.',
    ),
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
  SAFETY_LAG_MAX_SECONDS: integer({ min: 0, max: 86_400, fallback: 3600, unit: 'seconds' }).describe(
    'How far the safety lag of a stream grows by itself while Qualys shows records later than it again and again, in seconds; 0: not at all.',
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
  ...COST_SETTINGS,
  ...STREAM_SETTINGS,
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
  HTTPS_PROXY: proxyUrl
    .optional()
    .describe(
      'Proxy that calls to Qualys go through, and calls to Azure but for those of NO_PROXY; a Key Vault reference where it holds a password; unset: none.',
    ),
  NO_PROXY: trimmed
    .optional()
    .describe(
      "Hosts that are called without the proxy, comma-separated; .example.com means all below; this machine and the endpoint of the app's identity always are.",
    ),
  EXTRA_CA_CERTS: certificates
    .optional()
    .describe(
      'Certificates of authorities that are trusted beside the usual ones, in PEM, where a proxy or firewall opens TLS.',
    ),
  CALLER_AUTH: callerAuth
    .default('keys')
    .describe(
      'How callers of the routes and tools are let in: keys (function keys) or entra (sign-in with Entra ID and an app role; no key opens anything); read when the app starts.',
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
  /** Those of them that nobody can have meant. */
  readonly mistakes: readonly string[];
}

/** Names of all settings. */
export const SETTING_NAMES = Object.keys(settingsSchema.shape) as readonly (keyof Parsed)[];

/**
 * Reads the settings. Blank values count as unset.
 * @param streams names of streams that settings may hold; any when absent.
 * @throws ConfigError that names every setting at fault at once, what was given (never a secret) and what is allowed.
 */
export function parseSettings(env: Environment, streams?: readonly string[]): Settings {
  const set = Object.fromEntries(
    SETTING_NAMES.map((name) => [name, env[name]]).filter(([, value]) => value !== undefined && value.trim() !== ''),
  ) as Record<string, string>;
  const references = Object.keys(set).filter((name) => /^@Microsoft\.KeyVault\(/i.test(set[name]?.trim() ?? ''));
  // What the app reads itself need not be resolved by the platform.
  const unresolved = references.filter((name) => !isInVault(name, set));
  const isGiven = (name: string): boolean => unresolved.includes(name) || !references.includes(name);
  const given = Object.fromEntries(Object.entries(set).filter(([name]) => isGiven(name)));
  const parsed = settingsSchema.safeParse(given);
  const problems: Problem[] = unresolved.map((name) => ({
    message: `${name} is an unresolved Key Vault reference: check the secret, the vault's network and the identity's role (Key Vault Secrets User)`,
  }));
  for (const issue of parsed.success ? [] : parsed.error.issues) {
    const name = String(issue.path[0]);
    if (!unresolved.includes(name)) problems.push(describeProblem(name, given[name], issue.message));
  }
  problems.push(...crossProblems(given).map((message) => ({ message })));
  for (const name of ['QUALYS_STREAMS', 'DAILY_GB_LIMIT_STREAMS'])
    problems.push(...streamProblems(name, given, streams));
  if (problems.length > 0 || !parsed.success) throw settingsError(problems);
  const mistakes = [
    ...findMistakenNames(env, SETTING_NAMES),
    ...mcpMistakes(parsed.data, env),
    ...mistakesIn(parsed.data),
  ];
  const warnings = [...mistakes, ...STREAM_LOSSES.flatMap((losses) => losses(parsed.data))];
  const effective = { ...countingInstead(parsed.data), QUALYS_GATEWAY_URL: gatewayOf(parsed.data) ?? '' };
  return { ...parsed.data, ...effective, warnings, mistakes };
}

function streamProblems(name: string, given: Record<string, string>, streams?: readonly string[]): Problem[] {
  const names = (given[name] ?? '').split(',').map((name) => name.trim());
  const unknown = names.filter((stream) => stream !== '' && streams?.includes(stream) === false);
  if (streams === undefined || unknown.length === 0) return [];
  return [describeProblem(name, unknown.join(','), `must name streams of ${streams.join(', ')}`)];
}

function mcpMistakes({ CALLER_AUTH, MCP_TOOLS }: Parsed, env: Environment): string[] {
  const level = MCP_TOOLS ? unguardedMcpBy(env) : undefined;
  if (level === undefined) return [];
  return [
    `${level} is ${env[level] ?? ''} while CALLER_AUTH is ${CALLER_AUTH}: anybody could call the MCP tools, so there are none; set CALLER_AUTH to entra, or take ${level} out`,
  ];
}

function mistakesIn(settings: Parsed): string[] {
  return [
    ...limitMistakes(settings),
    ...STREAM_MISTAKES.flatMap((mistakes) => mistakes(settings)),
    ...DEPLOYMENT_TIMES.filter((name) => Number.isNaN(settings[name]?.getTime())).map(
      (name) => `${name} is no time and counts as unset`,
    ),
  ];
}
