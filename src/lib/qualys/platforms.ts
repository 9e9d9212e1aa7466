/**
 * Qualys platforms and how the EDR gateway follows from the VM API server.
 * Source: Qualys "Identify your Qualys platform"; US1 and EU1 have no `apps` in the API host.
 */

interface Platform {
  readonly name: string;
  /** Host of the VM APIs. */
  readonly api: string;
  /** Host of the gateway that serves the EDR API. */
  readonly gateway: string;
}

const platform = (name: string, api: string, gateway: string): Platform => ({ name, api, gateway });
const numbered = (name: string, domain: string): Platform => platform(name, `qualysapi.${domain}`, `gateway.${domain}`);

/** The shared platforms; private ones must set `QUALYS_GATEWAY_URL`. */
export const PLATFORMS: readonly Platform[] = [
  platform('US1', 'qualysapi.qualys.com', 'gateway.qg1.apps.qualys.com'),
  numbered('US2', 'qg2.apps.qualys.com'),
  numbered('US3', 'qg3.apps.qualys.com'),
  numbered('US4', 'qg4.apps.qualys.com'),
  platform('EU1', 'qualysapi.qualys.eu', 'gateway.qg1.apps.qualys.eu'),
  numbered('EU2', 'qg2.apps.qualys.eu'),
  numbered('EU3', 'qg3.apps.qualys.it'),
  numbered('IN1', 'qg1.apps.qualys.in'),
  numbered('CA1', 'qg1.apps.qualys.ca'),
  numbered('AE1', 'qg1.apps.qualys.ae'),
  numbered('UK1', 'qg1.apps.qualys.co.uk'),
  numbered('AU1', 'qg1.apps.qualys.com.au'),
  numbered('KSA1', 'qg1.apps.qualysksa.com'),
  numbered('GOV1', 'gov1.qualys.us'),
];

/** The gateway host for a VM API host, or undefined for a private platform. */
export function gatewayHostFor(apiHost: string): string | undefined {
  return PLATFORMS.find(({ api }) => api === apiHost)?.gateway;
}

/**
 * Names the API host meant by somebody who pasted the console (`qualysguard.`) or the gateway (`gateway.`, `qualysgateway.`) host;
 * undefined when the host is not one of these.
 */
export function apiHostMeantBy(host: string): string | undefined {
  const known = PLATFORMS.find(({ gateway }) => gateway === host)?.api;
  if (known !== undefined) return known;
  const prefix = /^(qualysguard|qualysgateway|gateway)\./.exec(host)?.[0];
  if (prefix === undefined) return undefined;
  const domain = host.slice(prefix.length);
  if (domain === 'qg1.apps.qualys.com') return 'qualysapi.qualys.com';
  if (domain === 'qg1.apps.qualys.eu') return 'qualysapi.qualys.eu';
  return `qualysapi.${domain}`;
}

/**
 * Names the gateway host meant by somebody who pasted the API (`qualysapi.`) or the console (`qualysguard.`) host; undefined when the host is
 * neither.
 */
export function gatewayHostMeantBy(host: string): string | undefined {
  const domain = /^(?:qualysapi|qualysguard)\.(.+)$/.exec(host)?.[1];
  if (domain === undefined) return undefined;
  return gatewayHostFor(apiHostMeantBy(`qualysguard.${domain}`) ?? '') ?? `gateway.${domain}`;
}

/** The console host for a VM API host: `qualysguard.` for `qualysapi.`; undefined where the name does not tell. */
export function consoleHostFor(apiHost: string): string | undefined {
  const prefix = 'qualysapi.';
  return apiHost.startsWith(prefix) ? `qualysguard.${apiHost.slice(prefix.length)}` : undefined;
}

/**
 * The character after the company's letters in a user name, by platform. Source: public identification tables of partners; not verified
 * with the vendor, so it is told as a likeness only.
 */
const USER_MARKS: Readonly<Record<string, string>> = {
  _: 'US1',
  '2': 'US2',
  '3': 'US3',
  '6': 'US4',
  '-': 'EU1',
  '5': 'EU2',
  B: 'EU3',
  '8': 'IN1',
  '9': 'CA1',
  '7': 'AE1',
  '1': 'UK1',
  '4': 'AU1',
  A: 'KSA1',
};

/** The company's letters, the mark, two initials and perhaps a number. */
const USER_NAME = /^[a-z]{3,}([-_1-9AB])[a-z]{2}\d*$/;

/** The platform that a user name looks like one of; undefined where it does not tell. */
export function platformOfUser(username: string): string | undefined {
  return USER_MARKS[USER_NAME.exec(username)?.[1] ?? ''];
}

/** Says that a user name and an address (API or gateway host) look like those of two platforms; undefined where they do not. */
export function platformHint(username: string, host: string): string | undefined {
  const ofUser = platformOfUser(username);
  const ofHost = PLATFORMS.find(({ api, gateway }) => api === host || gateway === host)?.name;
  if (ofUser === undefined || ofHost === undefined || ofUser === ofHost) return undefined;
  return `this user looks like one of ${ofUser}, the address is of ${ofHost}`;
}
