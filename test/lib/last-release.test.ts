import type { TableClient } from '@azure/data-tables';
import { describe, expect, test } from 'vitest';
import type * as AlertItemModule from '../../src/lib/alerts/alert-item.ts';
import { alertKey, type AlertRecord, type AlertState } from '../../src/lib/alerts/alert-record.ts';
import { emptyLimitState, type LimitState } from '../../src/lib/azure/limit-state.ts';
import { TABLE_NAMES } from '../../src/lib/azure/names.ts';
import { openSharedRow } from '../../src/lib/azure/shared-row.ts';
import { createTableAlertStore } from '../../src/lib/azure/table-alert-store.ts';
import type * as AlertStoreModule from '../../src/lib/azure/table-alert-store.ts';
import { createTableCheckpointStore } from '../../src/lib/azure/table-checkpoint-store.ts';
import type * as CheckpointStoreModule from '../../src/lib/azure/table-checkpoint-store.ts';
import { toEntity } from '../../src/lib/azure/window-entity.ts';
import type * as WindowEntityModule from '../../src/lib/azure/window-entity.ts';
import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import type * as PlanWindowsModule from '../../src/lib/pipeline/plan-windows.ts';
import type { AlertItem } from '../../src/lib/alerts/ports.ts';
import type {
  BackfillRecord,
  WatermarkRecord,
  WindowRecord,
  WindowState,
  WorkItem,
} from '../../src/lib/pipeline/ports.ts';
import type { ApiName } from '../../src/lib/pipeline/stream.ts';
import type * as WorkItemModule from '../../src/lib/pipeline/work-item.ts';
import { importLastRelease, openLastRelease } from '../support/last-release.ts';
import { testStorage, uniqueName } from '../support/storage.ts';

/** `azure/limit-row.ts` of that release, of which there is none today. */
interface LimitRowModule {
  readonly openLimitRow: (
    api: ApiName,
    table: () => Promise<TableClient>,
  ) => { readonly read: () => Promise<{ readonly state: LimitState }> };
}

type Old = typeof AlertItemModule &
  typeof AlertStoreModule &
  typeof CheckpointStoreModule &
  LimitRowModule &
  typeof PlanWindowsModule &
  typeof WindowEntityModule &
  typeof WorkItemModule;

const MODULES = [
  'alerts/alert-item.ts',
  'azure/limit-row.ts',
  'azure/table-alert-store.ts',
  'azure/table-checkpoint-store.ts',
  'azure/window-entity.ts',
  'pipeline/plan-windows.ts',
  'pipeline/work-item.ts',
];

const release = await openLastRelease();
const missing = 'missing' in release ? release.missing : '';
if (missing !== '') console.warn(`test/lib/last-release.test.ts is skipped: ${missing}`);
const old = 'missing' in release ? ({} as Old) : await importLastRelease<Old>(release.dir, 'state', MODULES);

const TIME = '2026-05-01T12:00:00.000Z';

// Each of these lists names all there is, as its type demands. What is added must be such that the last release can do without it, and a
// state or a field of a message is not (ADR 0023).

const WINDOW: Required<Omit<WindowRecord, 'etag'>> = {
  stream: 'edr-events',
  run: 'live',
  key: '20260501T100000Z-20260501T101500Z~type.file',
  from: '2026-05-01T10:00:00Z',
  to: '2026-05-01T10:15:00Z',
  slice: 'type.file',
  state: 'planned',
  cursor: { page: 3 },
  begin: { page: 0 },
  witness: { held: 1300 },
  counts: { pages: 3, calls: 5, rows: 1200, fetched: 1190, expected: 1300, parts: 7, unchanged: 40 },
  attempts: 2,
  readFailures: 1,
  shortReads: 4,
  waits: 3,
  shortSince: TIME,
  notBefore: TIME,
  claim: { owner: 'host-1', until: TIME },
  progressAt: TIME,
  queuedAt: TIME,
  plannedAt: TIME,
  startedAt: TIME,
  closedAt: TIME,
  lastError: 'why',
  repair: 'account',
  stoppedBy: ['row-1', 'row-2'],
  acceptsDeadLetters: true,
  isFirst: true,
  startedOver: true,
  acceptsOutside: true,
  acknowledged: true,
};
const WINDOW_STATES: Record<WindowState, true> = {
  planned: true,
  running: true,
  closed: true,
  incomplete: true,
  failed: true,
  waived: true,
};
const WATERMARK: Required<Omit<WatermarkRecord, 'etag' | 'stream'>> = {
  watermark: '2026-05-01T10:00:00Z',
  start: '2026-04-30T10:00:00Z',
  lastTick: TIME,
  opening: true,
};
const BACKFILL: Required<Omit<BackfillRecord, 'etag' | 'id'>> = {
  stream: 'edr-events',
  from: '2026-05-01T10:00:00Z',
  to: '2026-05-01T11:00:00Z',
  status: 'running',
  startedAt: TIME,
  updatedAt: TIME,
};
const WORK_ITEM: Required<WorkItem> = {
  version: 1,
  stream: 'edr-events',
  run: 'live',
  window: WINDOW.key,
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};
const ALERT_ITEM: Required<AlertItem> = { version: 1, id: 'alert', payload: '{"a":1}', queuedAt: TIME };
const ALERT: Required<Omit<AlertRecord, 'etag' | 'key' | 'id'>> = {
  state: 'waiting',
  attempts: 3,
  since: TIME,
  at: TIME,
  notBefore: TIME,
  lastError: 'why',
  owner: 'host-1',
  minute: '2026-05-01T12:00Z',
  summarises: '2026-05-01T12:00Z',
  payload: '{"a":1}',
};
const ALERT_STATES: Record<AlertState, true> = {
  posting: true,
  waiting: true,
  done: true,
  undelivered: true,
  uncertain: true,
  // It posts these no more: neither waiting nor posting.
  summarised: true,
};

describe.skipIf(missing !== '')('what this release stores or sends, the last one reads the same way', () => {
  test('windows, field by field', () => {
    const { etag: _, ...read } = old.fromEntity({ ...toEntity(WINDOW), etag: 'e' });
    expect(WINDOW).toMatchObject(read);
    expect(Object.keys(read)).toHaveLength(23);
  });

  test.each(Object.keys(WINDOW_STATES) as WindowState[])('windows that are %s: finished or not', (state) => {
    const read = old.fromEntity({ ...toEntity({ ...WINDOW, state }), etag: 'e' });
    expect(old.isFinished(read)).toBe(isFinished({ state }));
  });

  test('windows, their ledgers and the plan, in the tables', async () => {
    const storage = await testStorage();
    const [mine, theirs] = [createTableCheckpointStore(storage), old.createTableCheckpointStore(storage)];
    const record = { ...WINDOW, stream: uniqueName() };
    await mine.openWindows([record], await theirs.readPlanTag(record.stream));
    const [own] = await mine.listWindows(record.stream, 'live');
    await mine.saveWindow(own!, { fetched: Buffer.alloc(32, 'a key of 16 byte') });
    const [read] = await theirs.listWindows(record.stream, 'live');
    expect(own).toMatchObject(read!);
    expect(await theirs.ledger(read!).load('fetched')).toEqual(await mine.ledger(own!).load('fetched'));
    expect(await theirs.readPlanTag(record.stream)).toBe(await mine.readPlanTag(record.stream));
  });

  test('watermarks and backfills', async () => {
    const storage = await testStorage();
    const [mine, theirs] = [createTableCheckpointStore(storage), old.createTableCheckpointStore(storage)];
    const [stream, id] = [uniqueName(), uniqueName('b')];
    await mine.saveWatermark({ ...WATERMARK, stream });
    await mine.saveBackfill({ ...BACKFILL, id });
    expect(await mine.readWatermark(stream)).toMatchObject((await theirs.readWatermark(stream))!);
    expect(await mine.readBackfill(id)).toMatchObject((await theirs.readBackfill(id))!);
  });

  test('limits', async () => {
    const table = (await testStorage()).table(TABLE_NAMES.limits);
    await table.createTable();
    await table.deleteEntity('limits', 'edr').catch(() => undefined);
    const state = { ...emptyLimitState('edr'), pausedUntil: 5, pauseReason: 'told so', concurrencyLimit: 3 };
    await openSharedRow(() => Promise.resolve(table), 'edr', emptyLimitState('edr')).write(() => state);
    expect((await old.openLimitRow('edr', () => Promise.resolve(table)).read()).state).toEqual(state);
    await table.deleteEntity('limits', 'edr');
  });

  test.each(Object.keys(ALERT_STATES) as AlertState[])('alerts that are %s', async (state) => {
    const storage = await testStorage();
    const id = uniqueName('alert');
    const mine = createTableAlertStore(storage);
    const record: AlertRecord = { ...ALERT, state: 'posting', id, key: alertKey(id) };
    await mine.save(record);
    record.state = state;
    await mine.save(record);
    const read = await old.createTableAlertStore(storage).read(record.key);
    expect(record).toMatchObject(read!);
    expect(Object.keys(read!)).toHaveLength(11);
  });

  test('messages of both queues', () => {
    expect(old.parseWorkItem(WORK_ITEM)).toEqual(WORK_ITEM);
    expect(old.parseAlertItem(ALERT_ITEM)).toEqual(ALERT_ITEM);
  });
});
