import { randomUUID } from 'node:crypto';
import { currentCaller } from '../caller.ts';
import { TABLE_NAMES } from './names.ts';
import type { Storage } from './storage.ts';
import { openTable } from './table-entities.ts';

/** What an operator did. */
export interface AuditEntry {
  /** E.g. `window-retried`. */
  readonly action: string;
  /** What it was done to. */
  readonly target: string;
  /** The operator's own words, if any. */
  readonly reason?: string | undefined;
}

/** Where operators' acts are written down; entries are never changed. */
export interface Audit {
  readonly write: (entry: AuditEntry) => Promise<void>;
}

/** The audit log over Table Storage, partitioned by month. `by` and `byId` tell who, where callers sign in. */
export function createTableAudit(storage: Storage, now: () => Date): Audit {
  const inTable = openTable(storage, TABLE_NAMES.audit);
  return {
    write: (entry) =>
      inTable('writing the audit log', async (table) => {
        const at = now().toISOString();
        const { name: by, id: byId } = currentCaller() ?? {};
        const row = { partitionKey: at.slice(0, 7), rowKey: `${at}-${randomUUID()}` };
        await table.createEntity({ ...row, at, by, byId, ...entry });
      }),
  };
}
