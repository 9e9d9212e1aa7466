import { messageOf } from '../errors.ts';
import type { CallOptions } from '../qualys/call/call-qualys.ts';
import { lookUpFilters } from '../qualys/vm/vm-parameters.ts';
import { ownDocument } from '../qualys/vm/own-document.ts';
import { VendorDocumentError } from '../qualys/vm/xml/vendor-document-error.ts';
import { createVmPageDecoder } from '../streams/vm-detections/decode-page.ts';
import type { VmChunk } from '../streams/vm-detections/vm-page.ts';
import { DETECTION_ROOT } from '../streams/vm-detections/host-table.ts';
import type { EnrichDependencies } from './asked.ts';
import type { EnrichVulnerableHosts, VulnerableHost } from './enrich-answer.ts';
import { MAX_HOSTS } from './limits.ts';
import { textIn, wholeIn, type EventRow } from './event-row.ts';
import { toVulnerableHost } from './vulnerable-hosts.ts';

/** Hosts read at most: one page. */
export const MAX_LIVE_HOSTS = 1000;
/** Small chunks, so that what came before a page breaks off is known. */
const LIMITS = { maxRowBytes: 8_192, maxChunkBytes: 120_000 };

/** Hosts that Qualys named, and why there may be more. */
export interface LiveHosts {
  readonly hosts: EnrichVulnerableHosts;
  readonly partialError?: string;
}

/**
 * Asks Qualys itself which hosts have one of the QIDs, open or fixed: one page. Of one that breaks off, or takes longer than the signal
 * allows, what has come is told.
 * @throws the classes of `errors.ts` when no host could be read.
 */
export async function findLiveHosts(
  qids: readonly string[],
  { vm, settings }: Pick<EnrichDependencies, 'vm' | 'settings'>,
  options: CallOptions,
): Promise<LiveHosts> {
  const filters = lookUpFilters(settings, qids);
  const answer = await vm.detections({ filters, truncationLimit: MAX_LIVE_HOSTS }, options);
  const decoder = createVmPageDecoder({ generatedAt: new Date(), ...LIMITS });
  const chunks: VmChunk[] = [];
  try {
    for await (const bytes of ownDocument(answer.body, DETECTION_ROOT)) chunks.push(...decoder.write(bytes));
    const { chunks: last, end } = decoder.end();
    const more = `more hosts have it than the ${end.records} of the one page that is read live`;
    return toLiveHosts([...chunks, ...last], qids, end.nextIdMin === undefined ? undefined : more);
  } catch (error) {
    if (error instanceof VendorDocumentError) throw await vm.documentError(error.text, answer, options);
    if (chunks.length === 0) throw error;
    return toLiveHosts(chunks, qids, `only a part of Qualys' answer could be read: ${messageOf(error)}`);
  } finally {
    answer.cancel();
  }
}

function toLiveHosts(chunks: readonly VmChunk[], qids: readonly string[], broken?: string): LiveHosts {
  const rows = chunks.flatMap(({ json }) => JSON.parse(Buffer.from(json).toString()) as EventRow[]);
  // What has not come of a host may be what is open on it.
  const cutHost = broken === undefined ? undefined : chunks.at(-1)?.partial?.hostId;
  const unreadable = rows.filter((row) => row.HostId === undefined || textIn(row.ParseError) !== undefined).length;
  const lost = unreadable === 0 ? undefined : `${unreadable} records could not be read and are left out`;
  const partialError = broken ?? lost;
  const whole = rows.filter(({ HostId }) => HostId !== undefined && HostId !== cutHost);
  const byHost = Map.groupBy(whole, ({ HostId }) => HostId);
  const all = [...byHost.values()].flatMap((same) => toHost(same, new Set(qids)) ?? []).sort(byUrgency);
  const countOf = (state: VulnerableHost['state']): number => all.filter((host) => host.state === state).length;
  const hosts: EnrichVulnerableHosts = {
    source: 'qualys',
    total: partialError === undefined ? all.length : null,
    open: countOf('open'),
    fixed: countOf('fixed'),
    other: countOf('other'),
    truncated: partialError !== undefined || all.length > MAX_HOSTS,
    list: all.slice(0, MAX_HOSTS),
  };
  return { hosts, ...(partialError === undefined ? {} : { partialError }) };
}

type Detection = Readonly<Record<string, unknown>>;

/** What `vulnerableHostsQuery` makes of a host's detections; undefined where none counts. */
function toHost(rows: readonly EventRow[], qids: ReadonlySet<string>): VulnerableHost | undefined {
  const detections = rows
    .flatMap(({ DetectionList }) => (DetectionList as { DETECTION?: Detection[] } | undefined)?.DETECTION ?? [])
    .filter(({ QID, TYPE }) => qids.has(String(QID)) && TYPE !== 'Info');
  const [host] = rows;
  if (host === undefined || detections.length === 0) return undefined;
  const open = detections.filter(isOpen);
  const isFixed = detections.every(({ STATUS }) => STATUS === 'Fixed');
  const counted = open.length > 0 ? open : detections;
  return toVulnerableHost({
    ...host,
    State: open.length > 0 ? 'open' : isFixed ? 'fixed' : 'other',
    Qids: detections.map(({ QID }) => QID).slice(0, 100),
    Qds: largest(counted.map(({ QDS }) => wholeIn((QDS as Detection | undefined)?.['#text'] ?? QDS))),
    VendorSeverity: largest(counted.map(({ SEVERITY }) => wholeIn(SEVERITY))),
    FirstFound: timesOf(detections, 'FIRST_FOUND_DATETIME')[0],
    LastFound: timesOf(detections, 'LAST_FOUND_DATETIME').at(-1),
    LastFixed: timesOf(detections, 'LAST_FIXED_DATETIME').at(-1),
  });
}

function isOpen({ STATUS, IS_IGNORED, IS_DISABLED }: Detection): boolean {
  const isFound = STATUS === 'New' || STATUS === 'Active' || STATUS === 'Re-Opened';
  return isFound && IS_IGNORED !== '1' && IS_DISABLED !== '1';
}

function largest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Ascending. */
function timesOf(detections: readonly Detection[], element: string): string[] {
  return detections
    .map((detection) => detection[element])
    .filter((time) => typeof time === 'string')
    .sort();
}

const ORDER = ['open', 'other', 'fixed'];

/** As `vulnerableHostsQuery` sorts. */
function byUrgency(left: VulnerableHost, right: VulnerableHost): number {
  return (
    ORDER.indexOf(left.state) - ORDER.indexOf(right.state) ||
    rankOf(right) - rankOf(left) ||
    (right.lastFound ?? '').localeCompare(left.lastFound ?? '')
  );
}

function rankOf({ worstQds, worstSeverity }: VulnerableHost): number {
  const bySeverity: Readonly<Record<number, number>> = { 5: 90, 4: 70, 3: 40 };
  return worstQds ?? bySeverity[worstSeverity ?? 0] ?? worstSeverity ?? 0;
}
