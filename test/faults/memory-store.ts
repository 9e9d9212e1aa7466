import { ClaimLostError } from '../../src/lib/errors.ts';
import { isLook } from '../../src/lib/pipeline/look-back.ts';
import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import type { BackfillRecord, CheckpointStore, WatermarkRecord, WindowRecord } from '../../src/lib/pipeline/ports.ts';
import { noteStored } from '../../src/lib/pipeline/window-state.ts';
import { compactTime } from '../../src/lib/pipeline/window.ts';

/** A checkpoint store in memory: ETags and transactions as Table Storage keeps them. */
export interface MemoryStore extends CheckpointStore {
  /** Everything as it is stored, without waiting. */
  readonly watermarkOf: (stream: string) => WatermarkRecord | undefined;
  readonly windowOf: (stream: string, run: string, key: string) => WindowRecord | undefined;
  readonly windowsOf: (stream: string, run: string) => WindowRecord[];
  readonly backfills: () => BackfillRecord[];
  readonly keysOf: (record: Pick<WindowRecord, 'stream' | 'run' | 'key'>, name: string) => ReadonlySet<string>;
}

/** Is told of what changes, as it changes. */
export interface StoreWatch {
  readonly windowStored?: (before: WindowRecord, after: WindowRecord) => void;
  readonly windowSplit?: (parent: WindowRecord, slices: readonly WindowRecord[]) => void;
  /** With the window as it is stored; undefined when it is gone. */
  readonly ledgerCleared?: (key: string, stored: WindowRecord | undefined) => void;
  readonly watermarkStored?: (before: WatermarkRecord | undefined, after: WatermarkRecord) => void;
}

interface Versioned {
  etag?: string;
}

/** Rows under keys, each with an ETag that changes at each write. */
class Rows<T extends Versioned> {
  readonly #rows = new Map<string, T>();
  #version = 0;

  get(key: string): T | undefined {
    const row = this.#rows.get(key);
    return row === undefined ? undefined : structuredClone(row);
  }

  keys(): string[] {
    return [...this.#rows.keys()].sort();
  }

  all(prefix = ''): T[] {
    const keys = this.keys().filter((key) => key.startsWith(prefix));
    return keys.map((key) => this.get(key)).filter((row) => row !== undefined);
  }

  /** @throws ClaimLostError unless the row is as the writer saw it: absent without an ETag. */
  check(key: string, etag: string | undefined): void {
    if (this.#rows.get(key)?.etag !== etag) throw new ClaimLostError(`record ${key} was changed by another worker`);
  }

  put(key: string, row: T): string {
    const etag = String(++this.#version);
    this.#rows.set(key, { ...structuredClone(row), etag });
    return etag;
  }

  remove(key: string): void {
    this.#rows.delete(key);
  }
}

const KEY_BYTES = 16;

function keysIn(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('latin1');
  return Array.from({ length: text.length / KEY_BYTES }, (_, place) =>
    text.slice(place * KEY_BYTES, (place + 1) * KEY_BYTES),
  );
}

const done = <T>(run: () => T): Promise<T> => new Promise((resolve) => resolve(run()));

function keyOf({ stream, run, key }: Pick<WindowRecord, 'stream' | 'run' | 'key'>): string {
  return `${stream}~${run}/${key}`;
}

function isPrunable(record: WindowRecord, before: string): boolean {
  if (!isFinished(record) || record.to > before) return false;
  return record.state !== 'incomplete' || record.acknowledged === true;
}

/** Makes an empty store. */
export function createMemoryStore(watch: StoreWatch = {}): MemoryStore {
  const watermarks = new Rows<WatermarkRecord>();
  const windows = new Rows<WindowRecord>();
  const plans = new Rows<Versioned>();
  const backfills = new Rows<BackfillRecord>();
  const ledgers = new Map<string, Set<string>>();
  /** Records whose ledgers were opened: only they clear them. */
  const opened = new WeakSet<WindowRecord>();
  const windowsOf = (stream: string, run: string): WindowRecord[] => windows.all(`${stream}~${run}/`);

  function append(record: WindowRecord, ledger: Readonly<Record<string, Uint8Array>>): void {
    for (const [name, bytes] of Object.entries(ledger)) {
      const keys = ledgers.get(`${keyOf(record)}#${name}`) ?? new Set();
      for (const key of keysIn(bytes)) keys.add(key);
      ledgers.set(`${keyOf(record)}#${name}`, keys);
      opened.add(record);
    }
  }

  return {
    watermarkOf: (stream) => watermarks.get(stream),
    windowOf: (stream, run, key) => windows.get(keyOf({ stream, run, key })),
    windowsOf,
    backfills: () => backfills.all(),
    keysOf: (record, name) => ledgers.get(`${keyOf(record)}#${name}`) ?? new Set(),
    readWatermark: (stream) => done(() => watermarks.get(stream)),
    saveWatermark: (record) =>
      done(() => {
        watermarks.check(record.stream, record.etag);
        const before = watermarks.get(record.stream);
        record.etag = watermarks.put(record.stream, record);
        watch.watermarkStored?.(before, structuredClone(record));
      }),
    listWindows: (stream, run, since, limit = Infinity) =>
      done(() =>
        windowsOf(stream, run)
          .filter(({ key }) => since === undefined || key >= compactTime(since))
          .slice(0, limit),
      ),
    readWindow: (stream, run, key) => done(() => windows.get(keyOf({ stream, run, key }))),
    listRunning: (stream) => done(() => windows.all(`${stream}~`).filter(({ state }) => state === 'running')),
    readPlanTag: (stream) => done(() => plans.get(stream)?.etag),
    openWindows: (records, planTag) =>
      done(() => {
        const stream = records[0]?.stream ?? '';
        plans.check(stream, planTag);
        for (const record of records) windows.check(keyOf(record), undefined);
        plans.put(stream, {});
        for (const record of records) windows.put(keyOf(record), record);
      }),
    insertWindows: (records) =>
      done(() => {
        for (const record of records) if (windows.get(keyOf(record)) === undefined) windows.put(keyOf(record), record);
      }),
    saveWindow: (record, ledger = {}) =>
      done(() => {
        windows.check(keyOf(record), record.etag ?? 'none');
        const before = windows.get(keyOf(record)) ?? record;
        append(record, ledger);
        noteStored(record, windows.put(keyOf(record), record));
        watch.windowStored?.(before, structuredClone(record));
      }),
    splitWindow: (record, slices) =>
      done(() => {
        windows.check(keyOf(record), record.etag ?? 'none');
        for (const slice of slices) windows.check(keyOf(slice), undefined);
        const parent = windows.get(keyOf(record)) ?? record;
        if (isLook(record)) windows.put(keyOf(record), { ...record, state: 'closed' });
        else windows.remove(keyOf(record));
        for (const slice of slices) windows.put(keyOf(slice), slice);
        watch.windowSplit?.(parent, structuredClone(slices));
      }),
    ledger: (record) => ({
      load: (name) =>
        done(() => {
          opened.add(record);
          return new Set(ledgers.get(`${keyOf(record)}#${name}`));
        }),
    }),
    clearLedger: (record) =>
      done(() => {
        if (!opened.has(record)) return;
        for (const name of ledgers.keys()) if (name.startsWith(`${keyOf(record)}#`)) ledgers.delete(name);
        watch.ledgerCleared?.(record.key, windows.get(keyOf(record)));
      }),
    ledgersOf: (stream, name, since, until) =>
      done(() => {
        const within = windowsOf(stream, 'live').filter((record) => record.from >= since && record.from < until);
        return new Map(within.map((record) => [record.key, new Set(ledgers.get(`${keyOf(record)}#${name}`))]));
      }),
    pruneWindows: (stream, run, before) =>
      done(() => {
        for (const record of windowsOf(stream, run)) if (isPrunable(record, before)) windows.remove(keyOf(record));
      }),
    readBackfill: (id) => done(() => backfills.get(id)),
    listBackfills: () => done(() => backfills.all()),
    saveBackfill: (record) =>
      done(() => {
        backfills.check(record.id, record.etag);
        record.etag = backfills.put(record.id, record);
      }),
  };
}
