import type { Progress } from '../../pipeline/stream.ts';
import { ownDocument } from '../../qualys/vm/own-document.ts';
import type { PageRoute } from '../../qualys/call/page-judge.ts';
import type { HostSelection } from '../../qualys/vm/vm-parameters.ts';
import { VendorDocumentError } from '../../qualys/vm/xml/vendor-document-error.ts';
import { readJudged } from '../read-judged.ts';
import { createVmPageDecoder } from './decode-page.ts';
import type { VmChunk, VmPageEnd, VmPageOptions } from './vm-page.ts';
import { ResumeMismatchError } from './resume-host.ts';
import { DETECTION_ROOT } from './host-table.ts';
import { bookHosts, passHosts, withBook } from './host-book.ts';
import { hostKeys } from './host-keys.ts';
import { recallHosts } from './host-memory.ts';
import { rangeLeft, selectionOf, toJson, type IdBounds, type Reading, type VmCursor } from './vm-cursor.ts';

/** A page whose last chunk is still to be uploaded. */
export interface ReadPage {
  readonly end: VmPageEnd;
  /** Hosts that came after the chunks before it, how many of them need not be sent, and the ids of those that have one. */
  readonly hosts: number;
  readonly unchanged: number;
  readonly ids: readonly string[];
  readonly chunk?: VmChunk;
  /** Where to go on once that chunk is uploaded. */
  readonly position: VmCursor;
}

/** What a page asks for, beside what the window does. */
interface PageRequest {
  readonly hosts: HostSelection;
  readonly options: Omit<VmPageOptions, 'generatedAt' | 'maxResultsBytes' | 'memory' | 'subscription'>;
  /** Whether it asks for hosts by their ids: what is late or was missed is sent whether it has changed or not. */
  readonly isByIds?: boolean;
  /** The cursor once a chunk of the page is stored. */
  readonly after: (chunk: VmChunk, position: VmCursor) => VmCursor;
}

/** Reads the page of a slice that its cursor stands before. */
export function readPage(reading: Reading, cursor: VmCursor): AsyncGenerator<Progress, ReadPage> {
  return readJudged(reading.services.vm.judge, routeOf(reading, cursor), () => readWhole(reading, cursor));
}

/**
 * Asks for exactly these hosts of a slice, also as they were processed later: one that is processed again and again is in no window by the
 * time its page is read.
 */
export function readHosts(
  reading: Reading,
  cursor: VmCursor,
  ids: { readonly text: string; readonly has: (id: string) => boolean },
): AsyncGenerator<Progress, ReadPage> {
  const request = {
    hosts: { from: reading.task.window.from, ids: ids.text },
    options: { isAskedFor: ids.has },
    isByIds: true,
    after: (_: VmChunk, position: VmCursor) => withBook(position, reading.book) ?? position,
  };
  return readJudged(reading.services.vm.judge, routeOf(reading, cursor), () => decodePage(reading, cursor, request));
}

/** The route of the pages, and how it is probed: with a host beside those that are left of a slice. */
export function routeOf(reading: Reading, cursor: VmCursor): PageRoute {
  const { services, options } = reading;
  const { filters } = cursor;
  const probe = (): Promise<void> =>
    services.vm.probeDetections({ ...besides(reading, cursor), filters, truncationLimit: 1 }, options);
  return { route: 'vm/detections', probe };
}

/**
 * Hosts beside those that are read, of any time: above or below them, as chance has it, so that a host next to a bad one that is bad as well
 * does not stand for the route. Without edges or a list it is the lowest host there is, or none.
 */
function besides(reading: Reading, cursor: VmCursor): IdBounds {
  const { listed = [] } = reading.book;
  const { idMin = listed[0]?.first, idMax = listed.at(-1)?.last } = rangeLeft(reading, cursor);
  const above = idMax === undefined ? undefined : { idMin: (BigInt(idMax) + 1n).toString() };
  const below = idMin === undefined || BigInt(idMin) < 2n ? undefined : { idMax: (BigInt(idMin) - 1n).toString() };
  const isAbove = Math.random() < 0.5;
  const side = isAbove ? (above ?? below) : (below ?? above);
  return side ?? (isAbove ? {} : { idMin: '1', idMax: '1' });
}

async function* readWhole(reading: Reading, cursor: VmCursor): AsyncGenerator<Progress, ReadPage> {
  try {
    return yield* decodePage(reading, cursor, requestOf(reading, cursor));
  } catch (error) {
    if (!(error instanceof ResumeMismatchError)) throw error;
    // The host has changed since a part of it was sent: its rows have new keys, so all of them go.
    const { resume: _, ...whole } = cursor;
    return yield* decodePage(reading, whole, requestOf(reading, whole));
  }
}

function requestOf(reading: Reading, cursor: VmCursor): PageRequest {
  const range = rangeLeft(reading, cursor);
  return {
    hosts: selectionOf(reading.task, range),
    options: {
      ...(range.idMax === undefined ? {} : { idMax: range.idMax }),
      ...(cursor.resume === undefined ? {} : { resume: cursor.resume }),
    },
    after: (chunk, position) => after(reading, chunk, position),
  };
}

async function* decodePage(
  reading: Reading,
  cursor: VmCursor,
  request: PageRequest,
): AsyncGenerator<Progress, ReadPage> {
  const { task, services, options, book } = reading;
  const hosts = { ...request.hosts, filters: cursor.filters };
  const memory = await recallHosts(reading, cursor, request.isByIds === true);
  const answer = await services.vm.detections(hosts, { ...options, isJudged: true });
  const decoder = createVmPageDecoder({
    generatedAt: services.clock.now(),
    subscription: services.settings.QUALYS_SUBSCRIPTION,
    maxResultsBytes: services.settings.VM_RESULTS,
    ...request.options,
    ...(memory === undefined ? {} : { memory }),
  });
  let position = cursor;
  let booked = 0;
  book.came.clear();
  const step = (chunk: VmChunk): Progress => {
    bookHosts(book, chunk.ids);
    position = request.after(chunk, position);
    booked += chunk.hosts;
    return {
      chunk,
      cursor: toJson(position),
      fetched: chunk.hosts,
      parts: chunk.detections,
      unchanged: chunk.unchanged,
      sent: chunk.sent,
      ...hostKeys(task, chunk.ids),
    };
  };
  try {
    for await (const bytes of ownDocument(answer.body, DETECTION_ROOT)) {
      for (const chunk of decoder.write(bytes)) yield step(chunk);
    }
    const { chunks, end } = decoder.end();
    const chunk = chunks.pop();
    for (const each of chunks) yield step(each);
    if (end.illegalCharacters > 0) task.log.warn('IllegalCharactersReplaced', { characters: end.illegalCharacters });
    const rest = end.hosts - booked;
    if (chunk !== undefined) bookHosts(book, chunk.ids);
    bookHosts(book, end.ids);
    book.hasCome ||= end.hosts > 0;
    const ids = [...(chunk?.ids ?? []), ...end.ids];
    const unchanged = (chunk?.unchanged ?? 0) + end.unchanged;
    return chunk === undefined
      ? { end, hosts: rest, unchanged, ids, position }
      : { end, hosts: rest, unchanged, ids, chunk, position: request.after(chunk, position) };
  } catch (error) {
    if (!(error instanceof VendorDocumentError)) throw error;
    // An error the vendor sent instead of a page, whatever its HTTP status.
    throw await services.vm.documentError(error.text, answer, options);
  } finally {
    answer.cancel();
  }
}

/**
 * Where a later worker goes on once this chunk is stored. Behind its last host only where the list tells which hosts before it are still to
 * come: pages need not be sorted, and what is behind the cursor is not looked at again.
 */
function after({ book }: Reading, chunk: VmChunk, position: VmCursor): VmCursor {
  if (book.listed === undefined) return position;
  if (chunk.lastHostId !== undefined) passHosts(book, BigInt(chunk.lastHostId));
  const { resume: _, ...kept } = position;
  const next = {
    ...kept,
    ...(chunk.lastHostId === undefined ? {} : { idMin: (BigInt(chunk.lastHostId) + 1n).toString() }),
    ...(chunk.partial === undefined ? {} : { resume: chunk.partial }),
  };
  return withBook(next, book) ?? position;
}
