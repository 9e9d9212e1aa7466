import { capText } from '../../records/cap-text.ts';
import { itemLimits, type ItemLimits } from '../../records/item-limits.ts';
import { createItemRows } from '../../records/item-rows.ts';
import type { ItemRow } from '../../records/item-table.ts';
import { addRow, createListDecoder, endRecord, placeRecord } from '../decode-list.ts';
import type { HeldRecords, ListDecoder, ListPage, ListRows } from '../decode-list.ts';
import type { HostTexts } from './memory/host-sketch.ts';
import { holdHosts, type HeldHosts, type HostState, type HostWriter } from './memory/held-hosts.ts';
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
} from './memory/host-report.ts';
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
  const { maxResultsBytes = Infinity, memory, resume } = options;
  const table = hostTable(limits, options.subscription);
  const { recordId, takeRecord } = page.reader;
  const id = (): string | undefined => taker.id();
  const hosts = startHosts(options, page, id);
  const rows = createItemRows(table, limits, options.generatedAt, {
    takeRecord: () => taker.takeRecord(),
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
  // Which rows of a host were sent in part is known by their numbers.
  const isHalfSent = (host: string): boolean => host === resume?.hostId;
  const held = memory?.base && holdHosts(writer, { ...memory, base: memory.base }, isHalfSent);
  const taker: Omit<HeldHosts, keyof HeldRecords> = held ?? {
    id: recordId,
    takeRecord: () => noted(takeRecord(), 'record'),
    add: (detection) => writer.add(noted(detection, 'items')),
    addLong: (part) => {
      hosts.host.digest?.addText(part.xml);
      writer.addLong(part);
    },
    end: (rest) => writer.end(noted(rest, 'record')),
  };
  return {
    item: (item) => taker.add(capText(item, table.text, maxResultsBytes)),
    long: (xml, isLast, { path }) => taker.addLong({ xml, isLast, path }),
    record: (rest) => taker.end(rest),
    told: () => tell(hosts),
    held,
  };
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
  if (page.isAskedFor !== undefined || id === undefined) return;
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
