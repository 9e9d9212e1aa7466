import type { Progress } from '../../pipeline/stream.ts';
import { clipIds, countIds, eachId, sliceIds, type IdRange } from '../../qualys/id-ranges.ts';
import { missingIds, withBook } from './host-book.ts';
import { readHosts } from './read-page.ts';
import { toJson, type Reading, type VmCursor } from './vm-cursor.ts';

/**
 * Asks once more for the hosts that the list names and the pages passed by: a page may lack its tail, or all of its hosts. What does not come
 * then is believed to hold no detections, or to have been processed again meanwhile, for a later window; the window's counts show it.
 * @returns the last step, which is still to be stored.
 */
export async function* askAgain(reading: Reading, cursor: VmCursor): AsyncGenerator<Progress, Progress> {
  const { book, services, task } = reading;
  const asked = book.missing.size;
  let came = 0;
  let left: readonly IdRange[] = missingIds(book);
  for (;;) {
    const idMax = sliceIds(left, services.settings.VM_TRUNCATION_LIMIT)[0]?.idMax;
    const own = clipIds(left, undefined, idMax === undefined ? undefined : BigInt(idMax));
    const ids = new Set([...eachId(own)].map(String));
    const request = { text: textOf(own), has: (id: string) => ids.has(id) };
    const { hosts, chunk } = yield* readHosts(reading, cursor, request);
    for (const id of eachId(own)) if (!book.missing.delete(id)) came++;
    left = clipIds(left, (own.at(-1)?.last ?? 0n) + 1n);
    const step = {
      ...(chunk === undefined ? {} : { chunk }),
      cursor: toJson(withBook(cursor, book) ?? cursor),
      fetched: hosts,
      parts: chunk?.detections ?? 0,
      pageDone: true,
    };
    if (countIds(left) === 0) {
      task.log.info('HostsAskedAgain', { asked, came });
      return step;
    }
    yield step;
  }
}

/** As the vendor writes ids and ranges of ids. */
function textOf(ids: readonly IdRange[]): string {
  return ids.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}
