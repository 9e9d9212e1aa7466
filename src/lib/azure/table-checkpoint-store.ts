import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { randomUUID } from 'node:crypto';
import { ClaimLostError } from '../errors.ts';
import { groupsOf } from '../groups.ts';
import type { BackfillRecord, CheckpointStore, WatermarkRecord, WindowRecord } from '../pipeline/ports.ts';
import { isLook } from '../pipeline/look-back.ts';
import { isFinished } from '../pipeline/plan-windows.ts';
import { noteStored } from '../pipeline/window-state.ts';
import { compactTime } from '../pipeline/window.ts';
import { TABLE_NAMES } from './names.ts';
import { ifNew, isConflict } from './storage-errors.ts';
import type { Storage } from './storage.ts';
import {
  deleteWhere,
  type Entity,
  getEntity,
  listEntities,
  openTable,
  pick,
  putAction,
  putEntity,
  rowsBetween,
} from './table-entities.ts';
import {
  LEDGER_PREFIX,
  ledgerPrefix,
  loadLedgers,
  openLedger,
  type TableLedger,
  windowOfLedger,
} from './table-ledger.ts';
import { CHECKPOINT_VERSION, checkVersion, endedEntity, fromEntity, partitionOf, toEntity } from './window-entity.ts';

/** A transaction holds at most 100 actions. */
const TRANSACTION_SIZE = 100;
/** First key that no window has: keys start with a year. */
const AFTER_ALL_WINDOWS = '~';
/** The row beside a stream's live windows that changes whenever some are opened; its ETag is the tag of the plan. */
const PLAN_KEY = '~plan';

/** The checkpoint store over Table Storage. Tables are made at first use. */
export function createTableCheckpointStore(storage: Storage): CheckpointStore {
  const inWatermarks = openTable(storage, TABLE_NAMES.watermarks);
  const inWindows = openTable(storage, TABLE_NAMES.windows);
  const inBackfills = openTable(storage, TABLE_NAMES.backfills);
  const ledgers = new WeakMap<WindowRecord, Map<string, TableLedger>>();

  function ledgerOf(table: TableClient, record: WindowRecord, name: string): TableLedger {
    const named = ledgers.get(record) ?? new Map<string, TableLedger>();
    ledgers.set(record, named);
    const ledger = named.get(name) ?? openLedger(table, record, name);
    named.set(name, ledger);
    return ledger;
  }

  return {
    readWatermark: (stream) =>
      inWatermarks('reading a watermark', async (table) => {
        const entity = await getEntity(table, stream, 'watermark');
        return entity && toWatermark(entity);
      }),
    saveWatermark: (record) =>
      inWatermarks('storing a watermark', (table) => save(table, record.stream, 'watermark', record)),
    listWindows: (stream, run, since, limit = Infinity) =>
      inWindows('listing windows', async (table) => {
        const from = since === undefined ? '0' : compactTime(since);
        const filter = rowsBetween(partitionOf(stream, run), from, AFTER_ALL_WINDOWS);
        return (await listEntities(table, { filter }, limit)).map(fromEntity);
      }),
    readWindow: (stream, run, key) =>
      inWindows('reading a window', async (table) => {
        if (key >= AFTER_ALL_WINDOWS) return undefined;
        const entity = await getEntity(table, partitionOf(stream, run), key);
        return entity && fromEntity(entity);
      }),
    listRunning: (stream) =>
      inWindows('listing windows in work', async (table) => {
        const [first, last] = [partitionOf(stream, ''), partitionOf(stream, AFTER_ALL_WINDOWS)];
        // Ledgers lie behind the live windows, and are not gone through.
        const live = odata`PartitionKey eq ${stream} and RowKey lt ${AFTER_ALL_WINDOWS} and state eq 'running'`;
        const backfills = odata`PartitionKey ge ${first} and PartitionKey lt ${last} and state eq 'running'`;
        return [
          ...(await listEntities(table, { filter: live })),
          ...(await listEntities(table, { filter: backfills })),
        ].map(fromEntity);
      }),
    readPlanTag: (stream) =>
      inWindows('reading a plan', async (table) => {
        const entity = await getEntity(table, partitionOf(stream, 'live'), PLAN_KEY);
        return entity?.etag;
      }),
    openWindows: (records, planTag) =>
      inWindows('opening windows', async (table) => {
        let tag = planTag;
        for (const some of groupsOf(records, TRANSACTION_SIZE - 1)) tag = await openAll(table, some, tag);
      }),
    insertWindows: (records) =>
      inWindows('adding windows', async (table) => {
        for (const some of groupsOf(records, TRANSACTION_SIZE)) await insertAll(table, some.map(toEntity));
      }),
    saveWindow: (record, ledger = {}) =>
      inWindows('storing a checkpoint', async (table) => {
        const actions = [putAction(toEntity(record), record.etag ?? '')];
        for (const [name, keys] of Object.entries(ledger)) {
          if (keys.length > 0) actions.push(...(await ledgerOf(table, record, name).append(keys)));
        }
        noteStored(record, await submit(table, actions, `window ${record.key}`));
      }),
    splitWindow: (record, slices) =>
      inWindows('splitting a window', async (table) => {
        const ended = endedEntity(record);
        const actions = [putAction(ended, record.etag ?? '')];
        for (const slice of slices) actions.push(putAction(toEntity(slice), undefined));
        const etag = await submit(table, actions, `window ${record.key}`);
        // A look back stays: it tells when was looked.
        if (isLook(record)) return;
        // What is left of it where this fails covers no time that its slices do not, and is pruned with them.
        await table.deleteEntity(ended.partitionKey, ended.rowKey, { etag }).catch(() => undefined);
      }),
    ledger: (record) => ({
      load: (name) => inWindows('loading a ledger', (table) => ledgerOf(table, record, name).load()),
    }),
    clearLedger: (record) =>
      inWindows('clearing a ledger', async (table) => {
        // Who reads a window with ledgers opens them, even those that another worker has written.
        if (!ledgers.has(record)) return;
        const prefix = ledgerPrefix(record.key);
        const filter = rowsBetween(partitionOf(record.stream, record.run), prefix, `${prefix}~~`);
        await deleteWhere(table, { filter }, () => true);
        ledgers.delete(record);
      }),
    ledgersOf: (stream, name, since, until) =>
      inWindows('loading ledgers', (table) =>
        loadLedgers(table, partitionOf(stream, 'live'), name, compactTime(since), compactTime(until)),
      ),
    pruneWindows: (stream, run, before, ledgersBefore) =>
      inWindows('pruning windows', async (table) => {
        const partition = partitionOf(stream, run);
        const end = compactTime(before);
        const old = odata`PartitionKey eq ${partition} and RowKey lt ${end}`;
        await deleteWhere(table, { filter: old }, (entity) => isPrunable(fromEntity(entity), before));
        const oldLedgers = rowsBetween(partition, LEDGER_PREFIX, `${LEDGER_PREFIX}~${compactTime(ledgersBefore)}`);
        // Those of a window that is not closed stay as long as it does: an operator may have it read again, however old it is.
        const isOver = async ({ rowKey }: Entity): Promise<boolean> => {
          const window = await getEntity(table, partition, windowOfLedger(rowKey));
          return window === undefined || window.state === 'closed';
        };
        await deleteWhere(table, { filter: oldLedgers, select: ['PartitionKey', 'RowKey'] }, isOver);
      }),
    readBackfill: (id) =>
      inBackfills('reading a backfill', async (table) => {
        const entity = await getEntity(table, 'backfill', id);
        return entity && toBackfill(entity);
      }),
    listBackfills: () =>
      inBackfills('listing backfills', async (table) => {
        const found = (await listEntities(table, {})).map(toBackfill);
        return found.sort((left, right) => right.startedAt.localeCompare(left.startedAt));
      }),
    saveBackfill: (record) => inBackfills('storing a backfill', (table) => save(table, 'backfill', record.id, record)),
  };
}

/** Stores a record under its ETag, and notes the new one. */
async function save(
  table: TableClient,
  partitionKey: string,
  rowKey: string,
  record: WatermarkRecord | BackfillRecord,
): Promise<void> {
  const { etag, ...fields } = record;
  const entity = { ...fields, version: CHECKPOINT_VERSION, partitionKey, rowKey };
  record.etag = await unlessLost(`record ${rowKey}`, putEntity(table, entity, etag));
}

/** Adds entities of one partition in one transaction, or one by one when some exist already. */
async function insertAll(table: TableClient, entities: Entity[]): Promise<void> {
  if (entities.length === 0) return;
  const made = await ifNew(table.submitTransaction(entities.map((entity) => ['create', entity])));
  if (made === undefined) for (const entity of entities) await ifNew(table.createEntity(entity));
}

/**
 * Adds windows of a stream and changes its plan's tag in one transaction; returns the new tag. The plan's row names the transaction: when
 * its answer was lost and the SDK has sent it again, the second one finds what the first has done.
 */
async function openAll(table: TableClient, records: WindowRecord[], tag: string | undefined): Promise<string> {
  const entities = records.map(toEntity);
  const transaction = randomUUID();
  const plan = { partitionKey: entities[0]?.partitionKey ?? '', rowKey: PLAN_KEY, transaction };
  const actions = [putAction(plan, tag), ...entities.map((entity) => putAction(entity, undefined))];
  try {
    return await submit(table, actions, `plan of ${plan.partitionKey}`);
  } catch (error) {
    const stored = await getEntity(table, plan.partitionKey, PLAN_KEY);
    if (stored?.transaction !== transaction) throw error;
    return stored.etag ?? '';
  }
}

/** @returns the new ETag of the first row. @throws ClaimLostError as `unlessLost`. */
async function submit(table: TableClient, actions: TransactionAction[], what: string): Promise<string> {
  const { subResponses } = await unlessLost(`the ${what}`, table.submitTransaction(actions));
  return subResponses[0]?.etag ?? '';
}

/** @throws ClaimLostError when somebody else was faster. */
async function unlessLost<T>(what: string, change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (thrown) {
    if (isConflict(thrown)) throw new ClaimLostError(`${what} was changed by another worker`, { cause: thrown });
    throw thrown;
  }
}

function isPrunable(record: WindowRecord, before: string): boolean {
  if (Date.parse(record.to) > Date.parse(before)) return false;
  return record.state === 'incomplete' ? record.acknowledged === true : isFinished(record);
}

function toWatermark(entity: Entity): WatermarkRecord {
  checkVersion('the watermark of', { ...entity, rowKey: entity.partitionKey });
  return pick(entity, ['stream', 'watermark', 'start', 'lastTick', 'opening', 'etag']);
}

function toBackfill(entity: Entity): BackfillRecord {
  checkVersion('backfill', entity);
  return pick(entity, ['id', 'stream', 'from', 'to', 'status', 'startedAt', 'updatedAt', 'etag']);
}
