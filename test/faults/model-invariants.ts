import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import type { DeadLetter, WatermarkRecord, WindowRecord } from '../../src/lib/pipeline/ports.ts';
import { gaps, toInterval, windowKey } from '../../src/lib/pipeline/window.ts';
import type { Window } from '../../src/lib/pipeline/stream.ts';
import type { MemoryStore, StoreWatch } from './memory-store.ts';
import { CHUNK, ledgerKey, recordsIn, type Kind, type ModelCursor, type Query } from './model-vendor.ts';

type Named = Pick<WindowRecord, 'run' | 'key'>;

/** What must hold at each step, seen from outside of the connector. */
export interface Invariants {
  /** What must never have happened. */
  readonly violations: string[];
  readonly watch: StoreWatch;
  /** A worker sends rows; called before they are accepted. */
  readonly sending: (actor: string, window: Named, rows: readonly { id: string; RowKey: string }[]) => void;
  readonly accepted: (run: string, ids: readonly string[]) => void;
  readonly putAside: (letter: DeadLetter) => void;
  readonly letterRemoved: (letter: DeadLetter) => void;
  /** A window is read by this query. */
  readonly reading: (window: Window, query: Query) => void;
  /** Its read is whole, and has brought so much. */
  readonly readWhole: (window: Window, received: ReadonlySet<string>) => void;
  /** A checkpoint of the window could not be stored: some of its rows may count twice. */
  readonly disturb: (window: Named) => void;
  /** Records of a range which a run has neither brought nor left out visibly. */
  readonly lost: (run: string, range: { readonly from: string; readonly to: string }) => string[];
}

/** Watches a store and its sink. */
export function createInvariants(stream: string, kind: Kind, store: () => MemoryStore): Invariants {
  const violations: string[] = [];
  /** What each run has brought: accepted, or put aside. */
  const brought = new Map<string, Set<string>>();
  const rowKeys = new Map<string, string>();
  /** Records which a filter has left out of a window before it was cut. */
  const leftOut = new Map<string, Set<string>>();
  /** By what workers have begun to read windows, and by what the checkpoints say: a worker that was overtaken begins by another query. */
  const begun = new Map<string, Query>();
  const stored = new Map<string, Query>();
  /** Keys of what the last whole read of a window has received. */
  const received = new Map<string, ReadonlySet<string>>();
  /** What the first slice of a window counts of the window itself. */
  const bases = new Map<string, number>();
  const uneven = new Set<string>();
  /** Time that an operator has opened again behind the watermark. */
  const reopened: { readonly from: string; readonly to: string }[] = [];
  /** What workers have sent of a window which was no longer theirs. */
  const overtaken = new Map<string, Set<string>>();
  const sent = new Map<string, Set<string>>();
  const nameOf = ({ run, key }: Named): string => `${run}/${key}`;
  const of = (map: Map<string, Set<string>>, name: string): Set<string> => {
    const known = map.get(name) ?? new Set<string>();
    map.set(name, known);
    return known;
  };
  const has = (run: string, id: string): boolean => of(brought, run).has(id);
  const queryOf = (name: string): Query | undefined => stored.get(name) ?? begun.get(name);
  const doneOf = ({ cursor }: WindowRecord): readonly string[] => (cursor as ModelCursor | undefined)?.done ?? [];

  function checkStored(before: WindowRecord, after: WindowRecord): void {
    const name = nameOf(after);
    if (before.state === 'incomplete' && !isFinished(after)) reopened.push(after);
    if (
      before.state !== 'waived' &&
      isFinished(before) &&
      before.state !== 'incomplete' &&
      before.state !== after.state
    )
      violations.push(`${name} was ${before.state} and is ${after.state}`);
    if (after.counts.fetched < before.counts.fetched) {
      bases.delete(name);
      uneven.add(name);
    }
    const query = (after.cursor as ModelCursor | undefined)?.query;
    if (query !== undefined) stored.set(name, query);
    else if (!isFinished(after)) stored.delete(name);
    checkRecorded(after);
    if (after.state === 'closed') checkClosed(after);
    if (after.state === 'incomplete' && after.lastError === undefined)
      violations.push(`${name} does not say what is missing`);
    const isAnew = after.state === 'failed' || after.startedOver === true || before.state !== 'running';
    const isForgotten = doneOf(after).length < doneOf(before).length && !isFinished(after);
    if (kind === 'plain' && isForgotten && !isAnew) violations.push(`the checkpoint of ${name} forgets what it had`);
  }

  function checkRecorded(record: WindowRecord): void {
    const missing = doneOf(record).filter((id) => !has(record.run, id));
    if (missing.length > 0) violations.push(`the checkpoint of ${record.key} records ${missing.join()}, not accepted`);
  }

  function checkClosed(record: WindowRecord): void {
    const name = nameOf(record);
    const missing = recordsIn(record, queryOf(name)).filter((id) => !has(record.run, id));
    if (missing.length > 0) violations.push(`${name} is closed without ${missing.join()}`);
    const { counts } = record;
    const expected = (bases.get(name) ?? 0) + (received.get(name)?.size ?? 0);
    if (counts.fetched !== expected) violations.push(`${name} counts ${counts.fetched} of ${expected} received`);
    const told = counts.rows + (counts.deadLetters ?? 0);
    if (!uneven.has(name) && told !== counts.fetched)
      violations.push(`${name} counts ${counts.fetched} received, ${told} uploaded or put aside`);
    const outside = counts.outside ?? 0;
    const strays = [...of(brought, record.run)].filter(
      (id) => id.startsWith('stray') && received.get(name)?.has(ledgerKey(id)),
    );
    if (!bases.has(name) && !uneven.has(name) && outside !== strays.length)
      violations.push(`${name} counts ${outside} of ${strays.length} outside`);
  }

  function checkSplit(parent: WindowRecord, slices: readonly WindowRecord[]): void {
    const [first] = slices;
    if (first !== undefined) bases.set(nameOf(first), parent.counts.fetched);
    for (const slice of slices) if (uneven.has(nameOf(parent))) uneven.add(nameOf(slice));
    const asked = new Set(recordsIn(parent, queryOf(nameOf(parent))));
    for (const id of recordsIn(parent)) {
      const holders = slices.filter((slice) => recordsIn(slice).includes(id)).length;
      if (holders === 0 && !asked.has(id)) of(leftOut, parent.run).add(id);
      else if (holders > 1 || (holders === 0 && !doneOf(parent).includes(id)))
        violations.push(`${id} of ${parent.key} is in ${holders} slices`);
    }
  }

  function checkWatermark(before: WatermarkRecord | undefined, mark: WatermarkRecord): void {
    if (before === undefined || before.watermark === mark.watermark) return;
    if (mark.watermark < before.watermark) violations.push('the watermark went back');
    const moved = { from: Date.parse(before.watermark), to: Date.parse(mark.watermark) };
    const records = store().windowsOf(stream, 'live');
    const open = records.filter((record) => !isFinished(record) && toInterval(record).from < moved.to);
    const ahead = open.filter(
      (record) =>
        toInterval(record).to > moved.from && !reopened.some(({ from, to }) => from <= record.from && to >= record.to),
    );
    if (ahead.length > 0 || gaps(moved, records.map(toInterval)).length > 0)
      violations.push(`watermark ${mark.watermark} is ahead of an unfinished window`);
    const missing = lost('live', { from: before.watermark, to: mark.watermark });
    if (missing.length > 0) violations.push(`watermark ${mark.watermark} is ahead of ${missing.join()}`);
  }

  function lost(run: string, range: { readonly from: string; readonly to: string }): string[] {
    const records = store().windowsOf(stream, run);
    const excuses = new Set(
      records.flatMap((record) => {
        const isGivenUp = record.state === 'waived' || record.state === 'incomplete';
        const isReopened = reopened.some(({ from, to }) => from <= record.from && to >= record.to);
        if (isGivenUp || (isReopened && !isFinished(record))) return recordsIn(record);
        if (record.state !== 'closed') return [];
        const asked = new Set(recordsIn(record, queryOf(nameOf(record))));
        return recordsIn(record).filter((id) => !asked.has(id));
      }),
    );
    return recordsIn(range).filter((id) => !has(run, id) && !excuses.has(id) && !of(leftOut, run).has(id));
  }

  /**
   * A worker that holds its claim must not send again what is stored. One whose window was taken over learns it when it stores: by then it
   * may have sent one chunk, never two. A single row that this worker had accepted before is a proof that the table takes rows.
   */
  function sending(actor: string, { run, key }: Named, rows: readonly { id: string; RowKey: string }[]): void {
    for (const { id, RowKey } of rows) {
      if ((rowKeys.get(id) ?? RowKey) !== RowKey) violations.push(`${id} has two row keys`);
      rowKeys.set(id, RowKey);
    }
    const mine = of(sent, actor);
    const isProof = rows.length === 1 && mine.has(rows[0]?.id ?? '');
    for (const { id } of rows) mine.add(id);
    if (isProof) return;
    const record = store().windowOf(stream, run, key);
    if (record?.claim?.owner !== actor) {
      for (const { id } of rows) of(overtaken, actor).add(id);
      if (of(overtaken, actor).size > CHUNK) violations.push(`${actor} goes on with ${key}, which was taken over`);
      return;
    }
    const known = store().keysOf(record, 'uploaded');
    const again = rows.filter(
      ({ id }) => known.has(ledgerKey(id)) || (kind === 'plain' && doneOf(record).includes(id)),
    );
    if (again.length > 0) violations.push(`${again.length} records of ${key} were sent after their checkpoint`);
  }

  return {
    violations,
    sending,
    lost,
    accepted: (run, ids) => {
      for (const id of ids) of(brought, run).add(id);
    },
    putAside: (letter) => {
      for (const id of idsOf(letter)) of(brought, letter.run).add(id);
    },
    letterRemoved: (letter) => {
      const missing = idsOf(letter).filter((id) => !has('replay', id));
      if (missing.length > 0)
        violations.push(`the dead letter of ${missing.join()} was removed before it was accepted`);
    },
    reading: (window, query) => void begun.set(nameOf({ ...window, key: windowKey(window) }), query),
    readWhole: (window, keys) => void received.set(nameOf({ ...window, key: windowKey(window) }), keys),
    disturb: (window) => void uneven.add(nameOf(window)),
    watch: {
      windowStored: checkStored,
      windowSplit: checkSplit,
      watermarkStored: checkWatermark,
      ledgerCleared: (key, stored) => {
        if (stored !== undefined && !isFinished(stored)) violations.push(`${key} lost its ledger while it is open`);
      },
    },
  };
}

function idsOf({ json }: DeadLetter): string[] {
  return (JSON.parse(Buffer.from(json).toString()) as { readonly id: string }[]).map(({ id }) => id);
}
