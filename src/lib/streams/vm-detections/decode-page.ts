import { NO_CAUSES } from '../../cost/causes.ts';
import { capText } from '../../records/cap-text.ts';
import { itemLimits, type ItemLimits } from '../../records/item-limits.ts';
import { createItemRows } from '../../records/item-rows.ts';
import type { ItemRow, Report } from '../../records/item-table.ts';
import { addRow, createListDecoder, endRecord, placeRecord } from '../decode-list.ts';
import type { ListDecoder, ListPage, ListRows } from '../decode-list.ts';
import { createHostDigest } from './host-digest.ts';
import type { HostTexts } from './host-sketch.ts';
import { detectionList, hostTable } from './host-table.ts';
import { checkSentRows, isUnchanged, noteRow, resumeOf, startRows } from './resume-host.ts';
import type { HostsTold, HostVerdict, VmPageOptions } from './vm-page.ts';

/** The hosts of a page, and the one being read. */
interface Hosts {
  readonly options: VmPageOptions;
  readonly page: ListPage;
  told: ReturnType<typeof nothingTold>;
  host: ReturnType<typeof startHost>;
}

/**
 * A decoder for one page of host detections: bytes to rows of `QualysHostDetectionV3_CL`, as JSON arrays ready to send.
 * Its memory does not grow with the page, nor with a host.
 */
export function createVmPageDecoder(options: VmPageOptions): ListDecoder<HostsTold> {
  const limits = itemLimits(options.maxRowBytes, options.maxChunkBytes);
  const list = { ...options, shape: detectionList(limits), maxChunkBytes: limits.chunk };
  return createListDecoder(list, (page) => hostRows(page, options, limits));
}

function hostRows(page: ListPage, options: VmPageOptions, limits: ItemLimits): ListRows<HostsTold> {
  const { maxResultsBytes = Infinity } = options;
  const table = hostTable(limits, options.subscription);
  const { recordId, takeRecord } = page.reader;
  const hosts: Hosts = { options, page, told: nothingTold(), host: startHost(options, page) };
  const rows = createItemRows(table, limits, options.generatedAt, {
    takeRecord: () => noted(takeRecord(), 'record'),
    id: recordId,
    place: (isEnd, keys) => placeHost(hosts, isEnd, keys),
    report: () => hosts.host.report,
    emit: (row) => emitRow(hosts, row),
  });
  const noted = (json: string, kind: keyof HostTexts): string => {
    hosts.host.digest?.add(json, kind);
    return json;
  };
  return {
    item: (item) => rows.add(noted(capText(item, table.text, maxResultsBytes), 'items')),
    long: (xml, isLast, { path }) => {
      hosts.host.digest?.addText(xml);
      rows.addText(xml, isLast, `${path} is too large for a row: RecordPart holds its XML`);
    },
    record: (json) => {
      rows.end(noted(json, 'record'));
      endHost(hosts);
    },
    told: () => tell(hosts),
  };
}

function startHost({ generatedAt, memory }: VmPageOptions, { reader }: ListPage) {
  const isSampled = (): boolean => memory?.isSampled?.(reader.recordId() ?? '') === true;
  return {
    done: startRows(),
    isPlaced: false,
    verdict: 'uncompared' as HostVerdict,
    rowsSent: 0,
    report: { type: 'Whole', time: generatedAt.toISOString() } as Report,
    digest: memory && createHostDigest(memory.passing, isSampled),
  };
}

function nothingTold() {
  const sent = { touched: [] as string[], whole: new Map<string, string>(), causes: { ...NO_CAUSES } };
  return { detections: 0, unchanged: 0, sent };
}

/** Writes a row, unless it belongs to another slice or an earlier read has sent it. */
function emitRow(hosts: Hosts, row: ItemRow): void {
  const { host, options, page } = hosts;
  if (page.isAskedFor === false || host.verdict === 'unchanged') return;
  if (host.done.count >= host.rowsSent) {
    addRow(page, row.text);
    hosts.told.detections += row.items;
    noteTouched(hosts);
  }
  noteRow(host.done, row.key);
  if (options.resume !== undefined && host.done.count === host.rowsSent) checkSentRows(host.done, options.resume);
}

function noteTouched({ page, told }: Hosts): void {
  const { touched } = told.sent;
  const id = page.reader.recordId();
  if (id !== undefined && touched.at(-1) !== id) touched.push(id);
}

/** Tells what is in a chunk. The row that comes next is not. */
function tell(hosts: Hosts): HostsTold {
  const { host, page, told } = hosts;
  const id = page.reader.recordId();
  hosts.told = nothingTold();
  const isPartial = page.isOrdered && id !== undefined && host.done.count > 0;
  return isPartial ? { ...told, partial: resumeOf(id, host.done, host.report.time) } : told;
}

function endHost(hosts: Hosts): void {
  const { options, page } = hosts;
  const id = page.reader.recordId();
  if (placeRecord(page, id)) countHost(hosts, id);
  endRecord(page, id);
  hosts.host = startHost(options, page);
}

function countHost({ host, told }: Hosts, id: string | undefined): void {
  const { digest, rowsSent, verdict } = host;
  if (verdict === 'unchanged') {
    told.unchanged++;
    return;
  }
  told.sent.causes[verdict]++;
  // Of a host whose first rows another worker has sent it is not known here whether all were accepted.
  if (id !== undefined && rowsSent === 0 && digest !== undefined) told.sent.whole.set(id, digest.end());
}

/** Looks, once for each host and before its first row is written, at where it stands: in the list, sent in part before, unchanged. */
function placeHost({ host, options, page }: Hosts, isEnd: boolean, keys: () => string[]): void {
  const { memory, resume } = options;
  const id = page.reader.recordId();
  if (host.isPlaced || id === undefined) return;
  host.isPlaced = true;
  placeRecord(page, id);
  const isHalfSent = id === resume?.hostId;
  // Of a host that is larger than the buffer the rows are looked at when they have gone by.
  if (isHalfSent && host.done.count === 0 && (!isEnd || isUnchanged(keys(), resume))) {
    host.rowsSent = resume.rows;
    host.report = { ...host.report, time: resume.reportTime ?? host.report.time };
  }
  // A host that comes before its end is known, which is one of some 3 MB, is sent each time; so is one that was sent in part.
  if (isEnd && !isHalfSent && host.digest !== undefined)
    host.verdict = memory?.judge(id, host.digest.end(), host.digest.texts()) ?? 'uncompared';
  host.digest?.dropTexts();
}
