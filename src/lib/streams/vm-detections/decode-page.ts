import { NO_CAUSES } from '../../cost/causes.ts';
import { finishChunk } from '../../pipeline/chunk-writer.ts';
import type { RecordItems } from '../../pipeline/record-memory.ts';
import type { LongElement } from '../../qualys/vm/lists/record-list-state.ts';
import { capText } from '../../records/cap-text.ts';
import { itemLimits, type ItemLimits } from '../../records/item-limits.ts';
import { createItemRows } from '../../records/item-rows.ts';
import type { ItemRow, Report } from '../../records/item-table.ts';
import { addRow, createListDecoder, endRecord, idOf, placeRecord } from '../decode-list.ts';
import type { ListDecoder, ListPage, ListRows } from '../decode-list.ts';
import { createHostDigest } from './host-digest.ts';
import type { HostTexts } from './host-sketch.ts';
import { holdHosts, type HeldHosts, type HostPlan, type HostState, type HostWriter } from './held-hosts.ts';
import { writeState } from './host-state.ts';
import { detectionList, hostTable } from './host-table.ts';
import { checkSentRows, isUnchanged, noteRow, resumeOf, startRows } from './resume-host.ts';
import type { HostsTold, HostVerdict, VmPageOptions } from './vm-page.ts';

/** A chunk ends with what is to be remembered of its hosts' detections, in bytes: a few changed ones may be all that is sent of a large host. */
const MOST_ITEM_BYTES = 4_000_000;

/** The hosts of a page, and the one being read. */
interface Hosts {
  readonly options: VmPageOptions;
  readonly page: ListPage;
  /** The id of the host that is written, as far as it is known. */
  readonly id: () => string | undefined;
  told: ReturnType<typeof nothingTold>;
  itemBytes: number;
  host: ReturnType<typeof startHost>;
  /** Ids of those of which less than all was sent. */
  readonly notWhole: Set<bigint>;
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
  const id = (): string | undefined => (held === undefined ? recordId() : held.id());
  const hosts: Hosts = {
    options,
    page,
    id,
    told: nothingTold(),
    itemBytes: 0,
    host: startHost(options, page),
    notWhole: new Set(),
  };
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

function planHost({ host }: Hosts, plan: HostPlan): void {
  host.plan = plan;
  host.verdict = plan.verdict;
  if (plan.type !== 'None') host.report = { ...host.report, type: plan.type };
}

function startHost({ generatedAt, memory }: VmPageOptions, { reader }: ListPage) {
  const isSampled = (): boolean => memory?.isSampled?.(reader.recordId() ?? '') === true;
  return {
    done: startRows(),
    isPlaced: false,
    verdict: 'uncompared' as HostVerdict,
    rowsSent: 0,
    report: { type: 'Whole', time: generatedAt.toISOString() } as Report,
    digest: memory && memory.base === undefined ? createHostDigest(memory.passing, isSampled) : undefined,
    /** What is sent of it, where its changes are told. */
    plan: undefined as HostPlan | undefined,
  };
}

function nothingTold() {
  const changes = { bases: new Map<string, string>(), items: new Map<string, RecordItems>() };
  const whole = new Map<string, string | undefined>();
  const sent = { touched: [] as string[], whole, ...changes, causes: { ...NO_CAUSES } };
  return { detections: 0, unchanged: 0, again: [] as bigint[], sent };
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

function isLeftOut({ plan, verdict }: Hosts['host']): boolean {
  return plan === undefined ? verdict === 'unchanged' : plan.type === 'None';
}

function noteTouched({ host, id: readId, told }: Hosts): void {
  const { bases, touched } = told.sent;
  const id = readId();
  if (id === undefined || touched.at(-1) === id) return;
  touched.push(id);
  const { base } = host.plan ?? {};
  if (base !== undefined && host.report.type !== 'Whole') bases.set(id, base.stored);
}

/** Tells what is in a chunk. The row that comes next is not. */
function tell(hosts: Hosts): HostsTold {
  const { host, page, told } = hosts;
  const id = hosts.id();
  hosts.told = nothingTold();
  hosts.itemBytes = 0;
  // Changes that a worker leaves half-sent become a whole report of the next one.
  const isPartial = page.isOrdered && id !== undefined && host.done.count > 0 && host.report.type === 'Whole';
  return isPartial ? { ...told, partial: resumeOf(id, host.done, host.report.time) } : told;
}

function endHost(hosts: Hosts, state?: HostState): void {
  const { options, page } = hosts;
  const id = hosts.id();
  if (placeRecord(page, id)) countHost(hosts, id, state);
  endRecord(page, id);
  hosts.host = startHost(options, page);
}

function countHost(hosts: Hosts, id: string | undefined, state?: HostState): void {
  const { host, told } = hosts;
  const { digest, rowsSent, verdict } = host;
  if (verdict === 'unchanged') told.unchanged++;
  else told.sent.causes[verdict]++;
  const number = idOf(id);
  if (number !== undefined && (isLeftOut(host) || host.report.type !== 'Whole')) hosts.notWhole.add(number);
  if (id !== undefined && hasCome(hosts, id)) {
    // The next report may have one part alone, and is to be sent then.
    told.sent.whole.set(id, undefined);
    if (number !== undefined && hosts.notWhole.has(number)) told.again.push(number);
    return;
  }
  // Of a host whose first rows another worker has sent it is not known here whether all were accepted.
  if (id === undefined || rowsSent > 0 || isLeftOut(host)) return;
  if (digest !== undefined) told.sent.whole.set(id, digest.end());
  if (state !== undefined) noteState(hosts, id, state);
}

/** Whether a part of the host came before on the page. */
function hasCome({ page }: Hosts, id: string): boolean {
  const number = idOf(id);
  return number !== undefined && page.seen.has(number);
}

function noteState(hosts: Hosts, id: string, { detections, digest }: HostState): void {
  const { host, options, told } = hosts;
  const { plan, report } = host;
  const wholeAt = report.type === 'Whole' ? undefined : plan?.base?.wholeAt;
  told.sent.whole.set(id, writeState({ digest, wholeAt: wholeAt ?? options.generatedAt.getTime() }));
  if (detections === undefined || report.type === 'Unchanged') return;
  told.sent.items.set(id, { digest, bytes: detections });
  hosts.itemBytes += detections.length;
}

/** Looks, once for each host and before its first row is written, at where it stands: in the list, sent in part before, unchanged. */
function placeHost(hosts: Hosts, isEnd: boolean, keys: () => string[]): void {
  const { host, options, page } = hosts;
  const { memory, resume } = options;
  const id = hosts.id();
  if (host.isPlaced || id === undefined) return;
  host.isPlaced = true;
  placeRecord(page, id);
  const full = hosts.itemBytes > MOST_ITEM_BYTES ? finishChunk(page.writer) : undefined;
  if (full !== undefined) page.push(full);
  const isHalfSent = id === resume?.hostId;
  // Of a host that is larger than the buffer the rows are looked at when they have gone by.
  if (isHalfSent && host.done.count === 0 && (!isEnd || isUnchanged(keys(), resume))) {
    host.rowsSent = resume.rows;
    host.report = { ...host.report, time: resume.reportTime ?? host.report.time };
  }
  // A host that comes before its end is known, which is one of some 3 MB, is sent each time; so is one that was sent in part.
  if (isEnd && !isHalfSent && host.digest !== undefined && !hasCome(hosts, id))
    host.verdict = memory?.judge(id, host.digest.end(), host.digest.texts()) ?? 'uncompared';
  host.digest?.dropTexts();
}
