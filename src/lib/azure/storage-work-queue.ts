import type { WorkItem } from '../pipeline/ports.ts';
import { POISON_QUEUE_NAME, QUEUE_NAME } from './names.ts';
import { createStorageQueue, type StorageQueue } from './storage-queue.ts';
import type { Storage } from './storage.ts';

/** The work queue over Storage queues, and its lengths. */
export function createStorageWorkQueue(storage: Storage): StorageQueue<WorkItem> {
  return createStorageQueue(storage, { name: QUEUE_NAME, poisonName: POISON_QUEUE_NAME, what: 'a work item' });
}
