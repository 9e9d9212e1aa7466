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
  /**
   * The character after the company's letters in a user name. Source: public identification tables of partners; not verified with the
   * vendor, so it is told as a likeness only.
   */
  readonly userMark: string | undefined;
}

const platform = (name: string, domain: string, userMark: string | undefined): Platform => {
  return { name, api: `qualysapi.${domain}`, gateway: `gateway.${domain}`, userMark };
};

/** The shared platforms; private ones must set `QUALYS_GATEWAY_URL`. */
export const PLATFORMS: readonly Platform[] = [
  { ...platform('US1', 'qg1.apps.qualys.com', '_'), api: 'qualysapi.qualys.com' },
  platform('US2', 'qg2.apps.qualys.com', '2'),
  platform('US3', 'qg3.apps.qualys.com', '3'),
  platform('US4', 'qg4.apps.qualys.com', '6'),
  { ...platform('EU1', 'qg1.apps.qualys.eu', '-'), api: 'qualysapi.qualys.eu' },
  platform('EU2', 'qg2.apps.qualys.eu', '5'),
  platform('EU3', 'qg3.apps.qualys.it', 'B'),
  platform('IN1', 'qg1.apps.qualys.in', '8'),
  platform('CA1', 'qg1.apps.qualys.ca', '9'),
  platform('AE1', 'qg1.apps.qualys.ae', '7'),
  platform('UK1', 'qg1.apps.qualys.co.uk', '1'),
  platform('AU1', 'qg1.apps.qualys.com.au', '4'),
  platform('KSA1', 'qg1.apps.qualysksa.com', 'A'),
  platform('GOV1', 'gov1.qualys.us', undefined),
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
  const domain = /^(?:qualysguard|qualysgateway|gateway)\.(.+)$/.exec(host)?.[1];
  if (domain === undefined) return undefined;
  return PLATFORMS.find(({ gateway }) => gateway === `gateway.${domain}`)?.api ?? `qualysapi.${domain}`;
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

/** The company's letters, the mark, two initials and perhaps a number. */
const USER_NAME = /^[a-z]{3,}([-_1-9AB])[a-z]{2}\d*$/;

/** The platform that a user name looks like one of; undefined where it does not tell. */
export function platformOfUser(username: string): string | undefined {
  const mark = USER_NAME.exec(username)?.[1];
  return mark === undefined ? undefined : PLATFORMS.find(({ userMark }) => userMark === mark)?.name;
}

/** Says that a user name and an address (API or gateway host) look like those of two platforms; undefined where they do not. */
export function platformHint(username: string, host: string): string | undefined {
  const ofUser = platformOfUser(username);
  const ofHost = PLATFORMS.find(({ api, gateway }) => api === host || gateway === host)?.name;
  if (ofUser === undefined || ofHost === undefined || ofUser === ofHost) return undefined;
  return `this user looks like one of ${ofUser}, the address is of ${ofHost}`;
}
