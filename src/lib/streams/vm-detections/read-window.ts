import { ConfigError, ConnectorError, RetryableError, WaitError, messageOf } from '../../errors.ts';
import type { Json, Outcome, Progress, WindowSlice, WindowTask } from '../../pipeline/stream.ts';
import type { CallOptions } from '../../qualys/call-qualys.ts';
import { isAccountCode } from '../../qualys/classify-answer.ts';
import { clipIds, countIds, sliceIds, type IdRange } from '../../qualys/id-ranges.ts';
import { detectionFilters, type HostSelection } from '../../qualys/vm-parameters.ts';
import { VendorDocumentError } from '../../qualys/xml/vendor-document-error.ts';
import { callOptionsOf } from '../call-options.ts';
import type { StreamServices } from '../stream-definition.ts';
import { createVmPageDecoder, type VmChunk, type VmPageEnd } from './decode-page.ts';
import { ResumeMismatchError, type VmResume } from './decode-resume.ts';

/** Where reading a window or slice stands. */
interface VmCursor {
  /** Lowest host id still to be read; absent for the start of the slice. */
  readonly idMin?: string;
  /** A host that was uploaded in part. */
  readonly resume?: VmResume;
  /** What is asked of the vendor: the same for all pages and slices, whatever becomes of the settings meanwhile. */
  readonly filters: string;
}

/** What stays the same for all pages of a window. */
interface Reading {
  readonly task: WindowTask;
  readonly services: StreamServices;
  readonly range: IdBounds;
  readonly options: CallOptions;
}

/** A range of host ids; an absent edge is open. */
interface IdBounds {
  readonly idMin?: string;
  readonly idMax?: string;
}

/** A page whose last chunk is still to be uploaded. */
interface ReadPage {
  readonly end: VmPageEnd;
  /** Hosts that came after the chunks before it. */
  readonly hosts: number;
  readonly chunk?: VmChunk;
  /** Where to go on once that chunk is uploaded. */
  readonly position: VmCursor;
}

type OpenRange = Readonly<Record<'idMin' | 'idMax', string | undefined>>;

/** Slices of one window at most, so that a split fits one transaction. */
const MAX_SLICES = 64;
/** Failures in a row after which a slice is halved: one host or one slow stretch must not hold up the others. */
const ATTEMPTS_BEFORE_HALVING = 2;
/**
 * Failures of a host on its own before it is told to be missing. Its window stays open for `INCOMPLETE_AFTER_HOURS` even then, so that no
 * outage costs a host.
 */
const ATTEMPTS_BEFORE_SKIPPING = 4;
const SLICE = /^ids\.(\d*)-(\d*)$/;

/**
 * Reads a window of host detections: pages in the order of host ids, each naming the next by `id_min`. The ids are listed first: a window
 * with more than one page is cut into slices of host ids that are read side by side. What keeps failing is halved, down to a single host.
 */
export async function* readVmWindow(task: WindowTask, services: StreamServices): AsyncGenerator<Progress, Outcome> {
  const reading: Reading = {
    task,
    services,
    range: rangeOf(task.window.slice),
    options: callOptionsOf(task),
  };
  let cursor = (task.cursor ?? { filters: detectionFilters(services.settings) }) as unknown as VmCursor;
  const cut = task.attempts >= ATTEMPTS_BEFORE_HALVING ? await halve(reading, cursor) : await fanOut(reading, cursor);
  if (cut !== undefined) return cut;
  for (;;) {
    const { end, hosts, chunk, position } = yield* readPage(reading, cursor);
    const next = nextCursor(reading, cursor, end);
    const last = {
      ...(chunk === undefined ? {} : { chunk }),
      cursor: toJson(next ?? position),
      fetched: hosts,
      parts: chunk?.detections ?? 0,
      pageDone: true,
    };
    if (next === undefined) return { kind: 'complete', last };
    yield last;
    cursor = next;
  }
}

/** The cursor of the next page; undefined after the last one. */
function nextCursor({ range }: Reading, cursor: VmCursor, end: VmPageEnd): VmCursor | undefined {
  const { nextIdMin } = end;
  if (nextIdMin === undefined || isBeyond(nextIdMin, range.idMax)) return undefined;
  if (!isAfter(nextIdMin, cursor.idMin ?? range.idMin)) {
    throw new RetryableError(`Qualys names id_min ${nextIdMin} as the next page again: the pages do not move on`, {
      scope: 'answer',
    });
  }
  const { resume: _, ...kept } = cursor;
  return { ...kept, idMin: nextIdMin };
}

async function* readPage(reading: Reading, cursor: VmCursor): AsyncGenerator<Progress, ReadPage> {
  try {
    return yield* decodePage(reading, cursor);
  } catch (error) {
    if (!(error instanceof ResumeMismatchError)) throw error;
    // The host has changed since a part of it was sent: its rows have new keys, so all of them go.
    const { resume: _, ...whole } = cursor;
    return yield* decodePage(reading, whole);
  }
}

async function* decodePage(reading: Reading, cursor: VmCursor): AsyncGenerator<Progress, ReadPage> {
  const { task, services, range, options } = reading;
  const hosts = { ...selectionOf(task, { ...range, ...pick(cursor) }), filters: cursor.filters };
  const answer = await services.vm.detections(hosts, options);
  const decoder = createVmPageDecoder({
    generatedAt: services.clock.now(),
    ...(range.idMax === undefined ? {} : { idMax: range.idMax }),
    ...(cursor.resume === undefined ? {} : { resume: cursor.resume }),
  });
  let position = cursor;
  let booked = 0;
  const step = (chunk: VmChunk): Progress => {
    position = after(chunk, position);
    booked += chunk.hosts;
    return { chunk, cursor: toJson(position), fetched: chunk.hosts, parts: chunk.detections };
  };
  try {
    for await (const bytes of answer.body) {
      for (const chunk of decoder.write(bytes)) yield step(chunk);
    }
    const { chunks, end } = decoder.end();
    const chunk = chunks.pop();
    for (const each of chunks) yield step(each);
    if (end.illegalCharacters > 0) task.log.warn('IllegalCharactersReplaced', { characters: end.illegalCharacters });
    const hosts = end.hosts - booked;
    return chunk === undefined ? { end, hosts, position } : { end, hosts, chunk, position: after(chunk, position) };
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
  const { resume: _, ...kept } = position;
  const idMin = chunk.lastHostId === undefined ? position.idMin : (BigInt(chunk.lastHostId) + 1n).toString();
  return {
    ...kept,
    ...(idMin === undefined ? {} : { idMin }),
    ...(chunk.partial === undefined ? {} : { resume: chunk.partial }),
  };
}

function selectionOf(task: WindowTask, range: IdBounds): HostSelection {
  const { from, to } = task.window;
  return { from, to, ...pick(range), ...(range.idMax === undefined ? {} : { idMax: range.idMax }) };
}

function pick({ idMin }: IdBounds): IdBounds {
  return idMin === undefined ? {} : { idMin };
}

function rangeOf(slice: string | undefined): IdBounds {
  const [, idMin = '', idMax = ''] = SLICE.exec(slice ?? '') ?? [];
  return { ...(idMin === '' ? {} : { idMin }), ...(idMax === '' ? {} : { idMax }) };
}

/**
 * Cuts a whole window that was not begun yet into slices; undefined when one page is all, or when the ids cannot be had. The list says only
 * where to cut: every id is in a slice, listed or not, and a window without listed ids is read all the same.
 */
async function fanOut(reading: Reading, cursor: VmCursor): Promise<Outcome | undefined> {
  const { task, services } = reading;
  if (task.window.slice !== undefined || task.cursor !== undefined) return undefined;
  const limit = services.settings.VM_TRUNCATION_LIMIT;
  const ids = await listIds(reading, {});
  const hosts = ids === undefined ? 0 : countIds(ids);
  if (ids === undefined || hosts <= limit) return undefined;
  const pages = Math.ceil(hosts / limit);
  const size = Math.ceil(pages / MAX_SLICES) * limit;
  return { kind: 'split', slices: slicesOf(reading, ids, size, cursor), reason: `${hosts} hosts` };
}

/**
 * The ids of the hosts in a range; undefined when the vendor does not give them, which is no reason to stop.
 * @throws ConfigError for a refused login: a second one in a row would bring the account nearer to being locked.
 */
async function listIds({ task, services, options }: Reading, range: IdBounds): Promise<IdRange[] | undefined> {
  try {
    const ids = await services.vm.hostIds(selectionOf(task, range), options);
    // What the vendor lists beyond the range would be cut into slices that overlap others, or that are the window itself.
    return clipIds(ids, toId(range.idMin), toId(range.idMax));
  } catch (error) {
    task.signal.throwIfAborted();
    if (error instanceof WaitError || !(error instanceof ConnectorError) || isRefusedLogin(error)) throw error;
    task.log.warn('HostIdsUnavailable', { error: messageOf(error) });
    return undefined;
  }
}

/** Whether the account itself is refused; a bare 403 may say no more than that it has no right to this list. */
function isRefusedLogin(error: ConnectorError): boolean {
  if (!(error instanceof ConfigError)) return false;
  const { status, code = '' } = error.fault;
  return status !== 403 || isAccountCode(code);
}

function toId(id: string | undefined): bigint | undefined {
  return id === undefined ? undefined : BigInt(id);
}

/** Slices even by count; the outer edges are those of what is left, so that no id is left out. */
function slicesOf(reading: Reading, ids: readonly IdRange[], size: number, cursor: VmCursor): WindowSlice[] {
  const left = { ...reading.range, ...pick(cursor) };
  const ranges = sliceIds(ids, size).map((slice, index, all) => ({
    idMin: index === 0 ? left.idMin : slice.idMin,
    idMax: index === all.length - 1 ? left.idMax : slice.idMax,
  }));
  return toSlices(reading, ranges, cursor);
}

/** A slice for a host that fails on its own, and one for what is left on either side of it: the list may have left hosts out. */
function slicesAround(reading: Reading, host: bigint, cursor: VmCursor): WindowSlice[] {
  const { idMin, idMax } = { ...reading.range, ...pick(cursor) };
  const [before, id, after] = [(host - 1n).toString(), host.toString(), (host + 1n).toString()];
  const ranges = [
    ...(host > 0n && isAfter(id, idMin) ? [{ idMin, idMax: before }] : []),
    { idMin: id, idMax: id },
    ...(isBeyond(after, idMax) ? [] : [{ idMin: after, idMax }]),
  ];
  return toSlices(reading, ranges, cursor);
}

function toSlices(reading: Reading, ranges: readonly OpenRange[], cursor: VmCursor): WindowSlice[] {
  const { from, to } = reading.task.window;
  // A host that was uploaded in part is in one of them; the others never meet it.
  const { idMin: _, ...start } = cursor;
  return ranges.map(({ idMin = '', idMax = '' }) => {
    return { from, to, slice: `ids.${idMin}-${idMax}`, cursor: toJson(start) };
  });
}

/** Halves what is left of a failing window or slice; a single host that fails on its own is left out, visibly. */
async function halve(reading: Reading, cursor: VmCursor): Promise<Outcome | undefined> {
  const { task, range } = reading;
  const ids = await listIds(reading, { ...range, ...pick(cursor) });
  if (ids === undefined) return undefined;
  const hosts = countIds(ids);
  const host = ids[0]?.first;
  if (host === undefined) return undefined;
  const slices = hosts > 1 ? slicesOf(reading, ids, Math.ceil(hosts / 2), cursor) : slicesAround(reading, host, cursor);
  if (slices.length > 1) {
    return { kind: 'split', slices, reason: `${task.attempts} failures in a row: ${task.lastError ?? ''}` };
  }
  if (task.attempts < ATTEMPTS_BEFORE_SKIPPING) return undefined;
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
