import { clipIds, countIds, eachId, type IdRange, rangesOf } from '../../qualys/vm/id-ranges.ts';
import type { ListEnd } from '../decode-list.ts';
import { MOST_PACKED, packIds, unpackIds } from './pack-ids.ts';
import type { HostBook, VmCursor } from './vm-cursor.ts';
import type { HostsTold } from './vm-page.ts';

/** Ids of a list that is gone through one by one; one that names more is wrong. */
const MOST_LISTED = 200_000;

/** Takes up the books of a slice where its cursor left them. */
export function openBook({ listed, missing }: VmCursor, fetched: number): HostBook {
  return {
    listed: listed === undefined ? undefined : unpackIds(listed),
    missing: new Set(eachId(unpackIds(missing ?? ''))),
    came: new Set(),
    hasCome: fetched > 0,
  };
}

/** Whether a list is short enough to be gone through. */
export function isPlausible(listed: readonly IdRange[]): boolean {
  return countIds(listed) <= MOST_LISTED;
}

/** Books hosts of the page being read; what has come in part counts as missing. */
export function bookHosts(
  { came, missing }: HostBook,
  { again, ids }: Pick<HostsTold & ListEnd, 'again' | 'ids'>,
): void {
  for (const id of ids) {
    came.add(id);
    missing.delete(id);
  }
  for (const id of again) missing.add(id);
}

/** The lowest id on the page being read, or of none. */
export function lowestOf({ came }: HostBook): bigint | undefined {
  const [first, ...others] = came;
  return others.reduce((least, id) => (least !== undefined && id < least ? id : least), first);
}

/** Books that no page is going to hold an id up to this one, or any: what is listed and has not come is missing. */
export function passHosts(book: HostBook, idMax?: bigint): void {
  if (book.listed === undefined) return;
  for (const id of eachId(clipIds(book.listed, { idMax }))) if (!book.came.has(id)) book.missing.add(id);
  book.listed = idMax === undefined ? [] : clipIds(book.listed, { idMin: idMax + 1n });
}

/** The ids that are missing, sorted and compact. */
export function missingIds({ missing }: HostBook): IdRange[] {
  return rangesOf(missing);
}

/** A cursor with the books as they are now; undefined when too much is missing for that. */
export function withBook(cursor: VmCursor, book: HostBook): VmCursor | undefined {
  const missing = packIds(missingIds(book));
  if (missing.length > MOST_PACKED) return undefined;
  const { listed: _, missing: __, ...kept } = cursor;
  return { ...kept, ...packListed(book.listed), ...(missing === '' ? {} : { missing }) };
}

/** Listed ids as a cursor holds them: not at all, if they are too many. */
export function packListed(listed: readonly IdRange[] | undefined): Pick<VmCursor, 'listed'> {
  const packed = listed === undefined || !isPlausible(listed) ? undefined : packIds(listed);
  return packed === undefined || packed.length > MOST_PACKED ? {} : { listed: packed };
}
