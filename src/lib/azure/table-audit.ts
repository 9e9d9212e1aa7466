import { randomUUID } from 'node:crypto';
import { currentCaller } from '../caller.ts';
import { TABLE_NAMES } from './names.ts';
import { toStorageError } from './storage-errors.ts';
import type { Storage } from './storage.ts';
import { lazyTable } from './table-checkpoint-store.ts';

/** What an operator did. */
export interface AuditEntry {
  /** E.g. `window-retried`. */
  readonly action: string;
  /** What it was done to. */
  readonly target: string;
  /** The operator's own words, if any. */
  readonly reason?: string;
}

/** Where operators' acts are written down; entries are never changed. */
export interface Audit {
  readonly write: (entry: AuditEntry) => Promise<void>;
}

/** The audit log over Table Storage, partitioned by month. `by` and `byId` tell who, where callers sign in. */
export function createTableAudit(storage: Storage, now: () => Date): Audit {
  const table = lazyTable(storage, TABLE_NAMES.audit);
  return {
    write: async (entry) => {
      const at = now().toISOString();
      const caller = currentCaller();
      const by = caller === undefined ? {} : { by: caller.name, byId: caller.id };
      try {
        await (
          await table()
        ).createEntity({ partitionKey: at.slice(0, 7), rowKey: `${at}-${randomUUID()}`, at, ...by, ...entry });
      } catch (thrown) {
        throw toStorageError('writing the audit log', thrown);
      }
    },
  };
}
