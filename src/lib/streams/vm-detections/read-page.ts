import type { Progress } from '../../pipeline/stream.ts';
import type { PageRoute } from '../../qualys/call/page-judge.ts';
import type { IdBounds } from '../../qualys/vm/id-ranges.ts';
import type { HostSelection } from '../../qualys/vm/vm-parameters.ts';
import { readJudged } from '../read-judged.ts';
import { readList } from '../read-list.ts';
import { createVmPageDecoder } from './decode-page.ts';
import { UnknownChangesError } from './memory/detection-book.ts';
import type { VmChunk, VmPageEnd, VmPageOptions } from './vm-page.ts';
import { ResumeMismatchError } from './resume-host.ts';
import { DETECTION_ROOT } from './host-table.ts';
import { bookHosts, passHosts, withBook } from './host-book.ts';
import { hostKeys } from './host-keys.ts';
import { recallHosts } from './memory/host-memory.ts';
import { rangeLeft, selectionOf, toJson, type Reading, type VmCursor } from './vm-cursor.ts';

/** A page whose last chunk is still to be uploaded. */
export interface ReadPage {
  readonly end: VmPageEnd;
  /** That chunk, and what came after those before it, without the cursor. */
  readonly told: Omit<Progress, 'cursor'>;
  /** The ids of the hosts that are told in it. */
  readonly ids: readonly bigint[];
  /** Where to go on once that chunk is uploaded. */
  readonly position: VmCursor;
}

/** What a page asks for, beside what the window does. */
interface PageRequest {
  readonly hosts: HostSelection;
  readonly options: Omit<VmPageOptions, 'generatedAt' | 'maxResultsBytes' | 'memory' | 'subscription'>;
  /** Whether all hosts are sent whole, whether they have changed or not: what is late or was missed, and is asked for by its ids. */
  readonly isAllWhole?: boolean;
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
    isAllWhole: true,
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
  const above = idMax === undefined ? undefined : { idMin: idMax + 1n };
  const below = idMin === undefined || idMin < 2n ? undefined : { idMax: idMin - 1n };
  const isAbove = Math.random() < 0.5;
  const side = isAbove ? (above ?? below) : (below ?? above);
  return side ?? (isAbove ? {} : { idMin: 1n, idMax: 1n });
}

async function* readWhole(reading: Reading, cursor: VmCursor): AsyncGenerator<Progress, ReadPage> {
  let reached = cursor;
  const after = (chunk: VmChunk, position: VmCursor): VmCursor => (reached = behind(reading, chunk, position));
  try {
    return yield* decodePage(reading, cursor, { ...requestOf(reading, cursor), after });
  } catch (error) {
    const isAllWhole = error instanceof UnknownChangesError;
    if (!(isAllWhole || error instanceof ResumeMismatchError)) throw error;
    // The host has changed since a part of it was sent, and its rows have new keys; or in a way that cannot be told. So all of them go.
    const { resume: _, ...whole } = reached;
    return yield* decodePage(reading, whole, { ...requestOf(reading, whole), after, isAllWhole });
  }
}

function requestOf(reading: Reading, cursor: VmCursor): Pick<PageRequest, 'hosts' | 'options'> {
  const range = rangeLeft(reading, cursor);
  return { hosts: selectionOf(reading.task, range), options: { idMax: range.idMax, resume: cursor.resume } };
}

async function* decodePage(
  reading: Reading,
  cursor: VmCursor,
  request: PageRequest,
): AsyncGenerator<Progress, ReadPage> {
  const { task, services, options, book } = reading;
  const hosts = { ...request.hosts, filters: cursor.filters };
  const memory = await recallHosts(reading, cursor, request.isAllWhole === true);
  const answer = await services.vm.detections(hosts, { ...options, isJudged: true });
  let position = cursor;
  let booked = 0;
  book.came.clear();
  const note = (chunk: VmChunk): void => {
    bookHosts(book, chunk);
    position = request.after(chunk, position);
  };
  const { chunk, end } = yield* readList(answer, {
    task,
    root: DETECTION_ROOT,
    decoder: createVmPageDecoder({
      generatedAt: services.clock.now(),
      subscription: services.settings.QUALYS_SUBSCRIPTION,
      maxResultsBytes: services.settings.VM_RESULTS,
      ...request.options,
      memory,
    }),
    recallItems: reading.memory?.open.recallItems,
    step: (each) => {
      note(each);
      booked += each.records;
      return { ...tell(reading, each, each), cursor: toJson(position) };
    },
    documentError: (text) => services.vm.documentError(text, answer, options),
  });
  await reading.memory?.sampler?.store();
  if (chunk !== undefined) note(chunk);
  bookHosts(book, end);
  book.hasCome ||= end.records > 0;
  const ids = [...(chunk?.ids ?? []), ...end.ids];
  const unchanged = (chunk?.unchanged ?? 0) + end.unchanged;
  return { ...{ end, ids, position }, told: tell(reading, chunk, { ids, unchanged, records: end.records - booked }) };
}

/** What a step tells of a chunk, and of the hosts that have come with it. */
function tell(
  { task }: Reading,
  chunk: VmChunk | undefined,
  { ids, records, unchanged }: Pick<VmChunk, 'ids' | 'records' | 'unchanged'>,
): ReadPage['told'] {
  const uploaded = chunk === undefined ? {} : { chunk, sent: chunk.sent };
  return { ...uploaded, fetched: records, parts: chunk?.detections ?? 0, unchanged, ...hostKeys(task, ids) };
}

/**
 * Where a later worker goes on once this chunk is stored. Behind its last host only where the list tells which hosts before it are still to
 * come: pages need not be sorted, and what is behind the cursor is not looked at again.
 */
function behind({ book }: Reading, chunk: VmChunk, position: VmCursor): VmCursor {
  if (book.listed === undefined) return position;
  if (chunk.lastId !== undefined) passHosts(book, chunk.lastId);
  const { resume: _, ...kept } = position;
  const next = {
    ...kept,
    ...(chunk.lastId === undefined ? {} : { idMin: (chunk.lastId + 1n).toString() }),
    ...(chunk.partial === undefined ? {} : { resume: chunk.partial }),
  };
  return withBook(next, book) ?? position;
}
