import { ClaimLostError } from '../../src/lib/errors.ts';
import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import type { BackfillRecord, CheckpointStore, WatermarkRecord, WindowRecord } from '../../src/lib/pipeline/ports.ts';
import { compactTime } from '../../src/lib/pipeline/window.ts';

/** A checkpoint store in memory: ETags and transactions as Table Storage keeps them. */
export interface MemoryStore extends CheckpointStore {
  /** Everything as it is stored, without waiting. */
  readonly watermarkOf: (stream: string) => WatermarkRecord | undefined;
  readonly windowsOf: (stream: string, run: string) => WindowRecord[];
  readonly backfills: () => BackfillRecord[];
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

/** Makes an empty store. */
export function createMemoryStore(): MemoryStore {
  const watermarks = new Rows<WatermarkRecord>();
  const windows = new Rows<WindowRecord>();
  const plans = new Rows<Versioned>();
  const backfills = new Rows<BackfillRecord>();
  const ledgers = new Map<string, Set<string>>();
  const keyOf = ({ stream, run, key }: Pick<WindowRecord, 'stream' | 'run' | 'key'>): string =>
    `${stream}~${run}/${key}`;
  const windowsOf = (stream: string, run: string): WindowRecord[] =>
    windows
      .keys()
      .filter((key) => key.startsWith(`${stream}~${run}/`))
      .map((key) => windows.get(key))
      .filter((record) => record !== undefined);
  const done = <T>(run: () => T): Promise<T> => new Promise((resolve) => resolve(run()));
  return {
    watermarkOf: (stream) => watermarks.get(stream),
    windowsOf,
    backfills: () => backfills.keys().flatMap((key) => backfills.get(key) ?? []),
    readWatermark: (stream) => done(() => watermarks.get(stream)),
    saveWatermark: (record) =>
      done(() => {
        watermarks.check(record.stream, record.etag);
        record.etag = watermarks.put(record.stream, record);
      }),
    listWindows: (stream, run, since, limit = Infinity) =>
      done(() =>
        windowsOf(stream, run)
          .filter(({ key }) => since === undefined || key >= compactTime(since))
          .slice(0, limit),
      ),
    readWindow: (stream, run, key) => done(() => windows.get(keyOf({ stream, run, key }))),
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
        for (const [name, bytes] of Object.entries(ledger)) {
          const keys = ledgers.get(`${keyOf(record)}#${name}`) ?? new Set();
          for (const key of keysIn(bytes)) keys.add(key);
          ledgers.set(`${keyOf(record)}#${name}`, keys);
        }
        record.etag = windows.put(keyOf(record), record);
      }),
    splitWindow: (record, slices) =>
      done(() => {
        windows.check(keyOf(record), record.etag ?? 'none');
        for (const slice of slices) windows.check(keyOf(slice), undefined);
        windows.remove(keyOf(record));
        for (const slice of slices) windows.put(keyOf(slice), slice);
      }),
    ledger: (record) => ({ load: (name) => done(() => new Set(ledgers.get(`${keyOf(record)}#${name}`))) }),
    clearLedger: (record) =>
      done(() => {
        for (const name of ledgers.keys()) if (name.startsWith(`${keyOf(record)}#`)) ledgers.delete(name);
      }),
    pruneWindows: (stream, run, before) =>
      done(() => {
        for (const record of windowsOf(stream, run)) {
          if (isFinished(record) && record.to <= before) windows.remove(keyOf(record));
        }
      }),
    readBackfill: (id) => done(() => backfills.get(id)),
    listBackfills: () => done(() => backfills.keys().flatMap((key) => backfills.get(key) ?? [])),
    saveBackfill: (record) =>
      done(() => {
        backfills.check(record.id, record.etag);
        record.etag = backfills.put(record.id, record);
      }),
  };
}
