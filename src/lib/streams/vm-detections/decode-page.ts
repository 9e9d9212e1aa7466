import { NO_CAUSES } from '../../cost/causes.ts';
import { appendRow, createChunkWriter, finishChunk, type ChunkWriter } from '../../pipeline/chunk-writer.ts';
import type { Chunk } from '../../pipeline/stream.ts';
import { createRecordListReader, type RecordListReader } from '../../qualys/vm/lists/record-list.ts';
import { itemLimits } from '../../records/item-limits.ts';
import { capText } from '../../records/cap-text.ts';
import { createItemRows } from '../../records/item-rows.ts';
import type { ItemRow, Report } from '../../records/item-table.ts';
import { createHostDigest, type HostDigest } from './host-digest.ts';
import { detectionList, hostTable } from './host-table.ts';
import { compareHostIds } from './host-values.ts';
import { checkSentRows, isUnchanged, noteRow, resumeOf, startRows, type RowsDone } from './resume-host.ts';
import type { HostVerdict, VmChunk, VmPageEnd, VmPageOptions } from './vm-page.ts';

/** Decodes one page while it arrives. */
export interface VmPageDecoder {
  /** Takes the next bytes, in any portions, and returns the chunks that they complete: a few at most for 64 KiB. @throws RetryableError for a malformed page. */
  readonly write: (bytes: Uint8Array) => VmChunk[];
  /** The body is over. @throws RetryableError when the document is not, or names a next page that cannot be asked for. */
  readonly end: () => { chunks: VmChunk[]; end: VmPageEnd };
}

/** What is known of the page, and of the host being read. */
interface Page {
  readonly options: VmPageOptions;
  readonly reader: RecordListReader;
  readonly writer: ChunkWriter;
  chunks: VmChunk[];
  hosts: number;
  detections: number;
  /** What ends, or starts, in the chunk being filled. */
  filled: ReturnType<typeof nothingFilled>;
  /** The last host with an id, and the last one whose rows are all written. */
  lastId: string | undefined;
  lastWholeId: string | undefined;
  isOutOfOrder: boolean;
  isBeyondIdMax: boolean;
  isResumed: boolean;
  host: {
    done: RowsDone;
    isPlaced: boolean;
    isSkipped: boolean;
    verdict: HostVerdict;
    rowsSent: number;
    report: Report;
    digest: HostDigest | undefined;
  };
}

/**
 * A decoder for one page of host detections: bytes to rows of `QualysHostDetectionV3_CL`, as JSON arrays ready to send.
 * Its memory does not grow with the page, nor with a host.
 */
export function createVmPageDecoder(options: VmPageOptions): VmPageDecoder {
  const limits = itemLimits(options.maxRowBytes, options.maxChunkBytes);
  const table = hostTable(limits, options.subscription);
  const { maxResultsBytes = Infinity } = options;
  const rows = createItemRows(table, limits, options.generatedAt, {
    takeRecord: () => noted(reader.takeRecord()),
    id: () => reader.recordId(),
    place: (isEnd, keys) => placeHost(page, isEnd, keys),
    report: () => page.host.report,
    emit: (row) => emitRow(page, row),
  });
  const reader = createRecordListReader(detectionList(limits), {
    item: (item) => rows.add(noted(capText(item, table.text, maxResultsBytes))),
    long: (xml, isLast, { path }) => {
      page.host.digest?.addText(xml);
      rows.addText(xml, isLast, `${path} is too large for a row: RecordPart holds its XML`);
    },
    record: (json) => endHost(page, rows.end(noted(json))),
  });
  const noted = (json: string): string => {
    page.host.digest?.add(json);
    return json;
  };
  const page: Page = {
    options,
    reader,
    writer: createChunkWriter(limits.chunk),
    chunks: [],
    hosts: 0,
    detections: 0,
    filled: nothingFilled(),
    lastId: undefined,
    lastWholeId: undefined,
    isOutOfOrder: false,
    isBeyondIdMax: false,
    isResumed: options.resume === undefined,
    host: startHost(options),
  };
  return {
    write: (bytes) => {
      reader.write(bytes);
      return page.chunks.splice(0);
    },
    end: () => {
      const end = reader.end();
      const last = finishChunk(page.writer);
      if (last !== undefined) pushChunk(page, last);
      const { detections, filled, hosts, isBeyondIdMax, isOutOfOrder } = page;
      const { ids, unchanged } = filled;
      const counts = { hosts, ids, unchanged, detections, isOutOfOrder, isBeyondIdMax };
      return { chunks: page.chunks.splice(0), end: { ...counts, ...end } };
    },
  };
}

function startHost({ generatedAt, memory }: VmPageOptions): Page['host'] {
  const digest = memory && createHostDigest(memory.passing);
  const report = { type: 'Whole', time: generatedAt.toISOString() } as const;
  return { done: startRows(), isPlaced: false, isSkipped: false, verdict: 'uncompared', rowsSent: 0, digest, report };
}

function nothingFilled() {
  return {
    hosts: 0,
    ids: [] as string[],
    detections: 0,
    unchanged: 0,
    sent: { touched: [] as string[], whole: new Map<string, string>(), causes: { ...NO_CAUSES } },
  };
}

/** Writes a row, unless it belongs to another slice or an earlier read has sent it. */
function emitRow(page: Page, row: ItemRow): void {
  const { host, options } = page;
  if (host.isSkipped || host.verdict === 'unchanged') return;
  if (host.done.count >= host.rowsSent) {
    const finished = appendRow(page.writer, row.text);
    if (finished !== undefined) pushChunk(page, finished);
    page.filled.detections += row.items;
    noteTouched(page);
  }
  noteRow(host.done, row.key);
  if (options.resume !== undefined && host.done.count === host.rowsSent) checkSentRows(host.done, options.resume);
}

function noteTouched({ filled, reader }: Page): void {
  const { touched } = filled.sent;
  const id = reader.recordId();
  if (id !== undefined && touched.at(-1) !== id) touched.push(id);
}

/** Hands a chunk out with what it contains. The row that comes next is not in it. */
function pushChunk(page: Page, chunk: Chunk): void {
  const { filled, host, isOutOfOrder, lastWholeId, reader } = page;
  const id = reader.recordId();
  page.chunks.push({
    ...chunk,
    ...filled,
    ...(!isOutOfOrder && lastWholeId !== undefined ? { lastHostId: lastWholeId } : {}),
    ...(!isOutOfOrder && id !== undefined && host.done.count > 0
      ? { partial: resumeOf(id, host.done, host.report.time) }
      : {}),
  });
  page.filled = nothingFilled();
}

function endHost(page: Page, detections: number): void {
  const id = page.reader.recordId();
  if (!page.host.isSkipped) {
    page.hosts++;
    page.filled.hosts++;
    countHost(page, detections);
    if (id !== undefined) noteWhole(page, id);
    page.lastWholeId = id ?? page.lastWholeId;
  }
  page.host = startHost(page.options);
}

function countHost(page: Page, detections: number): void {
  const { filled, host } = page;
  if (host.verdict === 'unchanged') {
    filled.unchanged++;
    return;
  }
  page.detections += detections;
  filled.sent.causes[host.verdict]++;
}

/** Of a host whose first rows another worker has sent it is not known here whether all were accepted. */
function noteWhole({ filled, host }: Page, id: string): void {
  filled.ids.push(id);
  if (host.verdict === 'unchanged' || host.rowsSent > 0 || host.digest === undefined) return;
  filled.sent.whole.set(id, host.digest.end());
}

/** Looks, once for each host and before its first row is written, at where it stands: in order, in this slice, sent in part before. */
function placeHost(page: Page, isEnd: boolean, keys: () => string[]): void {
  const { host, reader } = page;
  const id = reader.recordId();
  if (host.isPlaced || id === undefined) return;
  host.isPlaced = true;
  placeInOrder(page, id);
  placeInSlice(page, id);
  if (!page.isResumed && host.done.count === 0) resumeHost(page, id, isEnd ? keys : undefined);
  // A host that comes before its end is known, which is one of some 3 MB, is sent each time; so is one that was sent in part.
  const isHalfSent = id === page.options.resume?.hostId;
  if (isEnd && !isHalfSent && host.digest !== undefined)
    host.verdict = page.options.memory?.judge(id, host.digest.end()) ?? 'uncompared';
}

function placeInOrder(page: Page, id: string): void {
  const order = compareHostIds(id, page.lastId ?? '0');
  // The same id twice in a row is out of order too: "all up to this id" would not hold between the two.
  if (order === undefined || (page.lastId !== undefined && order <= 0)) page.isOutOfOrder = true;
  page.lastId = id;
}

function placeInSlice(page: Page, id: string): void {
  const { host, options } = page;
  if (options.isAskedFor?.(id) === false) host.isSkipped = true;
  if (options.idMax === undefined || (compareHostIds(id, options.idMax) ?? 0) <= 0) return;
  host.isSkipped = true;
  page.isBeyondIdMax = true;
}

/** `keys` are those of all rows of a host that is whole; a larger one is looked at when its rows have gone by. */
function resumeHost(page: Page, id: string, keys: (() => string[]) | undefined): void {
  const { host, options } = page;
  const { resume } = options;
  if (resume === undefined) return;
  const order = compareHostIds(id, resume.hostId);
  page.isResumed = id === resume.hostId || (order !== undefined && order > 0);
  if (id !== resume.hostId || (keys !== undefined && !isUnchanged(keys(), resume))) return;
  host.rowsSent = resume.rows;
  host.report = { ...host.report, time: resume.reportTime ?? host.report.time };
}
