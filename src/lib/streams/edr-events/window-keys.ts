import type { WindowTask } from '../../pipeline/stream.ts';
import { keyBytes } from '../ledger-key.ts';

/** Ledger of the documents that any read of the window has brought, and of its rows. */
const DOCUMENTS = 'documents';
const UPLOADED = 'uploaded';

/** What a window has received and uploaded so far, and what its present read has received. */
export type WindowKeys = Awaited<ReturnType<typeof openWindowKeys>>;

/**
 * Loads the keys of a window as far as they are booked. A window that starts over, although documents are known, begins another read: what
 * those before it have brought must not pass for its own. No read has a number above that of the calls so far.
 */
export async function openWindowKeys(task: WindowTask, presentRead: number | undefined) {
  const all = await task.ledger(DOCUMENTS);
  const uploaded = await task.ledger(UPLOADED);
  let read = presentRead ?? (all.size === 0 ? 0 : task.counts.calls + 1);
  // The first read has brought all that there is.
  let present = read === 0 ? all : await task.ledger(nameOf(read));
  return {
    isUploaded: (rowKey: string): boolean => uploaded.has(rowKey),
    /** Whether the present read has brought the document. */
    isFetched: (documentKey: string): boolean => present.has(documentKey),
    /** Documents that the present read has brought, and those that any read has. */
    documents: (): number => present.size,
    allDocuments: (): number => all.size,
    rows: (): number => uploaded.size,
    /** Books documents that the present read has not brought before; gives the keys to append to ledgers. */
    receive: (keys: readonly string[]) => {
      const fresh = keys.filter((key) => !all.has(key));
      for (const key of fresh) all.add(key);
      for (const key of keys) present.add(key);
      const own = read === 0 ? {} : { [nameOf(read)]: keyBytes(keys) };
      return { fetched: fresh.length, ledger: { [DOCUMENTS]: keyBytes(fresh), ...own } };
    },
    /** Books rows; gives the keys to append. */
    upload: (keys: readonly string[]) => {
      for (const key of keys) uploaded.add(key);
      return { [UPLOADED]: keyBytes(keys) };
    },
    /** Number of the present read. */
    read: (): number => read,
    /** Begins another read. */
    startRead: (next: number): void => {
      read = next;
      present = new Set();
    },
  };
}

function nameOf(read: number): string {
  return `read.${read}`;
}
