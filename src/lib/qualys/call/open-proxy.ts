import * as http from 'node:http';
import * as tls from 'node:tls';
import type { Settings } from '../../config.ts';
import { ConfigError, messageOf } from '../../errors.ts';
import { isLoopback } from '../../setting-kinds.ts';

/** A proxy between the app and the vendor. */
export interface Proxy {
  /** Host and port, without user and password. */
  readonly host: string;
}

/** Where fetch keeps what sends its calls; Node.js documents the name with its custom dispatchers. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
/** This machine, and where virtual machines of Azure get tokens, which no proxy reaches. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1', '169.254.169.254'];

/** The settings that decide. */
type ProxySettings = Pick<
  Settings,
  'HTTPS_PROXY' | 'NO_PROXY' | 'EXTRA_CA_CERTS' | 'QUALYS_API_URL' | 'QUALYS_GATEWAY_URL'
>;

/**
 * Trusts the authorities of the settings, and sends what fetch calls through their proxy, from now on; undefined where none is set, or Qualys is a simulator on this
 * machine. Azure's libraries read `HTTPS_PROXY` and `NO_PROXY` by themselves, with their first client, so the latter is completed for them.
 *
 * Node.js reads `NODE_USE_ENV_PROXY` when it starts, and Azure gives the settings to a worker that runs already
 * (`WebHostRpcWorkerChannelManager` of the Functions host), so the app asks for it. Node.js 24 can do that, 22 only at the start.
 * @param env where Azure sets `IDENTITY_ENDPOINT`.
 * @throws ConfigError where this Node.js cannot: calls would go out directly, which nobody wants.
 */
export function openProxy(
  { HTTPS_PROXY: url, NO_PROXY, EXTRA_CA_CERTS, QUALYS_API_URL, QUALYS_GATEWAY_URL }: ProxySettings,
  env: Readonly<Record<string, string | undefined>>,
): Proxy | undefined {
  if (EXTRA_CA_CERTS !== undefined) trustAuthorities(EXTRA_CA_CERTS);
  if (url === undefined || [QUALYS_API_URL, QUALYS_GATEWAY_URL].every(isLoopback)) return undefined;
  process.env.NO_PROXY = directHosts(NO_PROXY, env.IDENTITY_ENDPOINT);
  const { setGlobalProxyFromEnv: set } = http as {
    readonly setGlobalProxyFromEnv?: (env: Readonly<Record<string, string>>) => unknown;
  };
  set?.({ HTTPS_PROXY: url, NO_PROXY: process.env.NO_PROXY });
  const sender = (globalThis as Readonly<Record<symbol, object | undefined>>)[DISPATCHER];
  if (sender?.constructor.name !== 'EnvHttpProxyAgent') {
    const message = `HTTPS_PROXY needs Node.js 24, or 22.21 that was started with NODE_USE_ENV_PROXY=1; this is ${process.version} without`;
    throw new ConfigError(message);
  }
  return { host: new URL(url).host };
}

/**
 * Trusts authorities beside the usual ones, in all connections from now on. Node.js reads `NODE_EXTRA_CA_CERTS` when it starts, before
 * Azure gives the settings to it.
 * @param certificates in PEM, one a text.
 * @throws ConfigError for what is no certificate.
 */
function trustAuthorities(certificates: readonly string[]): void {
  try {
    tls.setDefaultCACertificates([...new Set([...tls.getCACertificates('default'), ...certificates])]);
  } catch (error) {
    const message = 'EXTRA_CA_CERTS must hold certificates in PEM, and one of them cannot be read';
    throw new ConfigError(`${message}: ${messageOf(error)}`, { publicMessage: message });
  }
}

/**
 * The hosts that are called directly: those of the setting, this machine, and the endpoint of the app's identity, whose address varies.
 */
export function directHosts(noProxy = '', identityEndpoint = ''): string {
  const given = noProxy.split(',').map((host) => host.trim());
  const identity = URL.canParse(identityEndpoint) ? [new URL(identityEndpoint).hostname] : [];
  return [...new Set([...given, ...LOCAL_HOSTS, ...identity])].filter((host) => host !== '').join(',');
}
