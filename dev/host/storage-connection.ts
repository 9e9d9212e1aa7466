import { QueueServiceClient } from '@azure/storage-queue';
import { HostError } from './host-error.ts';
import { findSetting, type Env } from './settings.ts';

/** Patient enough for storage that restarts, not so much that its return is noticed late. */
const retryOptions = { maxTries: 5, retryDelayInMs: 500, maxRetryDelayInMs: 4000 };

const identityParts = ['accountName', 'queueServiceUri', 'serviceUri'];

function findIdentitySetting(env: Env, connection: string): string | undefined {
  return identityParts.map((part) => `${connection}__${part}`).find((name) => findSetting(env, name) !== undefined);
}

/**
 * Connects to the queue storage that the setting `connection` (or `AzureWebJobs<connection>`) holds.
 * @throws HostError when it is not set, is no connection string, or asks for an identity, which only Azure can give.
 */
export function connectQueues(env: Env, connection: string, where: string): QueueServiceClient {
  const text = findSetting(env, connection) ?? findSetting(env, `AzureWebJobs${connection}`);
  if (text === undefined || text === '') {
    const identity = findIdentitySetting(env, connection);
    throw new HostError(
      identity === undefined
        ? `${where}: the setting "${connection}" (its connection) is not set: a connection string, or UseDevelopmentStorage=true`
        : `${where}: "${identity}" connects by identity, which this local host does not support: set "${connection}" to a connection string`,
    );
  }
  try {
    return QueueServiceClient.fromConnectionString(text, { retryOptions });
  } catch {
    // The text holds the account's key, and so may the client's message.
    throw new HostError(`${where}: the setting "${connection}" (its connection) is no storage connection string`);
  }
}
