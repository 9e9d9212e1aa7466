import * as tls from 'node:tls';
import { ConfigError, messageOf } from '../../errors.ts';

/**
 * Trusts authorities beside the usual ones, in all connections from now on. Node.js reads `NODE_EXTRA_CA_CERTS` when it starts, before
 * Azure gives the settings to it.
 * @param certificates in PEM, one a text.
 * @throws ConfigError for what is no certificate.
 */
export function trustAuthorities(certificates: readonly string[]): void {
  try {
    tls.setDefaultCACertificates([...new Set([...tls.getCACertificates('default'), ...certificates])]);
  } catch (error) {
    const message = 'EXTRA_CA_CERTS must hold certificates in PEM, and one of them cannot be read';
    throw new ConfigError(`${message}: ${messageOf(error)}`, { publicMessage: message });
  }
}
