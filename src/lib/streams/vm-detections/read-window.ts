import { ConnectorError, RetryableError, WaitError, messageOf } from '../../errors.ts';
import type { Json, Outcome, Progress, WindowSlice, WindowTask } from '../../pipeline/stream.ts';
import type { CallOptions } from '../../qualys/call-qualys.ts';
import { countHostIds, sliceHostIds, type HostIdRange } from '../../qualys/host-ids.ts';
import type { HostSelection } from '../../qualys/vm-parameters.ts';
import { VendorDocumentError } from '../../qualys/xml/vendor-document-error.ts';
import type { StreamServices } from '../stream-definition.ts';
import { createVmPageDecoder, type VmChunk, type VmPageEnd, type VmResume } from './decode-page.ts';

/** Where reading a window or slice stands. */
interface VmCursor {
  /** Lowest host id still to be read; absent for the start of the slice. */
  readonly idMin?: string;
  /** A host that was uploaded in part. */
  readonly resume?: VmResume;
  /** Set when the list of host ids could not be had: the window stays one chain of pages. */
  readonly isWhole?: boolean;
}

/** A range of host ids; an absent edge is open. */
interface IdRange {
  readonly idMin?: string;
  readonly idMax?: string;
}

/** Slices of one window at most, so that a split fits one transaction. */
const MAX_SLICES = 64;
/** Failures in a row after which a slice is halved: one host or one slow stretch must not hold up the others. */
const ATTEMPTS_BEFORE_HALVING = 3;
const SLICE = /^ids\.(\d*)-(\d*)$/;

/**
 * Reads a window of host detections: pages in the order of host ids, each naming the next by `id_min`. A window with more than one page
 * is cut into slices of host ids that are read side by side. What keeps failing is halved, down to a single host.
 */
export async function* readVmWindow(task: WindowTask, services: StreamServices): AsyncGenerator<Progress, Outcome> {
  const range = rangeOf(task.window.slice);
  let cursor = (task.cursor ?? {}) as unknown as VmCursor;
  const options: CallOptions = { priority: task.priority, signal: task.signal, onCall: task.onCall, waits: task.waits };
  if (task.attempts >= ATTEMPTS_BEFORE_HALVING) {
    const halved = await halve(task, services, cursor, range, options);
    if (halved !== undefined) return halved;
  }
  for (;;) {
    const end = yield* readPage(task, services, cursor, range, options);
    if (end.nextIdMin === undefined || isBeyond(end.nextIdMin, range.idMax)) return { kind: 'complete' };
    if (!isAfter(end.nextIdMin, cursor.idMin ?? range.idMin)) {
      throw new RetryableError(`Qualys names id_min ${end.nextIdMin} as the next page again: the pages do not move on`);
    }
    cursor = { idMin: end.nextIdMin, ...(cursor.isWhole === true ? { isWhole: true } : {}) };
    const split =
      task.window.slice === undefined && cursor.isWhole !== true
        ? await fanOut(task, services, cursor, options)
        : undefined;
    if (split?.kind === 'split') {
      yield { cursor: toJson(cursor), fetched: end.hosts, pageDone: true };
      return split;
    }
    if (task.window.slice === undefined) cursor = { ...cursor, isWhole: true };
    yield { cursor: toJson(cursor), fetched: end.hosts, pageDone: true };
  }
}

async function* readPage(
  task: WindowTask,
  services: StreamServices,
  cursor: VmCursor,
  range: IdRange,
  options: CallOptions,
): AsyncGenerator<Progress, VmPageEnd> {
  const answer = await services.vm.detections(selectionOf(task, { ...range, ...pick(cursor) }), options);
  const decoder = createVmPageDecoder({
    generatedAt: services.clock.now(),
    ...(range.idMax === undefined ? {} : { idMax: range.idMax }),
    ...(cursor.resume === undefined ? {} : { resume: cursor.resume }),
  });
  let position = cursor;
  try {
    for await (const bytes of answer.body) {
      for (const chunk of decoder.write(bytes)) yield { chunk, cursor: toJson((position = after(chunk, position))) };
    }
    const { chunks, end } = decoder.end();
    for (const chunk of chunks) yield { chunk, cursor: toJson((position = after(chunk, position))) };
    if (end.illegalCharacters > 0) task.log.warn('IllegalCharactersReplaced', { characters: end.illegalCharacters });
    if (end.nextIdMin === undefined) yield { cursor: toJson(position), fetched: end.hosts, pageDone: true };
    return end;
  } catch (error) {
    if (!(error instanceof VendorDocumentError)) throw error;
    // An error the vendor sent instead of a page, whatever its HTTP status.
    throw await services.vm.documentError(error.text, answer, options);
  } finally {
    answer.cancel();
  }
}

/** Where a later worker goes on once this chunk is stored. */
function after(chunk: VmChunk, position: VmCursor): VmCursor {
  const whole = position.isWhole === true ? { isWhole: true } : {};
  const idMin = chunk.lastHostId === undefined ? position.idMin : (BigInt(chunk.lastHostId) + 1n).toString();
  return {
    ...whole,
    ...(idMin === undefined ? {} : { idMin }),
    ...(chunk.partial === undefined ? {} : { resume: chunk.partial }),
  };
}

function selectionOf(task: WindowTask, range: IdRange): HostSelection {
  const { from, to } = task.window;
  return { from, to, ...pick(range), ...(range.idMax === undefined ? {} : { idMax: range.idMax }) };
}

function pick({ idMin }: IdRange): IdRange {
  return idMin === undefined ? {} : { idMin };
}

function rangeOf(slice: string | undefined): IdRange {
  const [, idMin = '', idMax = ''] = SLICE.exec(slice ?? '') ?? [];
  return { ...(idMin === '' ? {} : { idMin }), ...(idMax === '' ? {} : { idMax }) };
}

/** Cuts what is left of a window into slices; undefined when one more page is all, or when the ids cannot be had. */
async function fanOut(
  task: WindowTask,
  services: StreamServices,
  cursor: VmCursor,
  options: CallOptions,
): Promise<Outcome | undefined> {
  const limit = services.settings.VM_TRUNCATION_LIMIT;
  const ids = await listIds(task, services, pick(cursor), options);
  const hosts = ids === undefined ? 0 : countHostIds(ids);
  if (ids === undefined || hosts <= limit) return undefined;
  const pages = Math.ceil(hosts / limit);
  const pagesASlice = Math.ceil(pages / MAX_SLICES);
  return {
    kind: 'split',
    slices: slicesOf(task, ids, pagesASlice * limit, pick(cursor)),
    reason: `${hosts} more hosts`,
  };
}

/** The ids of the hosts in a range; undefined when the vendor does not give them, which is no reason to stop. */
async function listIds(
  task: WindowTask,
  services: StreamServices,
  range: IdRange,
  options: CallOptions,
): Promise<HostIdRange[] | undefined> {
  try {
    return await services.vm.hostIds(selectionOf(task, range), options);
  } catch (error) {
    task.signal.throwIfAborted();
    if (error instanceof WaitError || !(error instanceof ConnectorError)) throw error;
    task.log.warn('HostIdsUnavailable', { error: messageOf(error) });
    return undefined;
  }
}

/** Slices even by count; the outer edges are those of the range, so that no id is left out. */
function slicesOf(task: WindowTask, ids: readonly HostIdRange[], size: number, range: IdRange): WindowSlice[] {
  const { from, to } = task.window;
  return sliceHostIds(ids, size).map((slice, index, all) => {
    const idMin = index === 0 ? range.idMin : slice.idMin;
    const idMax = index === all.length - 1 ? range.idMax : slice.idMax;
    return { from, to, slice: `ids.${idMin ?? ''}-${idMax ?? ''}` };
  });
}

/** Halves what is left of a failing window or slice; a single host that fails on its own is left out, visibly. */
async function halve(
  task: WindowTask,
  services: StreamServices,
  cursor: VmCursor,
  range: IdRange,
  options: CallOptions,
): Promise<Outcome | undefined> {
  const left: IdRange = { ...range, ...pick(cursor) };
  const ids = await listIds(task, services, left, options);
  if (ids === undefined) return undefined;
  const hosts = countHostIds(ids);
  // A window's only host becomes a slice first: it is left out only after it has failed on its own.
  if (hosts > 1 || (hosts === 1 && task.window.slice === undefined)) {
    const slices = slicesOf(task, ids, Math.ceil(hosts / 2), left);
    return { kind: 'split', slices, reason: `${task.attempts} failures in a row: ${task.lastError ?? ''}` };
  }
  const host = ids[0]?.first;
  if (host === undefined || task.attempts <= ATTEMPTS_BEFORE_HALVING) return undefined;
  const reason = `host ${host} is left out after ${task.attempts} failures on its own: ${task.lastError ?? ''}`;
  return { kind: 'skipped', reason };
}

function isAfter(id: string, other: string | undefined): boolean {
  return other === undefined || BigInt(id) > BigInt(other);
}

function isBeyond(id: string, idMax: string | undefined): boolean {
  return idMax !== undefined && BigInt(id) > BigInt(idMax);
}

function toJson(cursor: VmCursor): Json {
  return { ...cursor } as unknown as Json;
}
