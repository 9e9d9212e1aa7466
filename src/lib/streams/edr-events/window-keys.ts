import type { WindowTask } from '../../pipeline/stream.ts';
import { keyBytes } from '../ledger-key.ts';

/** Ledger of the documents that any read of the window has brought, and of its rows. */
const DOCUMENTS = 'documents';
const UPLOADED = 'uploaded';

/** Keys to append to ledgers, as bytes. */
type Ledgers = Readonly<Record<string, Uint8Array>>;

/** What a window has received and uploaded so far, and what its present read has received. */
export interface WindowKeys {
  readonly isUploaded: (rowKey: string) => boolean;
  /** Whether the present read has brought the document. */
  readonly isFetched: (documentKey: string) => boolean;
  /** Documents that the present read has brought, and those that any read has. */
  readonly documents: () => number;
  readonly allDocuments: () => number;
  readonly rows: () => number;
  /** Books documents that the present read has not brought before. */
  readonly receive: (keys: readonly string[]) => { readonly fetched: number; readonly ledger: Ledgers };
  /** Books rows. */
  readonly upload: (keys: readonly string[]) => Ledgers;
  /** Number of the present read. */
  readonly read: () => number;
  /** Begins another read. */
  readonly startRead: (read: number) => void;
}

/**
 * Loads the keys of a window as far as they are booked. A window that starts over, although documents are known, begins another read: what
 * those before it have brought must not pass for its own. No read has a number above that of the calls so far.
 */
export async function openWindowKeys(task: WindowTask, presentRead: number | undefined): Promise<WindowKeys> {
  const all = await task.ledger(DOCUMENTS);
  const uploaded = await task.ledger(UPLOADED);
  let read = presentRead ?? (all.size === 0 ? 0 : task.counts.calls + 1);
  // The first read has brought all that there is.
  let present = read === 0 ? all : await task.ledger(nameOf(read));
  return {
    read: () => read,
    isUploaded: (key) => uploaded.has(key),
    isFetched: (key) => present.has(key),
    documents: () => present.size,
    allDocuments: () => all.size,
    rows: () => uploaded.size,
    upload: (keys) => {
      for (const key of keys) uploaded.add(key);
      return { [UPLOADED]: keyBytes(keys) };
    },
    receive: (keys) => {
      const fresh = keys.filter((key) => !all.has(key));
      for (const key of fresh) all.add(key);
      const ledger = { [DOCUMENTS]: keyBytes(fresh) };
      if (read === 0) return { fetched: fresh.length, ledger };
      for (const key of keys) present.add(key);
      return { fetched: fresh.length, ledger: { ...ledger, [nameOf(read)]: keyBytes(keys) } };
    },
    startRead: (next) => {
      read = next;
      present = new Set();
    },
  };
}

function nameOf(read: number): string {
  return `read.${read}`;
}
