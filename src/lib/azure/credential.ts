import type { TokenCredential } from '@azure/core-auth';
import type { Pipeline } from '@azure/core-rest-pipeline';
import { ConfigError, type VendorFault } from '../errors.ts';

/**
 * The identity of the app in Azure: the user-assigned one when its client id is set, else what the environment offers.
 * Its library is loaded with the first token, not with the app: a third of the load time would be its own.
 */
export function createCredential(clientId?: string): TokenCredential {
  let loading: Promise<TokenCredential> | undefined;
  return {
    getToken: async (scopes, options) => {
      loading ??= loadCredential(clientId ?? process.env.AZURE_CLIENT_ID);
      return (await loading).getToken(scopes, options);
    },
  };
}

async function loadCredential(clientId: string | undefined): Promise<TokenCredential> {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  return clientId === undefined || clientId === ''
    ? new DefaultAzureCredential()
    : new ManagedIdentityCredential({ clientId });
}

/** Whether the app's identity gives no token: what `@azure/identity` throws, which tells a status of its own, not of who was asked. */
export function isWithoutToken(thrown: unknown): boolean {
  return thrown instanceof Error && /Credential|Authentication/.test(thrown.name);
}

/** What is mended by who gives the app's identity a token, or a role. */
export function identityError(message: string, options: ErrorOptions & { fault?: VendorFault }): ConfigError {
  return new ConfigError(message, { ...options, repair: 'identity' });
}

/** Stands in for Azure AD where the ingestion endpoint is on this machine; worthless anywhere else. */
export const DEVELOPMENT_TOKEN = 'development-token';

/** Stands in for `createCredential` there. */
export const developmentCredential: TokenCredential = {
  getToken: () => Promise.resolve({ token: DEVELOPMENT_TOKEN, expiresOnTimestamp: Date.now() + 3_600_000 }),
};

/** A client's identity policy refuses plain `http`; on loopback a development token stands in for it. */
export function allowPlainHttp(pipeline: Pipeline): void {
  pipeline.removePolicy({ name: 'bearerTokenAuthenticationPolicy' });
  pipeline.addPolicy({
    name: 'developmentToken',
    sendRequest: (request, next) => {
      request.headers.set('authorization', `Bearer ${DEVELOPMENT_TOKEN}`);
      return next(request);
    },
  });
}
