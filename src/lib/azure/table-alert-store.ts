import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { newMinute, type AlertMinute } from '../alerts/alert-minute.ts';
import type { AlertRecord, AlertStore, BesideRecord } from '../alerts/alert-record.ts';
import { TABLE_NAMES } from './names.ts';
import { attempt, isConflict, unlessBeaten } from './storage-errors.ts';
import type { Storage } from './storage.ts';
import { type Entity, getEntity, lazyTable, listEntities, pick, putAction, putEntity } from './table-entities.ts';
import { checkVersion } from './window-entity.ts';

/** One partition, so that a record and its place in the list of open ones change together. */
const PARTITION = 'alerts';
const VERSION = 1;

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
const MINUTE_FIELDS: readonly Exclude<keyof AlertMinute, 'minute'>[] = [
  'posted',
  'summarised',
  'isClosed',
  'firstTime',
  'lastTime',
  'score',
  'severity',
  'priority',
  'etag',
];
const RECORD_FIELDS: readonly Exclude<keyof AlertRecord, 'etag'>[] = [
  'key',
  'id',
  'state',
  'attempts',
  'since',
  'at',
  'notBefore',
  'lastError',
  'owner',
  'minute',
  'summarises',
  'payload',
];

async function readRecord(table: TableClient, key: string): Promise<AlertRecord | undefined> {
  const entity = await getEntity(table, PARTITION, recordKey(key));
  return entity && { ...toRecord(entity), etag: entity.etag ?? '' };
}

async function saveRecord(table: TableClient, record: AlertRecord, beside?: BesideRecord): Promise<boolean> {
  const actions = actionsOf(record);
  if (beside !== undefined) actions.push(minuteAction(beside.minute));
  if (beside?.summary !== undefined) actions.push(...actionsOf(beside.summary));
  const stored = await unlessBeaten(table.submitTransaction(actions));
  if (stored === undefined) return false;
  record.etag = stored.subResponses[0]?.etag ?? '';
  return true;
}

function actionsOf({ etag, ...stored }: AlertRecord): TransactionAction[] {
  const { payload: _, ...shown } = stored;
  const whole = toEntity(recordKey(stored.key), stored);
  const listed = toEntity(openKey(stored.key), shown);
  const save = putAction(whole, etag);
  // It is summarised from the first, so nothing lists it.
  if (stored.state === 'summarised') return [save];
  return [save, stored.state === 'done' ? ['delete', listed] : ['upsert', listed, 'Replace']];
}

function minuteAction({ etag, ...stored }: AlertMinute): TransactionAction {
  return putAction(toEntity(minuteKey(stored.minute), stored), etag);
}

async function readMinute(table: TableClient, minute: string): Promise<AlertMinute> {
  const entity = await getEntity(table, PARTITION, minuteKey(minute));
  return entity === undefined
    ? newMinute(minute)
    : { minute, ...pick<Omit<AlertMinute, 'minute'>>(entity, MINUTE_FIELDS) };
}

async function countSummarised(table: TableClient, from: string): Promise<number> {
  const filter = odata`PartitionKey eq ${PARTITION} and RowKey ge ${minuteKey(from)} and RowKey lt ${minuteKey('~')}`;
  return (await listEntities(table, { filter })).reduce((sum, { summarised }) => sum + Number(summarised), 0);
}

async function readStart(table: TableClient): Promise<string | undefined> {
  const entity = await getEntity(table, PARTITION, START_KEY);
  return entity && String(entity.start);
}

async function keepStart(table: TableClient, start: string): Promise<string> {
  try {
    await putEntity(table, toEntity(START_KEY, { start }), undefined);
    return start;
  } catch (thrown) {
    const kept = isConflict(thrown) ? await readStart(table) : undefined;
    if (kept === undefined) throw thrown;
    return kept;
  }
}

async function isUsed(table: TableClient): Promise<boolean> {
  const filter = odata`PartitionKey eq ${PARTITION} and RowKey ge ${recordKey('')} and RowKey lt ${recordKey('~')}`;
  return (await listEntities(table, { filter, select: ['RowKey'] }, 1)).length > 0;
}

const OPEN = odata`PartitionKey eq ${PARTITION} and RowKey ge ${openKey('')} and RowKey lt ${openKey('~')}`;
const GIVEN_UP = `${OPEN} and (state eq 'undelivered' or state eq 'uncertain')`;

async function listOpen(table: TableClient, limit: number): Promise<AlertRecord[]> {
  const first = await listEntities(table, { filter: OPEN }, limit);
  // They come in the order of their keys: behind a full list those that wait for a person are asked for by themselves.
  const more = first.length < limit ? [] : await listEntities(table, { filter: GIVEN_UP }, limit);
  const records = new Map([...first, ...more].map(toRecord).map((record) => [record.key, record]));
  return [...records.values()].sort((one, two) => Number(isGivenUp(two)) - Number(isGivenUp(one))).slice(0, limit);
}

function isGivenUp({ state }: AlertRecord): boolean {
  return state === 'undelivered' || state === 'uncertain';
}

function toEntity(rowKey: string, stored: object): Entity {
  return { partitionKey: PARTITION, rowKey, version: VERSION, ...stored };
}

function toRecord(entity: Entity): AlertRecord {
  checkVersion('alert', entity);
  return pick(entity, RECORD_FIELDS);
}
