import type { LongElement } from '../../qualys/vm/lists/record-list-state.ts';
import { capText } from '../../records/cap-text.ts';
import { itemLimits, type ItemLimits } from '../../records/item-limits.ts';
import { createItemRows } from '../../records/item-rows.ts';
import type { ItemRow } from '../../records/item-table.ts';
import { addRow, createListDecoder, endRecord, placeRecord } from '../decode-list.ts';
import type { ListDecoder, ListPage, ListRows } from '../decode-list.ts';
import type { HostTexts } from './host-sketch.ts';
import { holdHosts, type HeldHosts, type HostState, type HostWriter } from './held-hosts.ts';
import {
  compareHost,
  countHost,
  endFullChunk,
  isLeftOut,
  noteTouched,
  planHost,
  startHost,
  startHosts,
  tell,
  type Hosts,
} from './host-report.ts';
import { detectionList, hostTable } from './host-table.ts';
import { checkSentRows, isUnchanged, noteRow } from './resume-host.ts';
import type { HostsTold, VmPageOptions } from './vm-page.ts';

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
  const id = (): string | undefined => (held === undefined ? recordId() : held.id());
  const hosts = startHosts(options, page, id);
  const rows = createItemRows(table, limits, options.generatedAt, {
    takeRecord: () => held?.takeRecord() ?? noted(takeRecord(), 'record'),
    id,
    place: (isEnd, keys) => placeHost(hosts, isEnd, keys),
    report: () => hosts.host.report,
    emit: (row) => emitRow(hosts, row),
  });
  const noted = (json: string, kind: keyof HostTexts): string => {
    hosts.host.digest?.add(json, kind);
    return json;
  };
  const writer: HostWriter = {
    readId: recordId,
    takeRecord,
    plan: (plan) => planHost(hosts, plan),
    add: rows.add,
    addLong: ({ isLast, path, xml }) =>
      rows.addText(xml, isLast, `${path} is too large for a row: RecordPart holds its XML`),
    end: (rest, state) => {
      rows.end(rest);
      endHost(hosts, state);
    },
  };
  const held = holdOf(options, writer);
  const cap = (item: string): string => capText(item, table.text, maxResultsBytes);
  const told = (): HostsTold => tell(hosts);
  if (held !== undefined) {
    const long = (xml: Uint8Array, isLast: boolean, { path }: LongElement): void => held.addLong({ xml, isLast, path });
    return { item: (item) => held.add(cap(item)), long, record: held.end, told, held };
  }
  return {
    item: (item) => rows.add(noted(cap(item), 'items')),
    long: (xml, isLast, { path }) => {
      hosts.host.digest?.addText(xml);
      writer.addLong({ xml, isLast, path });
    },
    record: (json) => writer.end(noted(json, 'record')),
    told,
  };
}

function holdOf({ memory, resume }: VmPageOptions, writer: HostWriter): HeldHosts | undefined {
  if (memory?.base === undefined) return undefined;
  // Which rows of it were sent is known by their numbers.
  return holdHosts(writer, { ...memory, base: memory.base }, (id) => id === resume?.hostId);
}

/** Writes a row, unless it belongs to another slice or an earlier read has sent it. */
function emitRow(hosts: Hosts, row: ItemRow): void {
  const { host, options, page } = hosts;
  if (page.isAskedFor === false || isLeftOut(host)) return;
  if (host.done.count >= host.rowsSent) {
    addRow(page, row.text);
    hosts.told.detections += row.items;
    noteTouched(hosts);
  }
  noteRow(host.done, row.key);
  if (options.resume !== undefined && host.done.count === host.rowsSent) checkSentRows(host.done, options.resume);
}

function endHost(hosts: Hosts, state?: HostState): void {
  const { options, page } = hosts;
  const id = hosts.id();
  if (placeRecord(page, id)) countHost(hosts, id, state);
  endRecord(page, id);
  hosts.host = startHost(options, page);
}

/** Looks, once for each host and before its first row is written, at where it stands: in the list, sent in part before, unchanged. */
function placeHost(hosts: Hosts, isEnd: boolean, keys: () => string[]): void {
  const { host, options, page } = hosts;
  const { resume } = options;
  const id = hosts.id();
  if (host.isPlaced || id === undefined) return;
  host.isPlaced = true;
  placeRecord(page, id);
  endFullChunk(hosts);
  const isHalfSent = id === resume?.hostId;
  // Of a host that is larger than the buffer the rows are looked at when they have gone by.
  if (isHalfSent && host.done.count === 0 && (!isEnd || isUnchanged(keys(), resume))) {
    host.rowsSent = resume.rows;
    host.report = { ...host.report, time: resume.reportTime ?? host.report.time };
  }
  // A host that comes before its end is known, which is one of some 3 MB, is sent each time; so is one that was sent in part.
  compareHost(hosts, isEnd && !isHalfSent ? id : undefined);
}
