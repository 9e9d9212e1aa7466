import type { WindowTask } from '../../pipeline/stream.ts';
import { KEY_BYTES } from './event-key.ts';

/** Ledger of the documents that any read of the window has brought, and of its rows. */
const DOCUMENTS = 'documents';
const UPLOADED = 'uploaded';

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
  readonly receive: (keys: Uint8Array) => { readonly fetched: number; readonly ledger: Record<string, Uint8Array> };
  readonly upload: (keys: Uint8Array) => void;
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
      for (const key of split(keys)) uploaded.add(key);
    },
    receive: (bytes) => {
      const fresh = split(bytes).filter((key) => !all.has(key));
      for (const key of fresh) all.add(key);
      const documents = new Uint8Array(Buffer.from(fresh.join(''), 'latin1'));
      if (read === 0) return { fetched: fresh.length, ledger: { [DOCUMENTS]: documents } };
      for (const key of split(bytes)) present.add(key);
      return { fetched: fresh.length, ledger: { [DOCUMENTS]: documents, [nameOf(read)]: bytes } };
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

function split(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return Array.from({ length: text.length / KEY_BYTES }, (_, index) =>
    text.slice(index * KEY_BYTES, (index + 1) * KEY_BYTES),
  );
}
