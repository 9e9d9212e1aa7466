import type { ApiName } from '../../pipeline/stream.ts';
import { type ApiAuth, basicAuth, tokenAuth } from './api-auth.ts';
import type { Credentials } from './credentials.ts';
import { createEdrAuth, type EdrAuthDeps } from './edr-auth.ts';

/** How an API is logged in to. The VM API takes user and password as they are; all else needs a token of the gateway's. */
export function createApiAuth(
  api: ApiName,
  credentials: Credentials,
  gateway: Omit<EdrAuthDeps, 'credentials' | 'api'>,
): ApiAuth {
  if (api === 'vm' && credentials.kind === 'password') return basicAuth(credentials);
  return tokenAuth(createEdrAuth({ ...gateway, credentials, api }), credentials.kind);
}
