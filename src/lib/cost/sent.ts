import { messageOf } from '../errors.ts';
import { logUnexpected } from '../log-unexpected.ts';
import type { Log } from '../log.ts';
import type { Clock, Sink } from '../pipeline/ports.ts';
import { addUp } from './add-up.ts';
import { billedOf, type Billed, type OptionalPart } from './billed-bytes.ts';
import { sumOfCauses, type Causes } from './causes.ts';

/** What one process has sent on one day, by stream. */
export interface SentRow {
  /** UTC, e.g. `2026-05-01`. */
  readonly day: string;
  /** When the process began to count on that day, ISO 8601. */
  readonly since: string;
  readonly streams: Readonly<Record<string, Billed>>;
  /** Why records of streams were sent that leave out what is known. */
  readonly causes?: Readonly<Record<string, Causes>>;
}

/** Where the sums of all processes are stored. Each process writes rows of its own, so that no two write the same. */
export interface SentStore {
  /** Stores the sums of this process for a day, in the place of those before. */
  readonly save: (row: SentRow) => Promise<void>;
  /** Rows of a day and those after it. `isOwn` tells those of this process. */
  readonly list: (fromDay: string) => Promise<readonly (SentRow & { readonly isOwn: boolean })[]>;
  /** Deletes the rows of days before. */
  readonly prune: (beforeDay: string) => Promise<void>;
}

/** Counts what is sent, as it will be billed. */
export interface SentBook {
  /** Counts rows that the sink has accepted. Never throws. */
  readonly note: (table: string, json: Uint8Array) => void;
  /** Counts why records were sent. Never throws. */
  readonly noteCauses: (stream: string, causes: Causes) => void;
  /** Stores what is not stored yet. Never throws: what fails is stored with the next. */
  readonly flush: () => Promise<void>;
  /** Bytes of today, of other processes as they stood up to half a minute ago. */
  readonly today: () => Promise<number>;
  /** Sums of all processes by day, from a day on. */
  readonly since: (fromDay: string) => Promise<readonly SentRow[]>;
}

/** What a book of sent rows needs. */
export interface SentDependencies {
  readonly store: SentStore;
  readonly clock: Clock;
  readonly log: Log;
  /** The stream of a table, and what of its rows a setting makes optional. */
  readonly about: (table: string) => { readonly stream: string; readonly part?: OptionalPart | undefined };
}

/** A process that ends without a word takes the sums of this time with it. */
const STORE_EVERY_MS = 15_000;
/** What others have sent is read anew after so long. */
const FRESH_MS = 15_000;
/** As long as finished windows are kept. */
const KEEP_DAYS = 8;
export const DAY_MS = 86_400_000;
export const BYTES_A_GIGABYTE = 1e9;

interface Day extends SentRow {
  readonly streams: Record<string, Billed>;
  readonly causes: Record<string, Causes>;
  isStored: boolean;
}

/** The day of an instant, UTC. */
export function dayOf(time: Date | number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** A sink whose accepted rows are counted, whoever sends them and however often. */
export function countSent<T extends Sink>(sink: T, { note }: Pick<SentBook, 'note'>): T {
  return {
    ...sink,
    upload: async (table, chunk, signal) => {
      await sink.upload(table, chunk, signal);
      note(table, chunk.json);
    },
  };
}

/** Opens a book. Sums are kept in memory between two writes; there is no write a chunk. */
export function createSentBook({ store, clock, log, about }: SentDependencies): SentBook {
  const days = new Map<string, Day>();
  let storedAt = 0;
  let storing: Promise<void> = Promise.resolve();
  let others = { day: '', bytes: 0, readAt: 0 };

  /** The sums of today, about to be changed. */
  function openDay(): Day {
    const now = clock.now();
    const day = dayOf(now);
    const known = days.get(day) ?? { day, since: now.toISOString(), streams: {}, causes: {}, isStored: false };
    days.set(day, known);
    known.isStored = false;
    return known;
  }

  async function storeAll(): Promise<void> {
    const today = dayOf(clock.now());
    for (const day of [...days.values()].filter(({ isStored }) => !isStored)) {
      day.isStored = true;
      try {
        const { isStored: _, ...row } = day;
        await store.save({ ...row, streams: { ...day.streams }, causes: { ...day.causes } });
      } catch (error) {
        day.isStored = false;
        throw error;
      }
    }
    const old = [...days.keys()].filter((day) => day < today);
    for (const day of old) days.delete(day);
    if (old.length > 0) await store.prune(dayOf(clock.now().getTime() - KEEP_DAYS * DAY_MS));
  }

  function flush(): Promise<void> {
    storedAt = clock.now().getTime();
    storing = storing.then(storeAll).catch((error: unknown) => {
      log.warn('SentNotStored', { error: messageOf(error) });
      logUnexpected(log, error);
    });
    return storing;
  }

  return {
    note: (table, json) => {
      const { part, stream } = about(table);
      const { streams } = openDay();
      streams[stream] = sumOf([streams[stream], billedOf(json, part)]);
      // Uploads do not wait for it; the end of a window does.
      if (clock.now().getTime() - storedAt >= STORE_EVERY_MS) void flush();
    },
    noteCauses: (stream, sent) => {
      const { causes } = openDay();
      causes[stream] = sumOfCauses([causes[stream], sent]);
    },
    flush,
    today: async () => {
      const now = clock.now().getTime();
      const day = dayOf(now);
      if (others.day !== day || now - others.readAt >= FRESH_MS) {
        const rows = (await store.list(day)).filter((row) => row.day === day && !row.isOwn);
        others = { day, bytes: bytesIn(rows), readAt: now };
      }
      const own = days.get(day);
      return others.bytes + (own === undefined ? 0 : bytesIn([own]));
    },
    since: async (fromDay) => {
      const stored = (await store.list(fromDay)).filter(({ day, isOwn }) => !isOwn || !days.has(day));
      return [...stored, ...[...days.values()].filter(({ day }) => day >= fromDay)];
    },
  };
}

/** Bytes of all streams in these rows. */
export function bytesIn(rows: readonly SentRow[]): number {
  return sumOf(rows.flatMap(({ streams }) => Object.values(streams))).bytes;
}

/** The sum of what is there. */
export function sumOf(parts: readonly (Billed | undefined)[]): Billed {
  const known = parts.filter((part) => part !== undefined);
  return addUp(['rows', 'bytes', 'optional', 'cut'], known);
}
