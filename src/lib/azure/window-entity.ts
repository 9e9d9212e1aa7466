import type { TableEntityResult } from '@azure/data-tables';
import { NewerReleaseError, type RepairCause } from '../errors.ts';
import type { WindowRecord, WindowState } from '../pipeline/ports.ts';
import type { Json } from '../pipeline/stream.ts';

/** Version of the stored checkpoints; a newer one is refused, so that a roll-back never reads what it does not understand. */
export const CHECKPOINT_VERSION = 1;

/** Table partition of a run: backfills keep their windows apart from the live ones. */
export function partitionOf(stream: string, run: string): string {
  return run === 'live' ? stream : `${stream}~${run}`;
}

/** A checkpoint as a table entity; absent fields are left out. */
export function toEntity(record: WindowRecord): { partitionKey: string; rowKey: string } & Record<string, unknown> {
  const { counts, claim, cursor } = record;
  const fields: Record<string, unknown> = {
    version: CHECKPOINT_VERSION,
    stream: record.stream,
    run: record.run,
    from: record.from,
    to: record.to,
    slice: record.slice,
    isFirst: record.isFirst,
    state: record.state,
    cursor: cursor === undefined ? undefined : JSON.stringify(cursor),
    pages: counts.pages,
    calls: counts.calls,
    rows: counts.rows,
    deadLetters: counts.deadLetters,
    expected: counts.expected,
    fetched: counts.fetched,
    parts: counts.parts,
    outside: counts.outside,
    repaired: counts.repaired,
    listed: counts.listed,
    attempts: record.attempts,
    readFailures: record.readFailures,
    waits: record.waits,
    shortReads: record.shortReads,
    shortSince: record.shortSince,
    notBefore: record.notBefore,
    claimOwner: claim?.owner,
    claimUntil: claim?.until,
    progressAt: record.progressAt,
    queuedAt: record.queuedAt,
    plannedAt: record.plannedAt,
    startedAt: record.startedAt,
    closedAt: record.closedAt,
    lastError: record.lastError?.slice(0, 2000),
    repair: record.repair,
    startedOver: record.startedOver,
    acknowledged: record.acknowledged,
    stoppedBy: record.stoppedBy?.join(' '),
    acceptsDeadLetters: record.acceptsDeadLetters,
    acceptsOutside: record.acceptsOutside,
  };
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return { ...present, partitionKey: partitionOf(record.stream, record.run), rowKey: record.key };
}

/** @throws NewerReleaseError for a stored record of a newer version. */
export function checkVersion(what: string, entity: { readonly version?: unknown; readonly rowKey?: string }): void {
  const version = Number(entity.version ?? CHECKPOINT_VERSION);
  if (version <= CHECKPOINT_VERSION) return;
  throw new NewerReleaseError(
    `${what} ${entity.rowKey ?? ''} was stored by a newer version of the connector (checkpoint version ${version}, this one reads ${CHECKPOINT_VERSION})`,
    { scope: 'storage' },
  );
}

/** Reads a checkpoint back. @throws NewerReleaseError for one of a newer version. */
export function fromEntity(entity: TableEntityResult<Record<string, unknown>>): WindowRecord {
  checkVersion('window', entity);
  const text = (name: string): string | undefined => {
    const value = entity[name];
    return typeof value === 'string' ? value : undefined;
  };
  const number = (name: string): number => Number(entity[name] ?? 0);
  const record: WindowRecord = {
    stream: text('stream') ?? '',
    run: text('run') ?? 'live',
    key: entity.rowKey ?? '',
    from: text('from') ?? '',
    to: text('to') ?? '',
    state: (text('state') ?? 'planned') as WindowState,
    counts: { pages: number('pages'), calls: number('calls'), rows: number('rows'), fetched: number('fetched') },
    attempts: number('attempts'),
    waits: number('waits'),
    shortReads: number('shortReads'),
    progressAt: text('progressAt') ?? '',
    plannedAt: text('plannedAt') ?? '',
    etag: entity.etag,
    ...optional('slice', text('slice')),
    ...(entity.isFirst === true ? { isFirst: true } : {}),
  };
  const owner = text('claimOwner');
  if (owner !== undefined) record.claim = { owner, until: text('claimUntil') ?? '' };
  if (entity.expected !== undefined) record.counts.expected = number('expected');
  if (entity.parts !== undefined) record.counts.parts = number('parts');
  if (entity.deadLetters !== undefined) record.counts.deadLetters = number('deadLetters');
  if (entity.outside !== undefined) record.counts.outside = number('outside');
  if (entity.repaired !== undefined) record.counts.repaired = number('repaired');
  if (entity.listed !== undefined) record.counts.listed = number('listed');
  const cursor = text('cursor');
  if (cursor !== undefined) record.cursor = JSON.parse(cursor) as Json;
  if (entity.readFailures !== undefined) record.readFailures = number('readFailures');
  const repair = text('repair');
  if (isRepairCause(repair)) record.repair = repair;
  if (entity.startedOver === true) record.startedOver = true;
  if (entity.acknowledged === true) record.acknowledged = true;
  const stoppedBy = text('stoppedBy');
  if (stoppedBy !== undefined) record.stoppedBy = stoppedBy.split(' ');
  if (entity.acceptsDeadLetters === true) record.acceptsDeadLetters = true;
  if (entity.acceptsOutside === true) record.acceptsOutside = true;
  Object.assign(
    record,
    optional('notBefore', text('notBefore')),
    optional('shortSince', text('shortSince')),
    optional('queuedAt', text('queuedAt')),
    optional('startedAt', text('startedAt')),
    optional('closedAt', text('closedAt')),
    optional('lastError', text('lastError')),
  );
  return record;
}

function isRepairCause(text: string | undefined): text is RepairCause {
  return text === 'account' || text === 'identity' || text === 'settings';
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, string>>);
}
