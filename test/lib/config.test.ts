import { limitedStreams } from '../../src/lib/setting-rules.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ZodType } from 'zod';
import { parseSettings, SETTING_NAMES, settingsSchema, type Environment } from '../../src/lib/config.ts';
import { ConfigError } from '../../src/lib/errors.ts';
import { PLATFORMS } from '../../src/lib/qualys/platforms.ts';
import { isLoopback, spelledDefault } from '../../src/lib/setting-kinds.ts';
import { STREAM_SETTINGS } from '../../src/lib/streams/settings.ts';
import { workBesideWords } from '../support/growth-of-work.ts';
import { LEAST_SETTINGS } from '../support/settings.ts';

const parse = (changes: Environment = {}) => parseSettings({ ...LEAST_SETTINGS, ...changes });

function errorOf(changes: Environment): ConfigError {
  try {
    parse(changes);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(changes)}`);
}

/** For each setting with a rule: values that are refused, and what the error says is allowed. */
const REFUSED: readonly (readonly [name: string, allowed: RegExp, ...values: readonly string[]])[] = [
  ['QUALYS_API_URL', /https/, 'qualysapi.qg2.apps.qualys.com', 'http://qualysapi.qg2.apps.qualys.com', 'ftp://x', '::'],
  ['QUALYS_API_URL', /neither credentials nor a query/, 'https://h.example/?a=1', 'https://h.example/#a'],
  ['QUALYS_GATEWAY_URL', /https/, 'gateway', 'http://gateway.qg2.apps.qualys.com', 'http://127.0.0.1.evil.example'],
  [
    'QUALYS_API_URL',
    /no path.*https:\/\/qualysapi\.qg2\.apps\.qualys\.com/,
    'https://qualysapi.qg2.apps.qualys.com/api/2.0/fo/',
    'https://qualysapi.qg2.apps.qualys.com/api',
    'http://127.0.0.1:8080/fo',
  ],
  [
    'QUALYS_GATEWAY_URL',
    /no path.*https:\/\/gateway\.qg2\.apps\.qualys\.com/,
    'https://gateway.qg2.apps.qualys.com/ioc',
    'https://gateway.bank.example/ioc/events',
  ],
  ['QUALYS_AUTH', /password, oidc or oauth/, 'basic', 'OIDC'],
  ['VM_AUTH', /password, oidc or oauth/, 'none'],
  ['CALLER_AUTH', /keys or entra/, 'off', 'Entra', 'keys,entra'],
  ['EDR_AUTH', /password, oidc or oauth/, 'jwt'],
  ['QUALYS_CLIENT_SECRET_URI', /https/, 'qualys-client-secret'],
  [
    'QUALYS_PASSWORD_SECRET_URI',
    /secret without its version, e\.g\. https:/,
    'https://v.vault.azure.net/secrets/qualys-password/0123456789abcdef0123456789abcdef',
    'https://v.vault.azure.net/keys/qualys-password',
    'https://v.vault.azure.net',
  ],
  ['ALERT_WEBHOOK_URL_SECRET_URI', /https/, 'http://v.vault.azure.net/secrets/alert-webhook-url', 'alert-webhook-url'],
  [
    'ALERT_WEBHOOK_SECRET_URI',
    /neither credentials nor a query/,
    'https://v.vault.azure.net/secrets/a?api-version=7.4',
  ],
  ['QUALYS_STREAMS', /at least one stream/, ',', ' , '],
  ['QUALYS_SUBSCRIPTION', /lower-case letters and digits/, 'EU', 'eu-west', '1st', 'poison', 'a'.repeat(21)],
  ['QUALYS_MAX_CONCURRENCY', /whole number from 1 to 100/, '0', '101', '1.5', '-1', 'two', '1e1', '0x1', '１'],
  ['QUALYS_BUDGET_RESERVE_PERCENT', /whole number from 0 to 90/, '91', '20%'],
  ['STALE_WINDOW_SECONDS', /whole number from 1 to 86400/, '0', '86401', '15m'],
  ['INCOMPLETE_AFTER_HOURS', /whole number from 0 to 720/, '721', '-1'],
  ['BACKFILL_MAX_DAYS', /whole number from 1 to 3650/, '0', '3651'],
  ['BACKFILL_MAX_RUNNING', /whole number from 1 to 100/, '0', '101'],
  ['PRICE_PER_GB', /number from 0 to 1000/, '-1', '4,30', '$4.30', '1001', '.5', '1e2'],
  ['DAILY_GB_LIMIT', /number from 0\.001 to 100000/, '0', '-1', '1 GB', '100001'],
  ['DAILY_GB_LIMIT_STREAMS', /at least one stream/, ','],
  ['QUALYS_TRACE', /whole number from 0 to 200/, '201', '-1', 'on'],
  [
    'EDR_SCHEDULE',
    /six-field NCRONTAB/,
    '*/5 * * * *',
    '0 */5 * * * * *',
    'hourly',
    '0 60 * * * *',
    '0 */0 * * * *',
    'a b c d e f',
    '00:05:00',
  ],
  ['VM_SCHEDULE', /six-field NCRONTAB/, '*/30 * * * *'],
  [
    'EDR_START',
    /ISO 8601 UTC time/,
    'yesterday',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00+02:00',
    '01/02/2026',
    '1767225600',
  ],
  ['EDR_START', /existing date/, '2026-02-30T00:00:00Z', '2026-13-01', '2026-01-01T25:00:00Z'],
  ['VM_START', /ISO 8601 UTC time/, 'x'],
  ['VM_START', /existing date/, '2025-02-29'],
  ['EDR_WINDOW_MINUTES', /whole number from 1 to 10080/, '0', '10081', '15 min'],
  ['VM_WINDOW_MINUTES', /whole number from 1 to 10080/, '0'],
  ['EDR_SAFETY_LAG_SECONDS', /whole number from 0 to 86400/, '-1', '86401'],
  ['VM_SAFETY_LAG_SECONDS', /whole number from 0 to 86400/, '-1'],
  ['EDR_EVENT_TYPES', /event types, comma-separated/, 'file;network', "file' OR '1", ','],
  ['EDR_MIN_SCORE', /whole number from 0 to 10/, '11', '-1', 'high'],
  ['EDR_STATE', /0, 1, true or false/, 'yes', '2'],
  ['EDR_TIME_TOKEN', /QQL token/, 'event time', "x' OR '1'='1", '.x'],
  ['EDR_TIME_FIELD', /field of the event/, 'a b', '1a'],
  ['EDR_TIME_ZONE', /UTC or an offset/, 'CET', '+2', '+15:00', '+02:60'],
  [
    'EDR_SORT',
    /JSON as in the EDR guide/,
    'asc',
    '[]',
    '{}',
    '[{"a":"up"}]',
    '[{"a":"asc","b":"asc"}]',
    '["a"]',
    '[null]',
  ],
  ['EDR_PAGE_SIZE', /whole number from 1 to 10000/, '0', '10001'],
  ['EDR_RECORD', /rest, full or none/, 'whole', 'None'],
  ['EDR_PAGING', /pages or searchAfter/, 'scroll', 'Pages'],
  ['EDR_SEVERITY_TABLE', /pairs of lowest score and severity/, 'Low', '1:Low:x', 'a:Low', '1:'],
  ['VM_INGEST', /changed-hosts or all/, 'changed', 'All'],
  ['VM_PASSING_FIELDS', /names of elements/, ',', 'times_found', 'TIMES_FOUND,a|b', 'TIMES_FOUND,STATUS', 'QDS', 'ID'],
  ['VM_API_VERSION', /a version such as 5\.0/, '5', 'v5.0', '5.0.1', '0.5', '5.0/fo', '../../x'],
  ['VM_TRUNCATION_LIMIT', /whole number from 20 to 5000/, '19', '5001'],
  ['VM_STATUS', /subset of New,Active,Fixed,Re-Opened/, 'new', 'New,Closed'],
  ['VM_SEVERITIES', /severities 1 to 5/, '0', '6', '1-', 'high'],
  ['VM_RESULTS', /full, none or cap:/, 'Full', 'cap', 'cap:', 'cap:9', 'cap:0x10', 'cap:1000000', 'cap:2kB', '2000'],
  ['VM_SHOW_RESULTS', /0, 1, true or false/, 'x'],
  ['VM_SHOW_QDS', /0, 1, true or false/, 'x'],
  ['VM_SHOW_TAGS', /0, 1, true or false/, 'x'],
  ['VM_SHOW_IGS', /0, 1, true or false/, 'x'],
  [
    'VM_PARAMS',
    /query string/,
    'action=list',
    '?id_min=5',
    'a=',
    'vm_processed_after=2026-01-01',
    'truncation_limit=0',
    'ids=1',
  ],
  ['INCIDENTS_SCHEDULE', /six-field NCRONTAB/, '*/10 * * * *'],
  ['INCIDENTS_START', /ISO 8601 UTC time/, 'x'],
  ['INCIDENTS_WINDOW_MINUTES', /whole number from 1 to 10080/, '0'],
  ['INCIDENTS_SAFETY_LAG_SECONDS', /whole number from 0 to 86400/, '-1'],
  ['INCIDENTS_TIME_TOKEN', /QQL token/, 'incident updatedon', "x' OR '1'='1"],
  ['INCIDENTS_TIME_FIELD', /field of the incident/, 'a b', '1a'],
  ['INCIDENTS_ID_FIELD', /field of the incident/, 'a-b', ''.padEnd(3, '.')],
  ['INCIDENTS_PAGE_SIZE', /whole number from 2 to 10000/, '1', '10001'],
  ['KB_SCHEDULE', /six-field NCRONTAB/, 'daily'],
  ['KB_WINDOW_MINUTES', /whole number from 1 to 10080/, '0'],
  ['KB_SAFETY_LAG_SECONDS', /whole number from 0 to 604800/, '604801'],
  ['KB_FULL_DAYS', /whole number from 0 to 365/, '-1', '366'],
  ['KB_API_VERSION', /a version such as 4\.0/, '4', '04.0', '../../x'],
  ['KB_PAGE_SIZE', /whole number from 1 to 10000/, '0'],
  ['KB_PARAMS', /query string/, 'ids=1', 'details=', 'last_modified_after=2026-01-01', 'id_max=9'],
  ['HOSTS_SCHEDULE', /six-field NCRONTAB/, '0 0 * * *'],
  ['HOSTS_WINDOW_MINUTES', /whole number from 60 to 10080/, '59'],
  ['HOSTS_SAFETY_LAG_SECONDS', /whole number from 0 to 86400/, 'x'],
  ['HOSTS_PAGE_SIZE', /whole number from 20 to 10000/, '19'],
  ['HOSTS_PARAMS', /query string/, 'action=purge', 'truncation_limit=0', 'show_tags='],
  ['LOGS_INGESTION_ENDPOINT', /https/, 'dce.example.com', 'http://dce.example.com'],
  ['LOGS_INGESTION_AUDIENCE', /https/, 'monitor'],
  ['LOGS_QUERY_WORKSPACE_ID', /must be a UUID/, 'workspace', '/subscriptions/1/resourceGroups/g'],
  ['LOGS_QUERY_ENDPOINT', /https/, 'api.loganalytics.io', 'http://api.loganalytics.io/v1'],
  ['LOGS_QUERY_AUDIENCE', /https/, 'audience'],
  ['ALERT_WEBHOOK_PRIVATE', /0, 1, true or false/, 'yes'],
  ['ALERT_MIN_SCORE', /whole number from 0 to 10/, '11', '-1', 'high'],
  ['ALERT_FROM', /ISO 8601 UTC time/, 'now', '2026-05-01T10:00:00+02:00'],
  ['ALERT_MAX_PER_MINUTE', /whole number from 1 to 10000/, '0', '10001', 'many'],
  ['MCP_TOOLS', /0, 1, true or false/, 'on'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', /https/, 'collector:4318', 'http://collector.example:4318'],
  ['AzureWebJobsStorage__queueServiceUri', /https/, 'account'],
  ['AzureWebJobsStorage__tableServiceUri', /https/, 'http://account.table.core.windows.net'],
  ['AzureWebJobsStorage__blobServiceUri', /https/, 'x'],
];

/** Kinds of settings that are tried once, whatever stream has them. */
const KINDS =
  /whole number from|six-field NCRONTAB|ISO 8601 UTC time|a version such as|0, 1, true or false|must be a query string/;

/** What a setting says of a value; undefined where it takes it. */
function messageFor(name: string, value: string): string | undefined {
  const shape: Readonly<Record<string, ZodType>> = settingsSchema.shape;
  return shape[name]?.safeParse(value).error?.issues[0]?.message;
}

describe('a bad value', () => {
  test.for(REFUSED)('of %s is refused with setting, value and what is allowed (%s)', ([name, allowed, ...values]) => {
    for (const value of values) {
      const { message, publicMessage } = errorOf({ [name]: value });
      expect(message).toContain(name);
      expect(message).toContain(JSON.stringify(value));
      expect(message).toMatch(allowed);
      expect(publicMessage).toContain(name);
      expect(publicMessage).toMatch(allowed);
      expect(publicMessage).not.toContain(', given ');
    }
  });

  test('of the streams is named together with what else is wrong', () => {
    const given = { ...LEAST_SETTINGS, QUALYS_STREAMS: 'edr-events, foo', EDR_PAGE_SIZE: 'x' };
    const read = () => parseSettings(given, ['edr-events', 'vm-detections']);
    expect(read).toThrow(/EDR_PAGE_SIZE.*QUALYS_STREAMS must name streams of edr-events, vm-detections, given "foo"/);
  });

  test('of the streams that wait at the limit of a day is named too', () => {
    const read = () => parseSettings({ ...LEAST_SETTINGS, DAILY_GB_LIMIT_STREAMS: 'bar' }, ['edr-events']);
    expect(read).toThrow(/DAILY_GB_LIMIT_STREAMS must name streams of edr-events, given "bar"/);
  });

  test.for(Object.keys(STREAM_SETTINGS))('of %s is refused by the kind of its setting', (name) => {
    const allowed = /must be a whole number from (\d+) to (\d+)/.exec(messageFor(name, 'x\u0000(') ?? '');
    if (allowed === null) return;
    const [least = 0, most = 0] = allowed.slice(1).map(Number);
    expect([least - 1, most + 1].map((value) => messageFor(name, String(value)))).not.toContain(undefined);
    expect([least, most].map((value) => messageFor(name, String(value)))).toEqual([undefined, undefined]);
  });

  test('of every setting with a rule is tried here, or is of a kind that is', () => {
    const free = new Set([
      'QUALYS_USERNAME',
      'QUALYS_PASSWORD',
      'QUALYS_CLIENT_ID',
      'QUALYS_CLIENT_SECRET',
      'NO_PROXY',
      'EDR_FILTER',
      'INCIDENTS_FILTER',
      'LOGS_INGESTION_RULE_ID',
      'APPLICATIONINSIGHTS_CONNECTION_STRING',
      'AzureWebJobsStorage',
      'AzureWebJobsStorage__accountName',
      'AzureWebJobsStorage__clientId',
      // From the deployment: a time that cannot be read is warned of, below.
      'INSTALLED_AT',
      'STORAGE_CREATED_AT',
      'VM_RULE_FILTER',
      // Secret as a whole: below.
      'HTTPS_PROXY',
      'EXTRA_CA_CERTS',
      'ALERT_WEBHOOK_URL',
      'ALERT_WEBHOOK_SECRET',
    ]);
    expect(
      SETTING_NAMES.filter(
        (name) =>
          !free.has(name) &&
          !KINDS.test(messageFor(name, 'x\u0000(') ?? '') &&
          !REFUSED.some(([tried]) => tried === name),
      ),
    ).toEqual([]);
  });

  test('is reported together with all others, once each', () => {
    const { message } = errorOf({
      QUALYS_PASSWORD: undefined,
      QUALYS_USERNAME: ' ',
      EDR_PAGE_SIZE: '0',
      VM_STATUS: 'Old',
      AzureWebJobsStorage: undefined,
      LOGS_INGESTION_ENDPOINT: 'nowhere',
    });
    for (const name of [
      'QUALYS_PASSWORD',
      'QUALYS_USERNAME',
      'EDR_PAGE_SIZE',
      'VM_STATUS',
      'LOGS_INGESTION_ENDPOINT',
    ]) {
      expect(message.split(`${name} `)).toHaveLength(2);
    }
    expect(message).toContain('AzureWebJobsStorage must be set');
  });

  test.for([
    ['HTTPS_PROXY', 'hook-secret:8080', /must be an address such as http:\/\/proxy\.example:8080/],
    ['HTTPS_PROXY', 'socks5://app:hook-secret@proxy:1080', /must be an address/],
    ['HTTPS_PROXY', 'http://app:hook-secret@proxy/path', /must be an address/],
    ['HTTPS_PROXY', 'http://app:hook-secret%ff@proxy:8080', /% and @ in them as %25 and %40/],
    ['EXTRA_CA_CERTS', '-----BEGIN PRIVATE KEY-----hook-secret-----END PRIVATE KEY-----', /certificates in PEM, from/],
    ['EXTRA_CA_CERTS', '-----BEGIN CERTIFICATE-----hook-secret', /and nothing else/],
    ['ALERT_WEBHOOK_URL', 'soar.example/hook-secret', /must be a URL/],
    ['ALERT_WEBHOOK_URL', 'http://soar.example/hook-secret', /must use https/],
    ['ALERT_WEBHOOK_URL', 'https://user:hook-secret@soar.example/', /neither user nor password/],
    ['ALERT_WEBHOOK_URL', 'https://soar.example/#hook-secret', /nor a fragment/],
    [
      'ALERT_WEBHOOK_URL',
      'https://169.254.169.254/hook-secret',
      /must lead to a public address.*ALERT_WEBHOOK_PRIVATE=true allows/,
    ],
    [
      'ALERT_WEBHOOK_URL',
      'http://localhost:8080/hook-secret',
      /must lead to a public address.*ALERT_WEBHOOK_PRIVATE=true allows/,
    ],
    ['ALERT_WEBHOOK_SECRET', 'hook-secret', /at least 16 characters/],
    ['ALERT_WEBHOOK_SECRET', 'whsec_', /base64 of at least 24 bytes/],
    [
      'ALERT_WEBHOOK_SECRET',
      'whsec_hook-secret that is no base64 at all, but long enough',
      /base64 of at least 24 bytes/,
    ],
  ] as const)('of the secret %s is refused without being shown: %s', ([name, value, allowed]) => {
    const { message, publicMessage } = errorOf({ [name]: value });
    for (const text of [message, publicMessage]) {
      expect(text).toContain(name);
      expect(text).toMatch(allowed);
      expect(text).not.toContain('hook-secret');
    }
  });

  test.each([
    [{ EDR_TIME_TOKEN: 'event.dateTime' }, 'EDR_TIME_TOKEN and EDR_TIME_FIELD must be set together'],
    [{ EDR_TIME_FIELD: 'dateTime' }, 'EDR_TIME_TOKEN and EDR_TIME_FIELD must be set together'],
    [{ INCIDENTS_TIME_TOKEN: 'incident.detectedon' }, 'INCIDENTS_TIME_TOKEN and INCIDENTS_TIME_FIELD must be set'],
    [{ INCIDENTS_TIME_FIELD: 'detectedOn' }, 'INCIDENTS_TIME_TOKEN and INCIDENTS_TIME_FIELD must be set'],
  ])('is one of a pair that is set alone: %o', (given, message) => {
    expect(errorOf(given).message).toContain(message);
  });

  test('hides no missing gateway behind it', () => {
    const { message } = errorOf({ QUALYS_API_URL: 'https://qualysapi.private.example', EDR_PAGE_SIZE: '0' });
    expect(message).toContain('EDR_PAGE_SIZE');
    expect(message).toContain('QUALYS_GATEWAY_URL must be set');
  });

  test('never shows a secret', () => {
    const changes: Environment[] = [
      { QUALYS_API_URL: 'https://reader:hunter2-secret@qualysapi.qg2.apps.qualys.com' },
      { QUALYS_GATEWAY_URL: 'https://hunter2-secret@gateway.example' },
      { LOGS_INGESTION_ENDPOINT: 'https://dce.example.com?sig=hunter2-secret' },
      { AzureWebJobsStorage__tableServiceUri: 'https://a.table.core.windows.net/?sv=1&sig=hunter2-secret' },
      { VM_PARAMS: 'action=list&password=hunter2-secret' },
      { QUALYS_PASSWORD: '@Microsoft.KeyVault(hunter2-secret)' },
      { EDR_PAGE_SIZE: '0' },
    ];
    for (const change of changes) {
      const { message, publicMessage } = errorOf(change);
      expect(message).not.toMatch(/hunter2|storage-secret/);
      expect(publicMessage).not.toMatch(/hunter2|storage-secret/);
    }
  });

  test('is looked through once for secrets, however long it is', () => {
    for (const unit of ['a', 'sig', 'key_', '//a', '/', "'"]) {
      expect(workBesideWords(unit, (text) => errorOf({ EDR_PAGE_SIZE: text }), 200_000)).toBeLessThan(50);
      const asUrl = (text: string) => errorOf({ QUALYS_API_URL: `https://${text}/x` });
      expect(workBesideWords(unit, asUrl, 200_000)).toBeLessThan(50);
    }
  });

  test('never breaks the check itself, whatever the values are', () => {
    const name = fc.constantFrom(...SETTING_NAMES);
    fc.assert(
      fc.property(fc.dictionary(name, fc.oneof(fc.string(), fc.webUrl(), fc.json()), { maxKeys: 6 }), (env) => {
        try {
          parse(env);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('an unresolved Key Vault reference', () => {
  test('is reported as such, not as a bad value', () => {
    const reference = '@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/qualys)';
    const { message } = errorOf({ QUALYS_PASSWORD: reference, QUALYS_API_URL: reference });
    expect(message).toContain('QUALYS_PASSWORD is an unresolved Key Vault reference');
    expect(message).toContain('QUALYS_API_URL is an unresolved Key Vault reference');
    expect(message).not.toContain('must be a URL');
  });
});

describe('the API URL', () => {
  test.for([
    ['https://qualysguard.qg2.apps.qualys.com', 'https://qualysapi.qg2.apps.qualys.com'],
    ['https://qualysguard.qualys.com', 'https://qualysapi.qualys.com'],
    ['https://qualysguard.qualys.eu', 'https://qualysapi.qualys.eu'],
    ['https://gateway.qg1.apps.qualys.com', 'https://qualysapi.qualys.com'],
    ['https://gateway.qg1.apps.qualys.eu', 'https://qualysapi.qualys.eu'],
    ['https://gateway.qg3.apps.qualys.it', 'https://qualysapi.qg3.apps.qualys.it'],
    ['https://QUALYSGUARD.qg3.apps.qualys.com/', 'https://qualysapi.qg3.apps.qualys.com'],
    ['https://gateway.gov1.qualys.us', 'https://qualysapi.gov1.qualys.us'],
    ['https://gateway.bank.example', 'https://qualysapi.bank.example'],
    ['https://gateway.qg2.apps.qualys.com/ioc', 'https://qualysapi.qg2.apps.qualys.com'],
  ])('%s is refused, and the right one is named', ([given, right]) => {
    expect(errorOf({ QUALYS_API_URL: given }).publicMessage).toContain(
      `QUALYS_API_URL is not the API server; use ${right}`,
    );
  });

  test('given for the gateway, or the gateway for it, is refused on every shared platform', () => {
    for (const { api, gateway } of PLATFORMS) {
      const { publicMessage } = errorOf({ QUALYS_API_URL: `https://${gateway}`, QUALYS_GATEWAY_URL: `https://${api}` });
      expect(publicMessage).toContain(`QUALYS_API_URL is not the API server; use https://${api};`);
      expect(publicMessage).toMatch(new RegExp(`QUALYS_GATEWAY_URL is not the EDR gateway; use https://${gateway}$`));
    }
  });

  test('of a shared platform implies the gateway', () => {
    for (const { api, gateway } of PLATFORMS) {
      expect(parse({ QUALYS_API_URL: `https://${api}` }).QUALYS_GATEWAY_URL).toBe(`https://${gateway}`);
    }
    expect(parse({ QUALYS_API_URL: 'https://qualysapi.qg2.apps.qualys.com/' })).toMatchObject({
      QUALYS_API_URL: 'https://qualysapi.qg2.apps.qualys.com',
      QUALYS_GATEWAY_URL: 'https://gateway.qg2.apps.qualys.com',
    });
  });

  test.for(['https://qualysapi.bank.example', 'http://127.0.0.1:8080'])(
    'of a private platform or of this machine needs a gateway: %s',
    (url) => {
      expect(errorOf({ QUALYS_API_URL: url }).message).toMatch(
        /QUALYS_GATEWAY_URL must be set.*shared Qualys platforms/,
      );
      expect(parse({ QUALYS_API_URL: url, QUALYS_GATEWAY_URL: 'https://g.example/' }).QUALYS_GATEWAY_URL).toBe(
        'https://g.example',
      );
    },
  );

  test('may be plain http on this machine only', () => {
    for (const host of ['127.0.0.1:8080', '127.1.2.3', 'localhost:1', '[::1]:8080']) {
      const url = `http://${host}`;
      expect(isLoopback(url)).toBe(true);
      const changes = { QUALYS_API_URL: url, QUALYS_GATEWAY_URL: url, LOGS_INGESTION_ENDPOINT: url };
      expect(parse(changes)).toMatchObject(changes);
    }
    for (const host of [
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '10.0.0.1',
      '0.0.0.0',
      '[::2]',
      '128.0.0.1',
    ]) {
      expect(isLoopback(`http://${host}`)).toBe(false);
      expect(errorOf({ LOGS_INGESTION_ENDPOINT: `http://${host}` }).message).toContain('must use https');
    }
  });
});

describe('the gateway', () => {
  test.for([
    ['https://qualysapi.qualys.com', 'https://gateway.qg1.apps.qualys.com'],
    ['https://qualysapi.qg1.apps.qualys.com', 'https://gateway.qg1.apps.qualys.com'],
    ['https://qualysguard.qg2.apps.qualys.com', 'https://gateway.qg2.apps.qualys.com'],
    ['https://QUALYSAPI.bank.example/', 'https://gateway.bank.example'],
  ])('%s is refused, and the right one is named', ([given, right]) => {
    expect(errorOf({ QUALYS_GATEWAY_URL: given }).publicMessage).toContain(
      `QUALYS_GATEWAY_URL is not the EDR gateway; use ${right}`,
    );
  });

  test.for(['https://gateway.bank.example', 'https://qualysgateway.bank.example/', 'https://proxy.bank.example:8443'])(
    'of a private platform may have any other name: %s',
    (url) => {
      const changes = { QUALYS_API_URL: 'https://qualysapi.bank.example', QUALYS_GATEWAY_URL: url };
      expect(parse(changes).QUALYS_GATEWAY_URL).toBe(url.replace(/\/$/, ''));
    },
  );
});

describe('defaults', () => {
  test('are those of the specification', () => {
    expect(parse()).toMatchObject({
      QUALYS_STREAMS: ['edr-events', 'vm-detections'],
      QUALYS_MAX_CONCURRENCY: 2,
      STALE_WINDOW_SECONDS: 900,
      EDR_SCHEDULE: '0 */5 * * * *',
      VM_SCHEDULE: '0 */30 * * * *',
      EDR_WINDOW_MINUTES: 15,
      VM_WINDOW_MINUTES: 60,
      EDR_SAFETY_LAG_SECONDS: 120,
      VM_SAFETY_LAG_SECONDS: 600,
      EDR_MIN_SCORE: 0,
      EDR_STATE: false,
      EDR_TIME_TOKEN: 'event.eventProcessedTime',
      EDR_TIME_FIELD: 'eventProcessedTime',
      EDR_TIME_ZONE: 0,
      EDR_PAGE_SIZE: 500,
      EDR_PAGING: 'pages',
      EDR_RECORD: 'rest',
      VM_INGEST: 'changed-hosts',
      VM_REFRESH_DAYS: 7,
      VM_API_VERSION: '5.0',
      KB_API_VERSION: '4.0',
      VM_TRUNCATION_LIMIT: 1000,
      VM_STATUS: ['New', 'Active', 'Fixed', 'Re-Opened'],
      VM_RESULTS: Infinity,
      VM_SHOW_RESULTS: true,
      VM_SHOW_QDS: true,
      VM_SHOW_TAGS: false,
      VM_SHOW_IGS: false,
      VM_PARAMS: '',
      INCIDENTS_TIME_TOKEN: 'incident.updatedon',
      KB_SAFETY_LAG_SECONDS: 36_000,
      KB_FULL_DAYS: 6,
      HOSTS_WINDOW_MINUTES: 1440,
      warnings: [],
    });
    expect(parse().EDR_START).toBeUndefined();
  });

  test('hold for blank values too', () => {
    const blank = Object.fromEntries(
      SETTING_NAMES.filter((name) => !(name in LEAST_SETTINGS)).map((name) => [name, ' ']),
    );
    expect(parse(blank)).toEqual(parse());
  });

  test('as they are spelled in the sample and the docs mean the same as none', () => {
    const spelled = SETTING_NAMES.map((name) => [name, spelledDefault(settingsSchema.shape[name])] as const);
    expect(spelled.filter(([, text]) => text !== '').length).toBeGreaterThan(30);
    expect(parse(Object.fromEntries(spelled.filter(([, text]) => text !== '')))).toEqual(parse());
  });
});

describe('accepted values', () => {
  test('become numbers, flags, lists and times', () => {
    expect(
      parse({
        QUALYS_STREAMS: ' vm-detections ',
        EDR_START: '2026-01-31T00:00:00Z',
        VM_START: '2026-01-31',
        EDR_EVENT_TYPES: 'File, network',
        EDR_STATE: 'TRUE',
        VM_SHOW_TAGS: '1',
        VM_SEVERITIES: '1,3-5',
        VM_PARAMS: '?ag_ids=5&os_pattern=win',
        EDR_SORT: '[{"event.dateTime":"desc"}]',
        EDR_SEVERITY_TABLE: '8:High,0:Low',
      }),
    ).toMatchObject({
      QUALYS_STREAMS: ['vm-detections'],
      EDR_START: new Date('2026-01-31T00:00:00Z'),
      VM_START: new Date('2026-01-31T00:00:00Z'),
      EDR_EVENT_TYPES: ['file', 'network'],
      EDR_STATE: true,
      VM_SHOW_TAGS: true,
      VM_SEVERITIES: '1,3-5',
      VM_PARAMS: 'ag_ids=5&os_pattern=win',
      EDR_SEVERITY_TABLE: [
        { from: 8, severity: 'High' },
        { from: 0, severity: 'Low' },
      ],
    });
  });

  test('with an event type that is not known come with a warning', () => {
    const { EDR_EVENT_TYPES, warnings } = parse({ EDR_EVENT_TYPES: 'file,usb' });
    expect(EDR_EVENT_TYPES).toEqual(['file', 'usb']);
    expect(warnings).toEqual([expect.stringContaining('usb')]);
  });

  test('with a version of an API that we do not know yet come without a word', () => {
    for (const version of ['6.0', '5.1', '10.0']) {
      const changes = { VM_API_VERSION: version, KB_API_VERSION: version };
      expect(parse(changes)).toMatchObject({ ...changes, warnings: [] });
    }
  });

  test.for([
    ['VM_API_VERSION', '5.0', '2.0', '3.0', '4.0'],
    ['KB_API_VERSION', '4.0', '2.0', '3.0'],
  ] as const)('with a version of %s past its end come with a warning', ([name, newest, ...ended]) => {
    for (const version of ended) {
      const settings = parse({ [name]: version });
      expect(settings[name]).toBe(version);
      expect(settings.warnings).toEqual([
        `${name} is ${version}, a version past its end of life (June 2026), which Qualys may stop answering; use ${newest}`,
      ]);
    }
    expect(parse({ [name]: newest }).warnings).toEqual([]);
  });

  test.each([
    ['Anonymous', undefined, true],
    ['anonymous', 'keys', true],
    ['Anonymous', 'entra', false],
    ['System', 'keys', false],
  ])('with an MCP endpoint that is %s and CALLER_AUTH %s come with a mistake: %s', (level, auth, isOne) => {
    const name = 'AzureFunctionsJobHost__extensions__mcp__system__webhookAuthorizationLevel';
    const told = expect.stringMatching(
      /webhookAuthorizationLevel is \w+ while CALLER_AUTH is keys: anybody could/,
    ) as string;
    expect(parse({ [name]: level, CALLER_AUTH: auth }).mistakes).toEqual(isOne ? [told] : []);
    expect(parse({ [name]: level, CALLER_AUTH: auth, MCP_TOOLS: '0' }).mistakes).toEqual([]);
  });

  test('with a time of the deployment that cannot be read come with a warning', () => {
    const { warnings } = parse({ INSTALLED_AT: 'long ago', STORAGE_CREATED_AT: '2026-01-02T08:00:00.1234567Z' });
    const limited = { DAILY_GB_LIMIT: '2', DAILY_GB_LIMIT_STREAMS: 'vm-hosts,edr-events' };
    const alerting = parse({ ...limited, ALERT_WEBHOOK_URL: 'https://soar.example.com/hook' });
    expect(parse(limited)).toMatchObject({ DAILY_GB_LIMIT: 2, warnings: [] });
    expect(limitedStreams(parse(limited))).toEqual(['vm-hosts', 'edr-events']);
    expect(alerting.mistakes).toEqual([expect.stringContaining('edr-events, which does not wait while')]);
    expect(limitedStreams(alerting)).toEqual(['vm-hosts']);
    expect(parse({ VM_PASSING_FIELDS: 'TIMES_FOUND,OS,RESULTS' }).warnings).toEqual([
      expect.stringMatching(/^VM_PASSING_FIELDS names OS: .*not sent/),
      expect.stringMatching(/^VM_PASSING_FIELDS names RESULTS: /),
    ]);
    const filtered = parse({ VM_INGEST: 'changes', VM_RULE_FILTER: 'abcdefghijklm' });
    expect([filtered.VM_INGEST, filtered.mistakes]).toEqual(['changed-hosts', [expect.stringContaining('filter')]]);
    expect(parse({ VM_INGEST: 'changes' })).toMatchObject({ VM_INGEST: 'changes', warnings: [] });
    expect(parse({ EDR_RECORD: 'none' }).warnings).toEqual([expect.stringContaining('are lost')]);
    expect(warnings).toEqual(['INSTALLED_AT is no time and counts as unset']);
  });

  test('a password keeps its blanks and any character', () => {
    expect(parse({ QUALYS_PASSWORD: ' ü"; =%&\\ ' }).QUALYS_PASSWORD).toBe(' ü"; =%&\\ ');
  });
});

describe('storage', () => {
  test('is reached by connection string or, in several ways, by identity', () => {
    const by = (changes: Environment) => parse({ AzureWebJobsStorage: undefined, ...changes });
    expect(by({ AzureWebJobsStorage__accountName: 'a' }).AzureWebJobsStorage__accountName).toBe('a');
    const queue = { AzureWebJobsStorage__queueServiceUri: 'https://a.queue.core.windows.net' };
    const table = { AzureWebJobsStorage__tableServiceUri: 'https://a.table.core.windows.net' };
    const blob = { AzureWebJobsStorage__blobServiceUri: 'https://a.blob.core.windows.net' };
    const all = { ...queue, ...table, ...blob };
    expect(by(all)).toMatchObject(all);
    for (const name of Object.keys(all)) {
      expect(() => by({ ...all, [name]: undefined })).toThrow('AzureWebJobsStorage must be set');
    }
  });
});

describe('the login', () => {
  const CLIENT = { QUALYS_CLIENT_ID: 'client', QUALYS_CLIENT_SECRET: 'client-secret' };
  const NO_ACCOUNT = { QUALYS_USERNAME: undefined, QUALYS_PASSWORD: undefined };

  test.each([
    [{ ...CLIENT, ...NO_ACCOUNT, QUALYS_AUTH: 'oidc' }],
    [{ ...CLIENT, ...NO_ACCOUNT, QUALYS_AUTH: 'oauth' }],
    [{ ...CLIENT, QUALYS_AUTH: 'oidc', EDR_AUTH: 'password' }],
    [{ ...CLIENT, VM_AUTH: 'oauth' }],
    [{ ...CLIENT, ...NO_ACCOUNT, VM_AUTH: 'oidc', EDR_AUTH: 'oidc' }],
    [
      {
        ...NO_ACCOUNT,
        QUALYS_AUTH: 'oidc',
        QUALYS_CLIENT_ID: 'client',
        QUALYS_CLIENT_SECRET: '@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/qualys-client-secret)',
        QUALYS_CLIENT_SECRET_URI: 'https://v.vault.azure.net/secrets/qualys-client-secret',
      },
    ],
  ])('of %j has all that it needs', (changes) => {
    expect(() => parse(changes)).not.toThrow();
  });

  test.each([
    [{ QUALYS_AUTH: 'oidc' }, /QUALYS_CLIENT_ID must be set; QUALYS_CLIENT_SECRET must be set/],
    [
      { ...NO_ACCOUNT, ...CLIENT, QUALYS_AUTH: 'oidc', EDR_AUTH: 'password' },
      /QUALYS_USERNAME must be set; QUALYS_PASSWORD must/,
    ],
    [
      { ...CLIENT, VM_AUTH: 'oauth', EDR_AUTH: 'oidc' },
      /must not name both oidc and oauth.*VM_AUTH is oauth, EDR_AUTH is oidc/,
    ],
    [CLIENT, /QUALYS_CLIENT_ID must not be set where no API uses it.*QUALYS_AUTH is password/],
  ])('of %j is refused with the settings at fault', (changes, words) => {
    const { message } = errorOf(changes);
    expect(message).toMatch(words);
    expect(message).not.toContain('client-secret');
  });
});
