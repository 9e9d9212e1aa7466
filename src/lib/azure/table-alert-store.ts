import type { TableClient, TransactionAction } from '@azure/data-tables';
import { newMinute, type AlertMinute } from '../alerts/alert-minute.ts';
import type { AlertRecord, AlertStore } from '../alerts/alert-record.ts';
import { TABLE_NAMES } from './names.ts';
import { isConflict, unlessBeaten } from './storage-errors.ts';
import type { Storage } from './storage.ts';
import {
  type Entity,
  getEntity,
  listEntities,
  openTable,
  pick,
  putAction,
  putEntity,
  rowsBetween,
} from './table-entities.ts';
import { checkVersion } from './window-entity.ts';

/** One partition, so that a record and its place in the list of open ones change together. */
const PARTITION = 'alerts';
const VERSION = 1;

const recordKey = (key: string): string => `id~${key}`;
const openKey = (key: string): string => `open~${key}`;
const minuteKey = (minute: string): string => `minute~${minute}`;
const START_KEY = 'start';
const OF_SUMMARY = ['firstTime', 'lastTime', 'score', 'severity', 'priority'] as const;
const MINUTE_FIELDS = ['posted', 'summarised', 'isClosed', ...OF_SUMMARY, 'etag'] as const;
const TRIES = ['state', 'attempts', 'since', 'at', 'notBefore', 'lastError', 'owner'] as const;
const RECORD_FIELDS = ['key', 'id', ...TRIES, 'minute', 'summarises', 'payload'] as const;

/** Alerts in Table Storage: a row each, a row more without the payload as long as it is open, a row a minute, and one for the start. */
export function createTableAlertStore(storage: Storage): AlertStore {
  const inTable = openTable(storage, TABLE_NAMES.alerts);
  return {
    read: (key) =>
      inTable('reading an alert', async (table) => {
        const entity = await getEntity(table, PARTITION, recordKey(key));
        return entity && { ...toRecord(entity), etag: entity.etag ?? '' };
      }),
    save: (record, beside) =>
      inTable('storing an alert', async (table) => {
        const actions = actionsOf(record);
        if (beside !== undefined) actions.push(minuteAction(beside.minute));
        if (beside?.summary !== undefined) actions.push(...actionsOf(beside.summary));
        const stored = await unlessBeaten(table.submitTransaction(actions));
        if (stored === undefined) return false;
        record.etag = stored.subResponses[0]?.etag ?? '';
        return true;
      }),
    listOpen: (limit) => inTable('listing alerts', (table) => listOpen(table, limit)),
    readMinute: (minute) =>
      inTable('reading a minute of alerts', async (table) => {
        const entity = await getEntity(table, PARTITION, minuteKey(minute));
        if (entity === undefined) return newMinute(minute);
        return { minute, ...pick<Omit<AlertMinute, 'minute'>>(entity, MINUTE_FIELDS) };
      }),
    countSummarised: (from) =>
      inTable('counting alerts', async (table) => {
        const minutes = await listEntities(table, { filter: rowsBetween(PARTITION, minuteKey(from), minuteKey('~')) });
        return minutes.reduce((sum, { summarised }) => sum + Number(summarised), 0);
      }),
    readStart: () => inTable('reading the start of alerts', readStart),
    keepStart: (start) => inTable('storing the start of alerts', (table) => keepStart(table, start)),
    isUsed: () =>
      inTable('looking for alerts', async (table) => {
        const filter = rowsBetween(PARTITION, recordKey(''), recordKey('~'));
        return (await listEntities(table, { filter, select: ['RowKey'] }, 1)).length > 0;
      }),
  };
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

const OPEN = rowsBetween(PARTITION, openKey(''), openKey('~'));
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
