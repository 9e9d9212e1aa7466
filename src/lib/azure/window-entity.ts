import { NewerReleaseError, type RepairCause } from '../errors.ts';
import type { WindowRecord, WindowState } from '../pipeline/ports.ts';
import type { Json } from '../pipeline/stream.ts';
import type { Entity } from './table-entities.ts';

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

/** Reads a checkpoint back. @throws NewerReleaseError for one of a newer version. */
export function fromEntity(entity: Entity): WindowRecord {
  checkVersion('window', entity);
  const text = (name: string): string | undefined => {
    const value = entity[name];
    return typeof value === 'string' ? value : undefined;
  };
  const number = (name: string): number => Number(entity[name] ?? 0);
  const [owner, repair, stoppedBy] = [text('claimOwner'), text('repair'), text('stoppedBy')];
  return {
    stream: text('stream') ?? '',
    run: text('run') ?? 'live',
    key: entity.rowKey,
    from: text('from') ?? '',
    to: text('to') ?? '',
    state: (text('state') ?? 'planned') as WindowState,
    counts: {
      pages: number('pages'),
      calls: number('calls'),
      rows: number('rows'),
      fetched: number('fetched'),
      ...present(COUNTS, (name) => (entity[name] === undefined ? undefined : number(name))),
    },
    attempts: number('attempts'),
    waits: number('waits'),
    shortReads: number('shortReads'),
    progressAt: text('progressAt') ?? '',
    plannedAt: text('plannedAt') ?? '',
    etag: entity.etag ?? '',
    ...present(TEXTS, text),
    ...present(FLAGS, (name) => (entity[name] === true ? true : undefined)),
    ...(entity.readFailures === undefined ? {} : { readFailures: number('readFailures') }),
    ...(owner === undefined ? {} : { claim: { owner, until: text('claimUntil') ?? '' } }),
    ...present(JSONS, (name) => parse(text(name))),
    ...(isRepairCause(repair) ? { repair } : {}),
    ...(stoppedBy === undefined ? {} : { stoppedBy: stoppedBy.split(' ') }),
  };
}

/** Fields that are absent for none. */
const COUNTS = [
  'expected',
  'parts',
  'deadLetters',
  'outside',
  'repaired',
  'unchanged',
  'listed',
  'missingSeconds',
] as const;
const TEXTS = ['slice', 'notBefore', 'shortSince', 'queuedAt', 'startedAt', 'closedAt', 'lastError'] as const;
const JSONS = ['begin', 'cursor', 'witness'] as const;
const FLAGS = ['isFirst', 'startedOver', 'acknowledged', 'acceptsDeadLetters', 'acceptsOutside'] as const;

/** Those of the fields that have a value. */
function present<K extends string, V>(names: readonly K[], read: (name: K) => V | undefined): Partial<Record<K, V>> {
  const found: Partial<Record<K, V>> = {};
  for (const name of names) {
    const value = read(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function jsonOf(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

function parse(text: string | undefined): Json | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Json);
}

function isRepairCause(text: string | undefined): text is RepairCause {
  return text === 'account' || text === 'identity' || text === 'settings';
}
