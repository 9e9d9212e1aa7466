import { randomUUID } from 'node:crypto';
import { alertKey, type AlertStore } from '../../src/lib/alerts/alert-record.ts';
import type { PostOutcome } from '../../src/lib/alerts/post-webhook.ts';
import { TABLE_NAMES } from '../../src/lib/azure/names.ts';
import { createTableAlertStore } from '../../src/lib/azure/table-alert-store.ts';
import { RetryableError } from '../../src/lib/errors.ts';
import type { AlertItem } from '../../src/lib/alerts/ports.ts';
import { fixedClock, keptLog } from './pipeline.ts';
import { testStorage } from './storage.ts';

/** A real table, with webhook, queue and clock in the test's hands. */
export async function setUpAlerts(outcomes: PostOutcome[] = []) {
  const storage = await testStorage();
  const table = storage.table(TABLE_NAMES.alerts);
  await table.createTable();
  for await (const { partitionKey, rowKey } of table.listEntities()) await table.deleteEntity(partitionKey!, rowKey!);
  const store = createTableAlertStore(storage);
  const [clock, log] = [fixedClock(), keptLog()];
  const sent: { item: AlertItem; delaySeconds: number }[] = [];
  const posted: string[] = [];
  const deps = {
    store,
    clock,
    log: log.log,
    cap: { maxPerMinute: 1000, minScore: 4, table: 'QualysEdrEvents_CL' },
    queue: { send: (item: AlertItem, delaySeconds = 0) => Promise.resolve(void sent.push({ item, delaySeconds })) },
    post: ({ id }: AlertItem): Promise<PostOutcome> => {
      posted.push(id);
      return Promise.resolve(outcomes.shift() ?? { kind: 'accepted', status: 202 });
    },
  };
  const item: AlertItem = {
    version: 1,
    id: `RTF_${randomUUID()}`,
    payload: '{"ticket_id":"x"}',
    queuedAt: clock.now().toISOString(),
  };
  const state = async (id = item.id) => (await store.read(alertKey(id)))?.state;
  return { storage, store, clock, log, sent, posted, deps, item, state };
}

/** A store whose next saves end as told: kept but unanswered, or not kept. */
export function faultyStore(store: AlertStore, ...faults: ('lost answer' | 'down' | 'fine')[]): AlertStore {
  return {
    ...store,
    save: async (record, beside) => {
      const fault = faults.shift() ?? 'fine';
      if (fault === 'down') throw new RetryableError('storage failed storing an alert');
      const isSaved = await store.save(record, beside);
      return fault === 'lost answer' ? false : isSaved;
    },
  };
}
