import { NewerReleaseError, type RepairCause } from '../errors.ts';
import type { WindowRecord } from '../pipeline/ports.ts';
import type { Json, WindowCounts } from '../pipeline/stream.ts';
import { type Entity, pick } from './table-entities.ts';

/** Version of the stored checkpoints; a newer one is refused, so that a roll-back never reads what it does not understand. */
export const CHECKPOINT_VERSION = 1;

/** Table partition of a run: backfills keep their windows apart from the live ones. */
export function partitionOf(stream: string, run: string): string {
  return run === 'live' ? stream : `${stream}~${run}`;
}

/** A checkpoint as a table entity. */
export function toEntity({ key, etag: _, counts, claim, ...record }: WindowRecord): Entity {
  const { begin, cursor, witness, lastError, stoppedBy, ...same } = record;
  return {
    ...same,
    ...counts,
    version: CHECKPOINT_VERSION,
    begin: jsonOf(begin),
    cursor: jsonOf(cursor),
    witness: jsonOf(witness),
    claimOwner: claim?.owner,
    claimUntil: claim?.until,
    lastError: lastError?.slice(0, 2000),
    stoppedBy: stoppedBy?.join(' '),
    partitionKey: partitionOf(record.stream, record.run),
    rowKey: key,
  };
}

/**
 * A window whose slices take its place, counts and all. It is deleted behind the transaction that ends it: within one, the SDK deletes whatever
 * has become of a row since it was read.
 */
export function endedEntity({ begin: _, claim: __, cursor: ___, witness: ____, ...record }: WindowRecord): Entity {
  const counts = { pages: 0, calls: 0, rows: 0, fetched: 0 };
  return toEntity({ ...record, state: 'closed', closedAt: record.progressAt, counts });
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

const BOUNDS = ['stream', 'run', 'from', 'to', 'slice', 'isFirst'] as const;
const PROGRESS = ['state', 'attempts', 'readFailures', 'waits', 'shortReads', 'startedOver', 'lastError'] as const;
const TIMES = ['plannedAt', 'queuedAt', 'startedAt', 'progressAt', 'shortSince', 'notBefore', 'closedAt'] as const;
const MARKS = ['acknowledged', 'acceptsDeadLetters', 'acceptsOutside'] as const;
/** Fields that are stored as they are. */
const PLAIN = [...BOUNDS, ...PROGRESS, ...TIMES, ...MARKS, 'etag'] as const;
const RECEIVED = ['pages', 'calls', 'rows', 'fetched', 'expected', 'listed', 'parts', 'missingSeconds'] as const;
const COUNTS = [...RECEIVED, 'deadLetters', 'outside', 'repaired', 'unchanged'] as const;

/** Fields that are stored as texts of another form. */
type Texts = Partial<Record<keyof WindowRecord | 'claimOwner' | 'claimUntil', string>>;

/** Reads a checkpoint back, without what a newer release has added. @throws NewerReleaseError for one of a newer version. */
export function fromEntity(entity: Entity): WindowRecord {
  checkVersion('window', entity);
  const { begin, cursor, witness, claimOwner: owner, claimUntil: until = '', repair, stoppedBy } = entity as Texts;
  return {
    ...pick<Pick<WindowRecord, (typeof PLAIN)[number]>>(entity, PLAIN),
    key: entity.rowKey,
    counts: pick<WindowCounts>(entity, COUNTS),
    ...(begin === undefined ? {} : { begin: JSON.parse(begin) as Json }),
    ...(cursor === undefined ? {} : { cursor: JSON.parse(cursor) as Json }),
    ...(witness === undefined ? {} : { witness: JSON.parse(witness) as Json }),
    ...(owner === undefined ? {} : { claim: { owner, until } }),
    ...(isRepairCause(repair) ? { repair } : {}),
    ...(stoppedBy === undefined ? {} : { stoppedBy: stoppedBy.split(' ') }),
  };
}

function jsonOf(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

function isRepairCause(text: string | undefined): text is RepairCause {
  return text === 'account' || text === 'identity' || text === 'settings';
}
