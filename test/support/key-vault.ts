import { DEVELOPMENT_TOKEN } from '../../src/lib/azure/credential.ts';
import { serveHttp } from './http-server.ts';

/** A vault over its REST API: it asks for a token as Key Vault does, and gives the newest version of a secret. It ends with the test. */
export interface KeyVault {
  /** Address of a secret, without a version. */
  readonly uriOf: (name: string) => string;
  /** Secrets by name; changed, they are new versions. */
  readonly secrets: Map<string, string>;
  /** Instead of an answer to whoever has a token. */
  fault: { readonly status: number } | 'no answer' | undefined;
  /** Reads of a secret that had a token, by name. */
  readonly reads: readonly string[];
  /** When the last of them came, in epoch milliseconds; 0 before the first. */
  lastReadAt: number;
}

/** Starts a vault. */
export async function serveKeyVault(secrets: Readonly<Record<string, string>>): Promise<KeyVault> {
  const reads: string[] = [];
  const vault: Pick<KeyVault, 'fault' | 'lastReadAt'> = { fault: undefined, lastReadAt: 0 };
  const held = new Map(Object.entries(secrets));
  const { url } = await serveHttp((request, response) => {
    const send = (status: number, body: unknown, headers = {}): void =>
      void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    const path = new URL(request.url, 'http://x').pathname;
    const name = /^\/secrets\/([\w-]+)\/?$/.exec(path)?.[1] ?? '';
    if (request.headers.authorization !== `Bearer ${DEVELOPMENT_TOKEN}`) {
      const challenge = 'Bearer authorization="https://login.example/tenant", resource="https://vault.azure.net"';
      send(401, { error: { code: 'Unauthorized' } }, { 'www-authenticate': challenge });
      return;
    }
    reads.push(name);
    vault.lastReadAt = Date.now();
    if (vault.fault === 'no answer') {
      response.socket?.destroy();
      return;
    }
    if (vault.fault !== undefined) {
      send(vault.fault.status, { error: { code: 'Faulty', message: 'it is out' } });
      return;
    }
    const value = held.get(name);
    if (value === undefined) {
      send(404, { error: { code: 'SecretNotFound', message: 'no such secret' } });
      return;
    }
    send(200, { value, id: `${url}/secrets/${name}/0123456789abcdef`, attributes: { enabled: true } });
  });
  return Object.assign(vault, { uriOf: (name: string) => `${url}/secrets/${name}`, secrets: held, reads });
}
