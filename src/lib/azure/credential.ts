import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import type { TokenCredential } from '@azure/core-auth';

/** The identity of the app in Azure: the user-assigned one when its client id is set, else what the environment offers. */
export function createCredential(clientId?: string): TokenCredential {
  const id = clientId ?? process.env.AZURE_CLIENT_ID;
  return id === undefined || id === '' ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId: id });
}

/** Stands in for Azure AD where the ingestion endpoint is on this machine; worthless anywhere else. */
export const DEVELOPMENT_TOKEN = 'development-token';
