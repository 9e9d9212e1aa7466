import { isFinished } from './plan-windows.ts';
import type { CheckpointStore, WatermarkRecord, WindowRecord } from './ports.ts';
import type { Past, PastWindow, Span } from './stream.ts';
import { isoSeconds } from './window.ts';

/** What narrows the row that looks back, and those that read what it finds: followed by the second in which it was planned. */
const LOOK = 'look.';
const LATE = 'late.';
const NUMBERED = /^(?:look|late)\.(\d+)/;

/** How far back is looked: what becomes visible later than that is not found. */
const BACK_MS = 86_400_000;
/** The same where nobody could look for days: windows are kept for eight. */
const MOST_BACK_MS = 7 * BACK_MS;

type Sliced = Pick<Span, 'slice'>;

/** Whether a row only asks what has become visible since its time was read. */
export function isLook({ slice }: Sliced): boolean {
  return slice?.startsWith(LOOK) === true;
}

/** Whether a row reads what was found so. */
export function isLate({ slice }: Sliced): boolean {
  return slice?.startsWith(LATE) === true;
}

/** Slice of the `place`th row that reads what a look has found. */
export function lateSlice(look: Sliced, place: number): string {
  return `${LATE}${numberOf(look)}-${place}`;
}

/** When a look was planned, in seconds since 1970; 0 for a row of the plan itself. */
export function numberOf({ slice = '' }: Sliced): number {
  return Number(NUMBERED.exec(slice)?.[1] ?? 0);
}

/**
 * From when on ledgers are needed, to tell new rows from known ones, ISO 8601: for the next look, and for the rows that look back or read what
 * was found as long as they are open.
 */
export function ledgersFrom(records: readonly WindowRecord[], watermark: string): string {
  const open = records.filter((record) => (isLook(record) || isLate(record)) && !isFinished(record));
  const since = earliest([lookFrom(records, watermark), ...open.map(({ from }) => from)]);
  // A window that reaches into that time is of it, too; its ledger goes by its beginning.
  const reaching = records.filter((record) => !isLook(record) && record.to > since);
  return earliest([since, ...reaching.map(({ from }) => from)]);
}

/** The look that is due at a tick; undefined while one is open, and where there is nothing to look at. It ends at the watermark, which it never holds. */
export function planLook(
  records: readonly WindowRecord[],
  { watermark, start }: Pick<WatermarkRecord, 'watermark' | 'start'>,
  now: Date,
): Span | undefined {
  if (records.some((record) => isLook(record) && !isFinished(record))) return undefined;
  const from = [lookFrom(records, watermark), start].sort().at(-1) ?? start;
  if (from >= watermark) return undefined;
  return { from, to: watermark, slice: `${LOOK}${Math.floor(now.getTime() / 1000)}` };
}

function earliest(times: readonly [string, ...string[]]): string {
  return times.reduce((one, two) => (two < one ? two : one));
}

/** From when on the look after this one looks, ISO 8601: what is older is looked at for the last time. */
export function nextLookFrom({ to }: Pick<WindowRecord, 'to'>): string {
  return isoSeconds(Date.parse(to) - BACK_MS);
}

/** A day before the end of the last look: so what nobody looked at for a while is looked at for as long. */
function lookFrom(records: readonly WindowRecord[], watermark: string): string {
  const next = nextLookFrom(lastLook(records) ?? { to: watermark });
  const first = isoSeconds(Date.parse(watermark) - MOST_BACK_MS);
  return next > first ? next : first;
}

/** The look that has ended last. */
export function lastLook(records: readonly WindowRecord[]): WindowRecord | undefined {
  return records
    .filter((record) => isLook(record) && isFinished(record))
    .sort((one, two) => numberOf(one) - numberOf(two))
    .at(-1);
}

/** What a look back goes by, and who reads what it has found. */
export async function readPast(record: WindowRecord, store: CheckpointStore): Promise<Past> {
  const records = (await store.listWindows(record.stream, 'live')).filter(({ key }) => key !== record.key);
  const last = lastLook(records.filter((other) => numberOf(other) < numberOf(record)));
  const over = records.filter((other) => !isLook(other) && overlap(other, record));
  return {
    lookedAt: last === undefined ? 0 : numberOf(last) * 1000,
    lookedTo: last === undefined ? 0 : Date.parse(last.to),
    windows: over.map(toPast),
    keys: (name) => keysOf(over, name, record, store),
  };
}

/** Keys of a window's ledger. A row that reads what was late knows the rows of all windows over its time: only new ones go. */
export async function loadKeys(record: WindowRecord, name: string, store: CheckpointStore): Promise<Set<string>> {
  const own = await store.ledger(record).load(name);
  if (!isLate(record) || name !== 'uploaded') return own;
  const over = (await store.listWindows(record.stream, 'live')).filter((other) => overlap(other, record));
  const ledgers = await keysOf(over, name, record, store);
  return new Set([...own, ...over.flatMap(({ key }) => [...(ledgers.get(key) ?? [])])]);
}

function keysOf(
  windows: readonly WindowRecord[],
  name: string,
  { from, stream, to }: WindowRecord,
  store: CheckpointStore,
): Promise<Map<string, Set<string>>> {
  const [since = from] = windows.map((window) => window.from).sort();
  return store.ledgersOf(stream, name, since, to);
}

function overlap(one: Span, two: Span): boolean {
  return one.from < two.to && two.from < one.to;
}

function toPast(record: WindowRecord): PastWindow {
  const { key, from, to, slice, closedAt, witness, cursor } = record;
  return {
    key,
    from,
    to,
    ...(slice === undefined ? {} : { slice }),
    ...(isFinished(record) && closedAt !== undefined && witness !== undefined
      ? { read: { at: closedAt, witness } }
      : {}),
    ...(isFinished(record) || cursor === undefined ? {} : { cursor }),
  };
}
