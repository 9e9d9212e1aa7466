import { WaitError } from '../../errors.ts';
import type { Progress } from '../../pipeline/stream.ts';
import { clipIds, countIds, eachId, sliceIds, type IdRange } from '../../qualys/vm/id-ranges.ts';
import { missingIds, withBook } from './host-book.ts';
import { hostKeys } from './host-keys.ts';
import { MOST_PACKED, packIds } from './pack-ids.ts';
import { readHosts } from './read-page.ts';
import { toJson, type Reading, type VmCursor } from './vm-cursor.ts';

/** Time between two reads of a slice of which no listed host comes. */
const EMPTY_MS = 600_000;

/**
 * Asks for the hosts that the list names and the pages passed by: a page may lack its tail, or all of its hosts. They are asked for again as
 * long as that brings some. What does not come then is believed to hold no detections; the window's counts show it.
 * @returns the last step, which is still to be stored.
 */
export async function* askAgain(reading: Reading, cursor: VmCursor): AsyncGenerator<Progress, Progress> {
  const { book, services, task } = reading;
  for (;;) {
    const asked = book.missing.size;
    const missing = missingIds(book);
    const slices = sliceIds(missing, services.settings.VM_TRUNCATION_LIMIT);
    for (const slice of slices) {
      const own = clipIds(missing, slice);
      const ids = new Set([...eachId(own)].map(String));
      const { ids: came, told } = yield* readHosts(reading, cursor, { text: textOf(own), has: (id) => ids.has(id) });
      const brought = asked - book.missing.size;
      const isRoundEnd = slice === slices.at(-1);
      if (isRoundEnd) task.log.info('HostsAskedAgain', { asked, came: brought });
      const isOver = isRoundEnd && brought === 0;
      const settled = isOver ? [...came, ...book.missing] : came;
      if (isOver) book.missing.clear();
      const stored = toJson(withBook(cursor, book) ?? cursor);
      const step = { ...told, cursor: stored, pageDone: true, ...hostKeys(task, settled) };
      if (book.missing.size === 0) return step;
      yield step;
    }
  }
}

/**
 * Doubts a slice of which the list names hosts and nothing at all has come, asked for twice: so answers a vendor in trouble, too. It is
 * believed ten minutes later.
 * @throws WaitError until then.
 */
export function* doubtEmpty(
  { book, services, task }: Reading,
  cursor: VmCursor,
  missing: readonly IdRange[],
): Generator<Progress, void> {
  if (book.hasCome || cursor.emptySince !== undefined) return;
  const emptySince = services.clock.now().toISOString();
  const packed = packIds(missing);
  const { filters } = cursor;
  // More than a cursor holds is listed and read from its start.
  const again = packed.length > MOST_PACKED ? { filters, emptySince } : { ...cursor, missing: packed, emptySince };
  yield { cursor: toJson(again), pageDone: true };
  const hosts = countIds(missing);
  task.log.warn('ListedHostsAbsent', { hosts, waitMs: EMPTY_MS });
  throw new WaitError(`none of ${hosts} listed hosts comes; they are asked for once more`, EMPTY_MS);
}

/** As the vendor writes ids and ranges of ids. */
function textOf(ids: readonly IdRange[]): string {
  return ids.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}
