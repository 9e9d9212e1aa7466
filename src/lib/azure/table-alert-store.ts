import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import type { AlertRecord, AlertStore } from '../alerts/alert-record.ts';
import { TABLE_NAMES } from './names.ts';
import { faultOf, isConflict, toStorageError } from './storage-errors.ts';
import type { Storage } from './storage.ts';
import { lazyTable } from './table-checkpoint-store.ts';

/** One partition, so that a record and its place in the list of open ones change together. */
const PARTITION = 'alerts';
const VERSION = 1;

type Stored = Omit<AlertRecord, 'etag'>;
type Entity = { partitionKey: string; rowKey: string } & Record<string, unknown>;

/** Alerts in Table Storage: a row each, and a row more without the payload as long as it is not done. */
export function createTableAlertStore(storage: Storage): AlertStore {
  const table = lazyTable(storage, TABLE_NAMES.alerts);
  return {
    read: (key) => attempt('reading an alert', async () => readRecord(await table(), key)),
    save: (record) => attempt('storing an alert', async () => saveRecord(await table(), record)),
    listOpen: (limit) => attempt('listing alerts', async () => listOpen(await table(), limit)),
  };
}

const recordKey = (key: string): string => `id~${key}`;
const openKey = (key: string): string => `open~${key}`;

async function readRecord(table: TableClient, key: string): Promise<AlertRecord | undefined> {
  try {
    const entity = await table.getEntity(PARTITION, recordKey(key));
    return { ...toRecord(entity as unknown as Entity), etag: entity.etag };
  } catch (thrown) {
    if (faultOf(thrown).status === 404) return undefined;
    throw thrown;
  }
}

async function saveRecord(table: TableClient, record: AlertRecord): Promise<boolean> {
  const { etag, ...stored } = record;
  const { payload: _, ...shown } = stored;
  const whole = toEntity(recordKey(record.key), stored);
  const listed = toEntity(openKey(record.key), shown);
  const actions: TransactionAction[] = [
    etag === undefined ? ['create', whole] : ['update', whole, 'Replace', { etag }],
    record.state === 'done' ? ['delete', listed] : ['upsert', listed, 'Replace'],
  ];
  try {
    const { subResponses } = await table.submitTransaction(actions);
    record.etag = subResponses[0]?.etag ?? '';
    return true;
  } catch (thrown) {
    if (isConflict(thrown)) return false;
    throw thrown;
  }
}

async function listOpen(table: TableClient, limit: number): Promise<AlertRecord[]> {
  const filter = odata`PartitionKey eq ${PARTITION} and RowKey ge ${openKey('')} and RowKey lt ${openKey('~')}`;
  const records: AlertRecord[] = [];
  for await (const entity of table.listEntities({ queryOptions: { filter } })) {
    records.push(toRecord(entity as unknown as Entity));
    if (records.length >= limit) break;
  }
  return records;
}

function toEntity(rowKey: string, stored: Stored | Omit<Stored, 'payload'>): Entity {
  return { partitionKey: PARTITION, rowKey, version: VERSION, ...stored };
}

function toRecord(entity: Entity): AlertRecord {
  const { key, id, state, attempts, since, at, notBefore, lastError, owner, payload } =
    entity as unknown as AlertRecord;
  return {
    key,
    id,
    state,
    attempts,
    since,
    at,
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(owner === undefined ? {} : { owner }),
    ...(payload === undefined ? {} : { payload }),
  };
}

async function attempt<T>(action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    throw toStorageError(action, thrown);
  }
}
