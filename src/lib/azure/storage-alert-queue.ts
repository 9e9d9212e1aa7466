import type { AlertItem } from '../alerts/ports.ts';
import { ALERT_POISON_QUEUE_NAME, ALERT_QUEUE_NAME } from './names.ts';
import { createStorageQueue, type StorageQueue } from './storage-queue.ts';
import type { Storage } from './storage.ts';

/** The alert queue over Storage queues, and its lengths. */
export function createStorageAlertQueue(storage: Storage): StorageQueue<AlertItem> {
  return createStorageQueue(storage, { name: ALERT_QUEUE_NAME, poisonName: ALERT_POISON_QUEUE_NAME, what: 'an alert' });
}
