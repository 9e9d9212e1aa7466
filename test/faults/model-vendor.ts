import { createHash } from 'node:crypto';
import { FatalError, PageFaultError } from '../../src/lib/errors.ts';
import type { Outcome, Progress, Window, WindowSlice, WindowTask } from '../../src/lib/pipeline/stream.ts';
import { halve, isoSeconds, toInterval } from '../../src/lib/pipeline/window.ts';
import { chunkOf } from '../support/pipeline.ts';

/** Whether the model's stream keeps a ledger, as that of events, or knows by its cursor alone what it has read. */
export type Kind = 'plain' | 'ledger';

/** What is asked for; the vendor refuses the last one. */
export type Query = 'all' | 'even' | 'unknown-token';

/** How the vendor is. */
export interface Mood {
  /** It counts records that it does not give. */
  isHiding: boolean;
  /** A page with one of its records fails, although its route answers. */
  isBreaking: boolean;
  /** Records of another time that it gives with each window. */
  strays: number;
  /** It refuses to go on from a page. */
  refusesCursors: boolean;
  /** A read that ends short goes on from its own cursor. */
  keepsCursor: boolean;
}

export const SOUND: Mood = { isHiding: false, isBreaking: false, strays: 0, refusesCursors: false, keepsCursor: true };

/** Where reading stands: all that it has brought, so that whatever a checkpoint records can be looked up. */
export interface ModelCursor {
  readonly query: Query;
  readonly size: number;
  readonly done: readonly string[];
}

/** What a reader needs. */
export interface ModelReading {
  readonly kind: Kind;
  readonly mood: Mood;
  readonly query: Query;
  readonly pageSize: number;
  /** Calls, each an operation on the outside. */
  readonly vendor: { readonly count: () => Promise<void>; readonly page: () => Promise<void> };
  /** Is told by what a window is read, and the keys of all that it has received once a read is whole. */
  readonly onRead: (window: Window, query: Query) => void;
  readonly onWhole: (window: Window, received: ReadonlySet<string>) => void;
}

type Span = Pick<Window, 'from' | 'to' | 'slice'>;

/** Rows of a chunk at the most. */
export const CHUNK = 2;
const SPLIT_ABOVE = 12;
const TRIES_OF_A_PAGE = 2;
const MOST_STRAYS = 1;

/** Both kinds of seconds that have records are multiples of this. */
const STEP_SECONDS = 15;

/** One in 45 seconds, and six more in one second of five minutes; a slice holds those of its numbers. */
export function recordsIn({ from, to, slice }: Span, query: Query = 'all'): string[] {
  const ids: string[] = [];
  const first = Math.ceil(Date.parse(from) / 1000 / STEP_SECONDS) * STEP_SECONDS;
  for (let second = first; second < Date.parse(to) / 1000; second += STEP_SECONDS) {
    const count = (second % 45 === 0 ? 1 : 0) + (second % 300 === 150 ? 6 : 0);
    for (let place = 0; place < count; place++) if (query !== 'even' || place % 2 === 0) ids.push(`${second}.${place}`);
  }
  if (slice === undefined) return ids;
  const [least = 0, most = Infinity] = slice.slice('ids.'.length).split('-').map(Number);
  return ids.filter((id) => numberOf(id) >= least && numberOf(id) <= most);
}

/** The key of a record, of 16 bytes, as ledgers hold it. */
export function ledgerKey(id: string): string {
  const key = KEYS.get(id) ?? createHash('sha256').update(id).digest().subarray(0, 16).toString('latin1');
  KEYS.set(id, key);
  return key;
}

const KEYS = new Map<string, string>();

export function rowOf(id: string): { readonly id: string; readonly RowKey: string } {
  return { id, RowKey: Buffer.from(ledgerKey(id), 'latin1').toString('hex') };
}

function numberOf(id: string): number {
  const [second = 0, place = 0] = id.split('.').map(Number);
  return second * 100 + place;
}

const isStray = (id: string): boolean => id.startsWith('stray');
const isHidden = (id: string): boolean => numberOf(id) % 4500 === 0;
const isBroken = (id: string): boolean => numberOf(id) % 30_000 === 15_003;

/** Reads pages in chunks of two. Large windows are cut in time, those with a page that fails by ids; some end with their last step. */
export async function* readModel(task: WindowTask, reading: ModelReading): AsyncGenerator<Progress, Outcome> {
  const { kind, vendor, mood, onRead, onWhole, query, pageSize } = reading;
  const keys = kind === 'ledger' ? await openKeys(task) : undefined;
  let cursor = (task.cursor as ModelCursor | undefined) ?? { query, size: pageSize, done: [] };
  const ids = recordsIn(task.window, cursor.query);
  const left = (): string[] => ids.filter((id) => !cursor.done.includes(id));
  onRead(task.window, cursor.query);
  task.onCall();
  if (task.cursor === undefined) {
    await vendor.count();
    refuse(cursor, mood);
    const slices = ids.length > SPLIT_ABOVE ? halvesOf(task.window) : undefined;
    if (slices !== undefined) return { kind: 'split', slices, reason: `${ids.length} records` };
  }
  if (task.attempts >= TRIES_OF_A_PAGE) {
    const [first, ...others] = left();
    if (others.length > 0) return { kind: 'split', slices: slicesByIds(task.window, left()), reason: 'a page fails' };
    if (first !== undefined) return { kind: 'skipped', reason: `record ${first} cannot be read` };
  }
  for (let page = 0; ; page++) {
    await vendor.page();
    refuse(cursor, mood);
    const found = pageOf(task, cursor, mood, left());
    if (found.length === 0) break;
    if (found.some((id) => mood.isBreaking && isBroken(id))) throw new PageFaultError('the page cannot be read');
    for (let at = 0; at < found.length; at += CHUNK) {
      const piece = found.slice(at, at + CHUNK);
      cursor = { ...cursor, done: [...cursor.done, ...piece] };
      const step = { ...stepOf(piece, keys), cursor: toJson(cursor), pageDone: at + CHUNK >= found.length };
      if (keys === undefined && left().length === 0 && ids.length % 2 === 0) {
        onWhole(task.window, new Set(cursor.done.map(ledgerKey)));
        return { kind: 'complete', last: step };
      }
      yield step;
    }
  }
  await vendor.count();
  if (left().length > 0) {
    const next = toJson(afterShort(cursor, kind));
    yield { cursor: next, expected: ids.length };
    return kind === 'ledger' && !mood.keepsCursor ? { kind: 'short' } : { kind: 'short', cursor: next };
  }
  onWhole(task.window, new Set(keys?.documents ?? cursor.done.map(ledgerKey)));
  return { kind: 'complete' };
}

/** @throws FatalError for what the vendor refuses. */
function refuse({ query, done }: ModelCursor, { refusesCursors }: Mood): void {
  if (query === 'unknown-token') throw new FatalError('400 unknown token');
  if (refusesCursors && done.length > 0) throw new FatalError('400 the cursor has run out');
}

function pageOf(task: WindowTask, { done, size }: ModelCursor, mood: Mood, left: readonly string[]): string[] {
  const { from, to, slice = '' } = task.window;
  const isFirst = done.length === 0;
  const strays = Array.from({ length: isFirst ? mood.strays : 0 }, (_, n) => `stray.${from}.${to}.${slice}.${n}`);
  if (strays.length > MOST_STRAYS && task.acceptsOutside !== true)
    throw new FatalError('Qualys ignores the time filter');
  return [...strays, ...left.filter((id) => !(mood.isHiding && isHidden(id))).slice(0, size)];
}

/** Where a short read goes on: with a ledger at the first page, without one behind what it has. */
function afterShort(cursor: ModelCursor, kind: Kind): ModelCursor {
  return kind === 'ledger' ? { ...cursor, done: [] } : cursor;
}

interface Keys {
  readonly uploaded: Set<string>;
  readonly documents: Set<string>;
}

async function openKeys(task: WindowTask): Promise<Keys> {
  return { uploaded: await task.ledger('uploaded'), documents: await task.ledger('documents') };
}

function stepOf(piece: readonly string[], keys: Keys | undefined): Omit<Progress, 'cursor'> {
  if (keys === undefined) {
    return { chunk: chunkOf(...piece.map(rowOf)), fetched: piece.length, outside: piece.filter(isStray).length };
  }
  const fresh = piece.filter((id) => !keys.documents.has(ledgerKey(id)));
  const rows = piece.filter((id) => !keys.uploaded.has(ledgerKey(id)));
  for (const id of fresh) keys.documents.add(ledgerKey(id));
  for (const id of rows) keys.uploaded.add(ledgerKey(id));
  return {
    ...(rows.length === 0 ? {} : { chunk: chunkOf(...rows.map(rowOf)) }),
    fetched: fresh.length,
    outside: fresh.filter(isStray).length,
    ledger: { uploaded: bytesOf(rows), documents: bytesOf(fresh) },
  };
}

function bytesOf(ids: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.from(ids.map(ledgerKey).join(''), 'latin1'));
}

function halvesOf({ from, to, slice }: Span): WindowSlice[] | undefined {
  const kept = slice === undefined ? {} : { slice };
  return halve(toInterval({ from, to }))?.map((half) => ({
    from: isoSeconds(half.from),
    to: isoSeconds(half.to),
    ...kept,
  }));
}

/** Cuts what is left by the numbers of its records; the last slice reaches as far as the window does. */
function slicesByIds({ from, to, slice }: Span, left: readonly string[]): WindowSlice[] {
  const middle = numberOf(left[Math.ceil(left.length / 2) - 1] ?? '');
  const [, last = Date.parse(to) / 10 - 1] = slice?.slice('ids.'.length).split('-').map(Number) ?? [];
  const ranges = [`${numberOf(left[0] ?? '')}-${middle}`, `${middle + 1}-${last}`];
  return ranges.map((range) => ({ from, to, slice: `ids.${range}` }));
}

function toJson(cursor: ModelCursor): NonNullable<WindowTask['cursor']> {
  return { ...cursor, done: [...cursor.done] };
}
