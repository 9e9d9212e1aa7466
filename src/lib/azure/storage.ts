import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { TableClient } from '@azure/data-tables';
import { QueueClient } from '@azure/storage-queue';
import type { ContainerClient } from '@azure/storage-blob';
import type { Settings } from '../config.ts';
import { ConfigError } from '../errors.ts';
import { ownName } from '../subscription-name.ts';
import { createCredential } from './credential.ts';

type StorageSetting = Extract<keyof Settings, `AzureWebJobsStorage${string}`> | 'QUALYS_SUBSCRIPTION';
type StorageSettings = Partial<Pick<Settings, StorageSetting>>;

/** Clients of the storage account that the Functions host uses too. What they open belongs to the connector of one Qualys subscription. */
export interface Storage {
  readonly table: (name: string) => TableClient;
  readonly queue: (name: string) => QueueClient;
  readonly container: (name: string) => Promise<ContainerClient>;
}

const DEVELOPMENT_STORAGE = 'UseDevelopmentStorage=true';
/** A storage that takes a request and never answers must not hold an invocation for as long as the host allows. */
const REQUEST_TIMEOUT_MS = 30_000;
const TIMEOUT_POLICY: PipelinePolicy = {
  name: 'requestTimeout',
  sendRequest: (request, next) => {
    request.timeout = REQUEST_TIMEOUT_MS;
    return next(request);
  },
};
const TABLE_OPTIONS = {
  retryOptions: { maxRetries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 4000 },
  additionalPolicies: [{ policy: TIMEOUT_POLICY, position: 'perRetry' as const }],
};
/** Of queues and blobs. */
const OPTIONS = { retryOptions: { maxTries: 4, retryDelayInMs: 200, tryTimeoutInMs: REQUEST_TIMEOUT_MS } };

/** Blobs are rarely needed, so their library is loaded with the first use. */
const loadBlobs = () => import('@azure/storage-blob');

/** Opens the storage account by connection string or, in Azure, by identity. */
export function openStorage(settings: StorageSettings): Storage {
  const connection = settings.AzureWebJobsStorage;
  const own = (name: string): string => ownName(name, settings.QUALYS_SUBSCRIPTION);
  return connection === undefined ? openByIdentity(settings, own) : openByConnectionString(connection, own);
}

function openByConnectionString(connection: string, own: (name: string) => string): Storage {
  if (!/AccountName=|UseDevelopmentStorage=true|SharedAccessSignature=/i.test(connection)) {
    throw new ConfigError('AzureWebJobsStorage must be a storage connection string, given a secret value');
  }
  const text = connection.startsWith(DEVELOPMENT_STORAGE) ? DEVELOPMENT_STORAGE : connection;
  return {
    table: (name) =>
      TableClient.fromConnectionString(text, own(name), { ...TABLE_OPTIONS, allowInsecureConnection: true }),
    queue: (name) => new QueueClient(text, own(name), OPTIONS),
    container: async (name) => new (await loadBlobs()).ContainerClient(text, own(name), OPTIONS),
  };
}

function openByIdentity(settings: StorageSettings, own: (name: string) => string): Storage {
  const credential = createCredential(settings.AzureWebJobsStorage__clientId);
  const url = (service: 'queue' | 'table' | 'blob'): string => serviceUrl(settings, service);
  return {
    table: (name) => new TableClient(url('table'), own(name), credential, TABLE_OPTIONS),
    queue: (name) => new QueueClient(`${url('queue')}/${own(name)}`, credential, OPTIONS),
    container: async (name) =>
      new (await loadBlobs()).ContainerClient(`${url('blob')}/${own(name)}`, credential, OPTIONS),
  };
}

/** Resolves the `AzureWebJobsStorage__…` convention, which the SDK clients do not know. */
function serviceUrl(settings: StorageSettings, service: 'queue' | 'table' | 'blob'): string {
  const explicit = settings[`AzureWebJobsStorage__${service}ServiceUri`];
  if (explicit !== undefined) return explicit;
  const account = settings.AzureWebJobsStorage__accountName;
  if (account !== undefined) return `https://${account}.${service}.core.windows.net`;
  throw new ConfigError(`AzureWebJobsStorage__${service}ServiceUri must be set when no account name is`);
}
