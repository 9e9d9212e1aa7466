import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { newMinute, type AlertMinute } from '../alerts/alert-minute.ts';
import type { AlertRecord, AlertStore, BesideRecord } from '../alerts/alert-record.ts';
import { NewerReleaseError } from '../errors.ts';
import { TABLE_NAMES } from './names.ts';
import { faultOf, isConflict, toStorageError } from './storage-errors.ts';
import type { Storage } from './storage.ts';
import { lazyTable } from './table-checkpoint-store.ts';
import { checkVersion } from './window-entity.ts';

/** One partition, so that a record and its place in the list of open ones change together. */
const PARTITION = 'alerts';
const VERSION = 1;

type Stored = Omit<AlertRecord, 'etag'>;
type Entity = { partitionKey: string; rowKey: string } & Record<string, unknown>;

/** Alerts in Table Storage: a row each, a row more without the payload as long as it is open, a row a minute, and one for the start. */
export function createTableAlertStore(storage: Storage): AlertStore {
  const table = lazyTable(storage, TABLE_NAMES.alerts);
  return {
    read: (key) => attempt('reading an alert', async () => readRecord(await table(), key)),
    save: (record, beside) => attempt('storing an alert', async () => saveRecord(await table(), record, beside)),
    listOpen: (limit) => attempt('listing alerts', async () => listOpen(await table(), limit)),
    readMinute: (minute) => attempt('reading a minute of alerts', async () => readMinute(await table(), minute)),
    countSummarised: (from) => attempt('counting alerts', async () => countSummarised(await table(), from)),
    readStart: () => attempt('reading the start of alerts', async () => readStart(await table())),
    keepStart: (start) => attempt('storing the start of alerts', async () => keepStart(await table(), start)),
    isUsed: () => attempt('looking for alerts', async () => isUsed(await table())),
  };
}

const recordKey = (key: string): string => `id~${key}`;
const openKey = (key: string): string => `open~${key}`;
const minuteKey = (minute: string): string => `minute~${minute}`;
const START_KEY = 'start';
const SUMMARY_FIELDS = ['firstTime', 'lastTime', 'score', 'severity', 'priority'] as const;

async function readEntity(table: TableClient, rowKey: string): Promise<(Entity & { etag: string }) | undefined> {
  try {
    return (await table.getEntity(PARTITION, rowKey)) as unknown as Entity & { etag: string };
  } catch (thrown) {
    if (faultOf(thrown).status === 404) return undefined;
    throw thrown;
  }
}

async function readRecord(table: TableClient, key: string): Promise<AlertRecord | undefined> {
  const entity = await readEntity(table, recordKey(key));
  return entity === undefined ? undefined : { ...toRecord(entity), etag: entity.etag };
}

async function saveRecord(table: TableClient, record: AlertRecord, beside?: BesideRecord): Promise<boolean> {
  const actions = actionsOf(record);
  if (beside !== undefined) actions.push(minuteAction(beside.minute));
  if (beside?.summary !== undefined) actions.push(...actionsOf(beside.summary));
  try {
    const { subResponses } = await table.submitTransaction(actions);
    record.etag = subResponses[0]?.etag ?? '';
    return true;
  } catch (thrown) {
    if (isConflict(thrown)) return false;
    throw thrown;
  }
}

function actionsOf({ etag, ...stored }: AlertRecord): TransactionAction[] {
  const { payload: _, ...shown } = stored;
  const whole = toEntity(recordKey(stored.key), stored);
  const listed = toEntity(openKey(stored.key), shown);
  const save: TransactionAction = etag === undefined ? ['create', whole] : ['update', whole, 'Replace', { etag }];
  // It is summarised from the first, so nothing lists it.
  if (stored.state === 'summarised') return [save];
  return [save, stored.state === 'done' ? ['delete', listed] : ['upsert', listed, 'Replace']];
}

function minuteAction({ etag, ...stored }: AlertMinute): TransactionAction {
  const entity: Entity = { partitionKey: PARTITION, rowKey: minuteKey(stored.minute), version: VERSION, ...stored };
  return etag === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag }];
}

async function readMinute(table: TableClient, minute: string): Promise<AlertMinute> {
  const entity = await readEntity(table, minuteKey(minute));
  if (entity === undefined) return newMinute(minute);
  const { posted, summarised, isClosed, etag } = entity as unknown as AlertMinute & { etag: string };
  const given = SUMMARY_FIELDS.filter((name) => entity[name] !== undefined).map((name) => [name, entity[name]]);
  return { minute, posted, summarised, isClosed, etag, ...(Object.fromEntries(given) as Partial<AlertMinute>) };
}

async function countSummarised(table: TableClient, from: string): Promise<number> {
  const filter = odata`PartitionKey eq ${PARTITION} and RowKey ge ${minuteKey(from)} and RowKey lt ${minuteKey('~')}`;
  let summarised = 0;
  for await (const entity of table.listEntities<{ summarised: number }>({ queryOptions: { filter } })) {
    summarised += entity.summarised;
  }
  return summarised;
}

async function readStart(table: TableClient): Promise<string | undefined> {
  const entity = await readEntity(table, START_KEY);
  return entity === undefined ? undefined : String(entity.start);
}

async function keepStart(table: TableClient, start: string): Promise<string> {
  try {
    await table.createEntity({ partitionKey: PARTITION, rowKey: START_KEY, version: VERSION, start });
    return start;
  } catch (thrown) {
    const kept = isConflict(thrown) ? await readStart(table) : undefined;
    if (kept === undefined) throw thrown;
    return kept;
  }
}

async function isUsed(table: TableClient): Promise<boolean> {
  const filter = odata`PartitionKey eq ${PARTITION} and RowKey ge ${recordKey('')} and RowKey lt ${recordKey('~')}`;
  for await (const page of table
    .listEntities({ queryOptions: { filter, select: ['RowKey'] } })
    .byPage({ maxPageSize: 1 })) {
    if (page.length > 0) return true;
  }
  return false;
}

const OPEN = odata`PartitionKey eq ${PARTITION} and RowKey ge ${openKey('')} and RowKey lt ${openKey('~')}`;
const GIVEN_UP = `${OPEN} and (state eq 'undelivered' or state eq 'uncertain')`;

async function listOpen(table: TableClient, limit: number): Promise<AlertRecord[]> {
  const first = await listUpTo(table, limit, OPEN);
  // They come in the order of their keys: behind a full list those that wait for a person are asked for by themselves.
  const more = first.length < limit ? [] : await listUpTo(table, limit, GIVEN_UP);
  const records = new Map([...first, ...more].map((record) => [record.key, record]));
  return [...records.values()].sort((one, two) => Number(isGivenUp(two)) - Number(isGivenUp(one))).slice(0, limit);
}

function isGivenUp({ state }: AlertRecord): boolean {
  return state === 'undelivered' || state === 'uncertain';
}

async function listUpTo(table: TableClient, limit: number, filter: string): Promise<AlertRecord[]> {
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
  checkVersion('alert', entity);
  const { key, id, state, attempts, since, at, notBefore, lastError, owner, minute, summarises, payload } =
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
    ...(minute === undefined ? {} : { minute }),
    ...(summarises === undefined ? {} : { summarises }),
    ...(payload === undefined ? {} : { payload }),
  };
}

async function attempt<T>(action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    if (thrown instanceof NewerReleaseError) throw thrown;
    throw toStorageError(action, thrown);
  }
}
