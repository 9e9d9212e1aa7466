import * as z from 'zod';
import { isSchedule } from './is-schedule.ts';
import { isBalancedQql } from './qualys/edr/is-balanced-qql.ts';
import { apiHostMeantBy, gatewayHostMeantBy } from './qualys/platforms.ts';

// What a setting may hold: each kind checks a text of the environment, says what is allowed and gives the value.

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL points at this machine; only then plain `http` and a development token are accepted. */
export function isLoopback(url: string): boolean {
  return LOOPBACK.test(URL.parse(url)?.hostname ?? '');
}

export const trimmed = z.string().transform((text) => text.trim());

export const required = trimmed.pipe(z.string().min(1, 'must be set'));

export function integer({ fallback, ...range }: Range & { fallback: number }) {
  return numberIn(range, /^\d{1,9}$/, 'whole number').prefault(String(fallback));
}

/** A number that may have decimals, in plain digits. */
export function decimal(range: Range) {
  return numberIn(range, /^\d{1,9}(\.\d{1,6})?$/, 'number');
}

interface Range {
  min: number;
  max: number;
  unit: string;
}

function numberIn({ min, max, unit }: Range, digits: RegExp, what: string) {
  const allowed = `must be a ${what} from ${min} to ${max} (${unit})`;
  return trimmed
    .pipe(z.string().regex(digits, allowed))
    .transform(Number)
    .pipe(z.number().min(min, allowed).max(max, allowed));
}

export function flag(fallback: boolean) {
  const allowed = 'must be 0, 1, true or false';
  return trimmed
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(['0', '1', 'true', 'false'], allowed))
    .transform((text) => text === '1' || text === 'true')
    .prefault(fallback ? '1' : '0');
}

export function list(check: (item: string) => boolean, allowed: string) {
  return trimmed
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .pipe(z.array(z.string()).refine((items) => items.length > 0 && items.every(check), allowed));
}

/** An address by `https`, or `http` on loopback; what is none is looked at no further. */
function secureUrl(example: string) {
  return trimmed
    .refine((text) => URL.canParse(text), { error: `must be a URL such as ${example}`, abort: true })
    .refine(
      (text) => new URL(text).protocol === 'https:' || (new URL(text).protocol === 'http:' && isLoopback(text)),
      'must use https (plain http is allowed for loopback addresses only)',
    );
}

/** An address without credentials and query; the trailing slash goes. */
export const serviceUrl = secureUrl('https://host.example')
  .refine((text) => {
    const { username, password, search, hash } = new URL(text);
    return `${username}${password}${search}${hash}` === '';
  }, 'must hold neither credentials nor a query')
  .transform(withoutTrailingSlashes);

function withoutTrailingSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === '/') end--;
  return text.slice(0, end);
}

/** The address of a proxy, which may hold user and password. */
export const proxyUrl = trimmed.refine(
  isProxy,
  'must be an address such as http://proxy.example:8080, with user:password@ before the host where the proxy asks for them (% and @ in them as %25 and %40)',
);

function isProxy(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || `${url.pathname}${url.search}${url.hash}` !== '/')
    return false;
  try {
    decodeURIComponent(`${url.username}${url.password}`);
    return true;
  } catch {
    return false;
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Certificates in PEM, one after the other; a line may end in `\n`, where a shell takes no other. */
export const certificates = trimmed
  .transform((text) => text.replaceAll(String.raw`\n`, '\n'))
  .refine(
    (text) => text !== '' && text.replaceAll(CERTIFICATE, '').trim() === '',
    'must hold certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, and nothing else',
  )
  .transform((text) => text.match(CERTIFICATE) ?? []);

/** Ways to log in: user and password, an API client of a user, an API client of a subscription. */
export const LOGIN_KINDS = ['password', 'oidc', 'oauth'] as const;
export type LoginKind = (typeof LOGIN_KINDS)[number];

export const callerAuth = trimmed.pipe(z.enum(['keys', 'entra'], 'must be keys or entra'));

export const loginKind = trimmed.pipe(z.enum(LOGIN_KINDS, 'must be password, oidc or oauth'));

/** The address of a secret in Key Vault: without a version, because a new one is to be found there. */
export const secretUri = serviceUrl.refine(
  (text) => /^\/secrets\/[\w-]+$/.test(new URL(text).pathname),
  'must be the address of a secret without its version, e.g. https://vault.vault.azure.net/secrets/name',
);

/** An address that is secret as a whole: many webhooks carry their key in the path or the query. */
export const webhookUrl = secureUrl('https://host.example/webhook').refine((text) => {
  const { username, password, hash } = new URL(text);
  return `${username}${password}${hash}` === '';
}, 'must hold neither user nor password nor a fragment');

/** The address of one of the two services of the vendor's; `meantBy` knows the hosts that are taken for it. */
function vendorUrl(what: string, example: string, meantBy: (host: string) => string | undefined) {
  return serviceUrl.superRefine((text, context) => {
    const { hostname, pathname } = new URL(text);
    const meant = meantBy(hostname);
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
    if (meant !== undefined) refuse(`is not the ${what}; use https://${meant}`);
    if (pathname !== '/') refuse(`must hold no path, because every call brings its own, e.g. https://${example}`);
  });
}

export const apiUrl = vendorUrl('API server', 'qualysapi.qg2.apps.qualys.com', apiHostMeantBy);
export const gatewayUrl = vendorUrl('EDR gateway', 'gateway.qg2.apps.qualys.com', gatewayHostMeantBy);

/** A version in the path of an API. Any is taken: Qualys ends an old one a year after a new one has come, sooner than we may release. */
export function apiVersion(newest: string) {
  const allowed = `must be a version such as ${newest}`;
  return trimmed.pipe(z.string().regex(/^[1-9]\d?\.\d{1,2}$/, allowed)).default(newest);
}

/** Says that a version has come to its end of life; for those of which Qualys has said so. */
export function endedVersions(given: Readonly<Record<string, string>>, newest: string): string[] {
  return Object.entries(given)
    .filter(([, version]) => Number(version) < Number(newest))
    .map(
      ([name, version]) =>
        `${name} is ${version}, a version past its end of life (June 2026), which Qualys may stop answering; use ${newest}`,
    );
}

export const instant = trimmed
  .pipe(
    z
      .string()
      .regex(
        /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z)?$/,
        'must be an ISO 8601 UTC time such as 2026-01-31T00:00:00Z',
      ),
  )
  .pipe(z.string().refine(isExisting, 'must be an existing date and time'))
  .transform((text) => new Date(text));

/** Whether an ISO time names a day of the calendar: `Date` takes the 30th of February for the 2nd of March. */
export function isExisting(iso: string): boolean {
  const [day, time] = [new Date(`${iso.slice(0, 10)}T00:00:00Z`), new Date(iso)];
  return (
    !Number.isNaN(time.getTime()) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(iso.slice(0, 10))
  );
}

/** Where a stream begins; every stream whose past can be read has one. */
export const startTime = instant
  .optional()
  .describe(
    'Time from which a stream without a watermark ingests; unset: 24 hours before its first tick or its newest row.',
  );

/** A time in whichever form Azure gives it; one that cannot be read is an invalid date and stops nothing. */
export const azureTime = trimmed.transform((text) => new Date(text)).optional();

/** A schedule that the host refuses is a timer that never runs: with all other faults it is told before. */
export const schedule = trimmed.refine(
  isSchedule,
  'must be a six-field NCRONTAB expression in UTC (second minute hour day month weekday), e.g. 0 */5 * * * *',
);

export const qqlFilter = trimmed
  .refine(isBalancedQql, 'must be QQL with closed quotes and balanced parentheses and brackets')
  .optional();

/** A name with dots: a token of QQL, a field of a record. */
export function dotted(what: string, fallback: string) {
  return trimmed.pipe(z.string().regex(/^[A-Za-z][\w.]*$/, `must be ${what} such as ${fallback}`)).default(fallback);
}

export const sortKeys = trimmed
  .refine((text) => isSort(text), 'must be JSON as in the EDR guide, e.g. [{"event.eventProcessedTime":"asc"}]')
  .optional();

const sortForm = z
  .array(z.record(z.string(), z.enum(['asc', 'desc'])).refine((key) => Object.keys(key).length === 1))
  .min(1);

function isSort(text: string): boolean {
  try {
    return sortForm.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

const VM_RESERVED = /^(action|truncation_limit|id_min|id_max|ids|output_format)$/;

/** Further parameters of a VM call; `window` tells the ones that its windows need. */
export function vmParams(window: { pattern: RegExp; text: string }, fallback = '') {
  return trimmed
    .transform((text) => text.replace(/^[?&]/, ''))
    .refine(
      (text) =>
        [...new URLSearchParams(text)].every(
          ([key, value]) => value !== '' && !VM_RESERVED.test(key) && !window.pattern.test(key),
        ),
      `must be a query string without empty values and without action, ${window.text}truncation_limit, ids, id_min, id_max and output_format, which the connector sets`,
    )
    .default(fallback);
}

/** How many bytes of a text are kept at most: Infinity for all, 0 for none. A cut text is followed by a mark of about 60 bytes. */
export const resultsKept = trimmed
  .pipe(
    z
      .string()
      .regex(/^(full|none|cap:[1-9]\d{1,5})$/, 'must be full, none or cap: and 10 to 999999 bytes, e.g. cap:2000'),
  )
  .transform((text) => (text === 'full' ? Infinity : text === 'none' ? 0 : Number(text.slice('cap:'.length))))
  .prefault('full');

/** A severity by lowest score: the highest limit that a score reaches names it. */
export const severityTable = trimmed
  .transform((text) => text.split(',').map((pair) => pair.trim().split(':')))
  .refine(
    (pairs) =>
      pairs.every(([score, name, ...rest]) => /^\d+$/.test(score ?? '') && (name ?? '') !== '' && rest.length === 0),
    'must be pairs of lowest score and severity, e.g. 0:Informational,2:Low,5:Medium,8:High',
  )
  .transform((pairs) =>
    pairs
      .map(([score, name]) => ({ from: Number(score), severity: name ?? '' }))
      .sort((left, right) => right.from - left.from),
  );

/** An offset from UTC, in minutes. */
export const zoneMinutes = trimmed
  .pipe(z.string().regex(/^(Z|UTC|[+-](0\d|1[0-4]):[0-5]\d)$/, 'must be UTC or an offset from UTC such as +02:00'))
  .transform((text) => {
    const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(text) ?? [];
    return sign === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
  });

/** The default of a setting as one would write it; empty for none. */
export function spelledDefault(schema: z.ZodType): string {
  const { def } = schema as z.ZodDefault;
  return ['default', 'prefault'].includes(def.type) ? String(def.defaultValue) : '';
}
