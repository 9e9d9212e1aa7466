import { NO_CAUSES } from '../../../cost/causes.ts';
import { finishChunk } from '../../../pipeline/chunk-writer.ts';
import type { RecordItems } from '../../../pipeline/record-memory.ts';
import type { Report } from '../../../records/item-table.ts';
import { idOf, type ListPage } from '../../decode-list.ts';
import type { HostPlan, HostState } from './held-hosts.ts';
import { createHostDigest } from './host-digest.ts';
import { writeState, type HostVerdict } from './host-state.ts';
import { resumeOf, startRows } from '../resume-host.ts';
import type { HostsTold, VmPageOptions } from '../vm-page.ts';

/** A chunk ends with what is to be remembered of its hosts' detections, in bytes: a few changed ones may be all that is sent of a large host. */
const MOST_ITEM_BYTES = 4_000_000;

/** The hosts of a page at its beginning. @param id that of the host that is written, as far as it is known. */
export function startHosts(options: VmPageOptions, page: ListPage, id: () => string | undefined) {
  return {
    options,
    page,
    id,
    /** The one being read. */
    host: startHost(options, page),
    told: nothingTold(),
    itemBytes: 0,
    /** Ids of those of which less than all was sent. */
    notWhole: new Set<bigint>(),
  };
}

export type Hosts = ReturnType<typeof startHosts>;

/** A host of which nothing is written yet. */
export function startHost({ generatedAt, memory }: VmPageOptions, { reader }: ListPage) {
  const isSampled = (): boolean => memory?.isSampled?.(reader.recordId() ?? '') === true;
  return {
    done: startRows(),
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

/** Takes what is sent of the host that is written, where its changes are told. */
export function planHost({ host }: Hosts, plan: HostPlan): void {
  host.plan = plan;
  host.verdict = plan.verdict;
  if (plan.type !== 'None') host.report = { ...host.report, type: plan.type };
}

/** Compares the host that has come whole with what was sent of it; without an id it is sent. Its texts are not looked at again. */
export function compareHost(hosts: Hosts, id: string | undefined): void {
  const { digest } = hosts.host;
  if (id !== undefined && digest !== undefined && !hasCome(hosts, id))
    hosts.host.verdict = hosts.options.memory?.judge(id, digest.end(), digest.texts()) ?? 'uncompared';
  digest?.dropTexts();
}

/** Whether no row of the host is sent. */
export function isLeftOut({ plan, verdict }: Hosts['host']): boolean {
  return plan === undefined ? verdict === 'unchanged' : plan.type === 'None';
}

/** A row of the host goes. */
export function noteTouched({ host, id: readId, told }: Hosts): void {
  const { bases, touched } = told.sent;
  const id = readId();
  if (id === undefined || touched.at(-1) === id) return;
  touched.push(id);
  const { base } = host.plan ?? {};
  if (base !== undefined && host.report.type !== 'Whole') bases.set(id, base.stored);
}

/** Ends a chunk with enough to be remembered, once it is known that the next host is another one. */
export function endFullChunk({ itemBytes, page }: Hosts): void {
  const full = itemBytes > MOST_ITEM_BYTES ? finishChunk(page.writer) : undefined;
  if (full !== undefined) page.push(full);
}

/** Tells what is in a chunk. The row that comes next is not. */
export function tell(hosts: Hosts): HostsTold {
  const { host, page, told } = hosts;
  const id = hosts.id();
  hosts.told = nothingTold();
  hosts.itemBytes = 0;
  // Changes that a worker leaves half-sent become a whole report of the next one.
  const isPartial = page.isOrdered && id !== undefined && host.done.count > 0 && host.report.type === 'Whole';
  return isPartial ? { ...told, partial: resumeOf(id, host.done, host.report.time) } : told;
}

/** The host ends, which was asked for. `state` is absent where its changes are not told. */
export function countHost(hosts: Hosts, id: string | undefined, state?: HostState): void {
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
