import { mayBePublic } from './alerts/public-address.ts';
import { gatewayHostFor } from './qualys/platforms.ts';
import * as z from 'zod';
import { apiUrl, flag, loginKind, type LoginKind, webhookUrl } from './setting-kinds.ts';

// What settings have to be beside each other.

/** Settings with a secret, by the setting that names the secret's address in Key Vault. */
export const VAULT_SETTINGS = {
  QUALYS_PASSWORD: 'QUALYS_PASSWORD_SECRET_URI',
  QUALYS_CLIENT_SECRET: 'QUALYS_CLIENT_SECRET_URI',
  ALERT_WEBHOOK_URL: 'ALERT_WEBHOOK_URL_SECRET_URI',
  ALERT_WEBHOOK_SECRET: 'ALERT_WEBHOOK_SECRET_URI',
} as const;
/** Settings that are secret as a whole, and where somebody may put a key beside its certificate. */
export const SECRET_SETTINGS: ReadonlySet<string> = new Set([
  'AzureWebJobsStorage',
  'HTTPS_PROXY',
  'EXTRA_CA_CERTS',
  ...Object.keys(VAULT_SETTINGS),
]);
/** A setting whose secret may be read from Key Vault. */
export type VaultSetting = keyof typeof VAULT_SETTINGS;
/** What tells whether there is a secret: itself, and where it is. */
type Secrets<Name extends VaultSetting> = Partial<
  Readonly<Record<Name | (typeof VAULT_SETTINGS)[Name], string | undefined>>
>;

/** How the two APIs are logged in to. */
export const loginSettings = z.object({
  QUALYS_AUTH: loginKind
    .default('password')
    .describe(
      'How both APIs are logged in to: password (user and password), oidc (API client of a user) or oauth (API client of the subscription).',
    ),
  VM_AUTH: loginKind.optional().describe('The same for the VM API alone; unset: QUALYS_AUTH.'),
  EDR_AUTH: loginKind
    .optional()
    .describe('The same for the EDR API alone, which is not known to take API clients; unset: QUALYS_AUTH.'),
});

type Given = Readonly<Record<string, string>>;

/** How an API is logged in to. */
export function loginKindOf(api: 'vm' | 'edr', settings: Readonly<z.output<typeof loginSettings>>): LoginKind {
  return settings[`${api === 'vm' ? 'VM' : 'EDR'}_AUTH`] ?? settings.QUALYS_AUTH;
}

/** What the ways to log in need, and what nobody would use. */
function loginProblems(given: Given): string[] {
  const parsed = loginSettings.safeParse(given);
  if (!parsed.success) return [];
  const kinds = (['vm', 'edr'] as const).map((api) => loginKindOf(api, parsed.data));
  const clients = [...new Set(kinds)].filter((kind) => kind !== 'password');
  const told = [`QUALYS_AUTH is ${parsed.data.QUALYS_AUTH}`, ...overridesIn(given)].join(', ');
  return [
    ...(kinds.includes('password') ? missingIn(given, 'QUALYS_USERNAME', 'QUALYS_PASSWORD') : []),
    ...(clients.length > 0 ? missingIn(given, 'QUALYS_CLIENT_ID', 'QUALYS_CLIENT_SECRET') : []),
    ...(clients.length > 1
      ? [`QUALYS_AUTH, VM_AUTH and EDR_AUTH must not name both oidc and oauth, because there is one client (${told})`]
      : []),
    ...(clients.length === 0 && given.QUALYS_CLIENT_ID !== undefined
      ? [
          `QUALYS_CLIENT_ID must not be set where no API uses it: set QUALYS_AUTH, VM_AUTH or EDR_AUTH to oidc or oauth (${told})`,
        ]
      : []),
  ];
}

function overridesIn(given: Given): string[] {
  return ['VM_AUTH', 'EDR_AUTH']
    .filter((name) => given[name] !== undefined)
    .map((name) => `${name} is ${given[name] ?? ''}`);
}

function missingIn(given: Given, name: string, secret: VaultSetting): string[] {
  return [
    ...(given[name] === undefined ? [`${name} must be set`] : []),
    ...(hasSecret(secret, given) ? [] : [`${secret} must be set (or ${VAULT_SETTINGS[secret]})`]),
  ];
}

/** What one setting alone cannot tell. */
export function crossProblems(given: Given): string[] {
  const problems = loginProblems(given);
  const prefixes = Object.keys(given).flatMap((name) => /^(\w+)_TIME_(?:TOKEN|FIELD)$/.exec(name)?.[1] ?? []);
  for (const prefix of new Set(prefixes)) {
    const [token, field] = [`${prefix}_TIME_TOKEN`, `${prefix}_TIME_FIELD`];
    if (given[token] !== undefined && given[field] !== undefined) continue;
    problems.push(
      `${token} and ${field} must be set together, because they name the same time in the filter and in the record`,
    );
  }
  if (!hasStorage(given)) {
    problems.push(
      'AzureWebJobsStorage must be set (or AzureWebJobsStorage__accountName, or AzureWebJobsStorage__queueServiceUri, __tableServiceUri and __blobServiceUri)',
    );
  }
  const api = apiUrl.safeParse(given.QUALYS_API_URL);
  if (api.success && given.QUALYS_GATEWAY_URL === undefined && gatewayOf({ QUALYS_API_URL: api.data }) === undefined) {
    problems.push(
      `QUALYS_GATEWAY_URL must be set, because ${new URL(api.data).hostname} is not one of the shared Qualys platforms`,
    );
  }
  if (isWebhookPrivate(given)) {
    problems.push(
      'ALERT_WEBHOOK_URL must lead to a public address, not to loopback, link-local, private or reserved ones; ALERT_WEBHOOK_PRIVATE=true allows those',
    );
  }
  return problems;
}

/** Whether a setting's secret is read from Key Vault by the app. */
export function isInVault(name: string, given: Given): boolean {
  return name in VAULT_SETTINGS && given[VAULT_SETTINGS[name as VaultSetting]] !== undefined;
}

/** Whether there is a secret: set itself, or by its address in Key Vault. */
export function hasSecret<Name extends VaultSetting>(name: Name, settings: Secrets<Name>): boolean {
  const all: Secrets<VaultSetting> = settings;
  return (all[name] ?? all[VAULT_SETTINGS[name]]) !== undefined;
}

/** Whether there is a webhook for alerts. */
export function hasWebhook(settings: Secrets<'ALERT_WEBHOOK_URL'>): boolean {
  return hasSecret('ALERT_WEBHOOK_URL', settings);
}

/** The stream whose events are posted to the webhook: it must not wait while somebody waits for them. */
const ALERTING_STREAM = 'edr-events';

/** What decides which streams wait at the limit of a day. */
export type LimitSettings = Secrets<'ALERT_WEBHOOK_URL'> & {
  readonly DAILY_GB_LIMIT?: number | undefined;
  readonly DAILY_GB_LIMIT_STREAMS: readonly string[];
};

/** Streams that wait once the limit of a day is reached. */
export function limitedStreams(settings: LimitSettings): readonly string[] {
  const { DAILY_GB_LIMIT_STREAMS: named } = settings;
  return hasWebhook(settings) ? named.filter((stream) => stream !== ALERTING_STREAM) : named;
}

/** What the settings of that limit say and will not get. */
export function limitMistakes(settings: LimitSettings): string[] {
  const { DAILY_GB_LIMIT: limit, DAILY_GB_LIMIT_STREAMS: named } = settings;
  if (limit === undefined || limitedStreams(settings).length === named.length) return [];
  return [
    `DAILY_GB_LIMIT_STREAMS names ${ALERTING_STREAM}, which does not wait while there is a webhook (ALERT_WEBHOOK_URL): its alerts would wait too`,
  ];
}

/** Whether the webhook is at a private address without leave. */
function isWebhookPrivate(given: Given): boolean {
  const url = webhookUrl.safeParse(given.ALERT_WEBHOOK_URL);
  const isAllowed = flag(false).safeParse(given.ALERT_WEBHOOK_PRIVATE);
  return url.success && isAllowed.data === false && !mayBePublic(new URL(url.data));
}

function hasStorage(given: Given): boolean {
  const has = (suffix: string): boolean => given[`AzureWebJobsStorage${suffix}`] !== undefined;
  return (
    has('') || has('__accountName') || ['queue', 'table', 'blob'].every((service) => has(`__${service}ServiceUri`))
  );
}

/** The EDR gateway: as set, or that of the API server's platform. */
export function gatewayOf(settings: {
  readonly QUALYS_API_URL: string;
  readonly QUALYS_GATEWAY_URL?: string | undefined;
}): string | undefined {
  if (settings.QUALYS_GATEWAY_URL !== undefined) return settings.QUALYS_GATEWAY_URL;
  const host = gatewayHostFor(new URL(settings.QUALYS_API_URL).hostname.toLowerCase());
  return host === undefined ? undefined : `https://${host}`;
}
