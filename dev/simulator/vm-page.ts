import { makeDetectionFilter } from './detection-filter.ts';
import { makeDetection, type Detection, type DetectionHost, type DetectionSource } from './detections.ts';
import { findFault, type FaultAction } from './faults.ts';
import { ALL_IDS, clipRanges, joinRanges, type Host } from './hosts.ts';
import { isIndexed } from './index-lag.ts';
import { dateParameter, parseIdList } from './vm-parameters.ts';
import type { World } from './world.ts';

type Parameters = ReadonlyMap<string, string>;

/** The hosts of one answer. */
export interface HostPage {
  readonly hosts: readonly Host[];
  /** Hosts an answer may hold; 0 for no limit. */
  readonly limit: number;
  /** First host of the next page; absent on the last one. */
  readonly next?: bigint;
}

const DEFAULT_LIMIT = 1_000;
const MOST_REPROCESSED = 10;
const DAY_MS = 86_400_000;
/** A scan ends so long before it is processed. */
const SCAN_LEAD_MS = 900_000;

function* hostsAsked(world: World, parameters: Parameters): Generator<Host> {
  const list = parameters.get('ids');
  const ranges = list === undefined ? ALL_IDS : joinRanges(parseIdList(list));
  const idMin = BigInt(parameters.get('id_min') ?? 0);
  const idMax = BigInt(parameters.get('id_max') ?? ALL_IDS[0]!.last);
  yield* world.hosts.within(clipRanges(ranges, idMin, idMax), world.clock.now());
}

type HostTest = (host: Host) => boolean;

function isPast({ clock }: World, processedTime: number): boolean {
  return processedTime <= clock.now();
}

function processedTests(world: World, parameters: Parameters): HostTest[] {
  const after = dateParameter(parameters, 'vm_processed_after');
  const before = dateParameter(parameters, 'vm_processed_before');
  // Times are whole seconds: leaving a bound out is the same as moving it by one.
  const step = world.settings.processedBounds === 'inclusive' ? 0 : 1_000;
  const isByTime = after !== undefined || before !== undefined;
  return [
    // What lags is the index by time: without it a host is listed, as it was.
    ({ id, processedTime }) => (isByTime ? isIndexed(world, String(id), processedTime) : isPast(world, processedTime)),
    ...(after === undefined ? [] : [({ processedTime }: Host) => processedTime >= after + step]),
    ...(before === undefined ? [] : [({ processedTime }: Host) => processedTime <= before - step]),
  ];
}

function scanTests(world: World, parameters: Parameters): HostTest[] {
  const bounds: [number | undefined, 'from' | 'until'][] = [
    [dateParameter(parameters, 'vm_scan_since'), 'from'],
    [dateParameter(parameters, 'vm_scan_date_after'), 'from'],
    [dateParameter(parameters, 'vm_scan_date_before'), 'until'],
    [dateParameter(parameters, 'no_vm_scan_since'), 'until'],
  ];
  const days = parameters.get('max_days_since_last_vm_scan');
  if (days !== undefined) bounds.push([world.clock.now() - Number(days) * DAY_MS, 'from']);
  return bounds.flatMap(([bound, side]): HostTest[] => {
    if (bound === undefined) return [];
    const scanned = ({ processedTime }: Host): number => processedTime - SCAN_LEAD_MS;
    return [(host) => (side === 'from' ? scanned(host) >= bound : scanned(host) <= bound)];
  });
}

/** Cuts the page that the parameters ask for out of all hosts that pass the test. */
function cutPage(world: World, parameters: Parameters, isShown: HostTest): HostPage {
  const limit = Number(parameters.get('truncation_limit') ?? DEFAULT_LIMIT);
  const tests = [...processedTests(world, parameters), ...scanTests(world, parameters), isShown];
  const hosts: Host[] = [];
  for (const host of hostsAsked(world, parameters)) {
    if (!tests.every((test) => test(host))) continue;
    if (limit > 0 && hosts.length === limit) return { hosts, limit, next: host.id };
    hosts.push(host);
  }
  return { hosts, limit };
}

/** The parameters as the vendor takes them: a fault may make it ignore the times, or give smaller pages. */
export function parametersTaken(given: Parameters, faults: readonly FaultAction[]): Parameters {
  const taken = new Map(given);
  if (findFault(faults, 'ignored-time-filter') !== undefined) {
    for (const name of given.keys()) if (/_(?:after|before|since)$/u.test(name)) taken.delete(name);
  }
  const cap = findFault(faults, 'page-cap')?.records;
  const limit = Number(given.get('truncation_limit') ?? DEFAULT_LIMIT);
  if (cap !== undefined && (limit === 0 || limit > cap)) taken.set('truncation_limit', String(cap));
  return taken;
}

/** Processes the last hosts that a call asks for anew, where a fault says so. */
export function reprocessHosts(world: World, parameters: Parameters, faults: readonly FaultAction[]): void {
  const fault = findFault(faults, 'reprocessed-hosts');
  if (fault === undefined) return;
  const { hosts } = cutPage(world, new Map([...parameters, ['truncation_limit', '0']]), () => true);
  const processedTime = world.clock.now();
  world.hosts.change(
    hosts
      .slice(-(fault.hosts ?? MOST_REPROCESSED))
      .map(({ id, xml }) => ({ id: String(id), processedTime, ...(xml === undefined ? {} : { xml }) })),
  );
}

/** A page of the host list. */
export function planHostPage(world: World, parameters: Parameters): HostPage {
  return cutPage(world, parameters, () => true);
}

/** The hosts of the page of the host list before this one. */
export function hostPageBefore(world: World, parameters: Parameters, page: HostPage): readonly Host[] {
  return before(page, parameters, (earlier) => planHostPage(world, earlier));
}

/** Walks over the detections of one host that an answer shows. */
export type DetectionWalk = (host: DetectionHost) => Generator<Detection>;

/** What detections are made from, for a world. */
export function detectionSource({ settings, catalogue }: World): DetectionSource {
  const { seed, detectionsPerHost, longResultsEvery } = settings;
  return { seed, catalogue, detectionsPerHost, longResultsEvery };
}

/** Makes the walk over those detections that pass the filters of the call. */
export function makeDetectionWalk(world: World, parameters: Parameters): DetectionWalk {
  const source = detectionSource(world);
  const isShown = makeDetectionFilter(parameters, world.clock.now());
  const count = world.settings.detectionsPerHost;
  const end = count + (parameters.get('show_igs') === '1' ? world.settings.infoDetectionsPerHost : 0);
  return function* (host) {
    for (let index = 0; index < end; index += 1) {
      const detection = makeDetection(source, host, index, count);
      if (isShown(detection)) yield detection;
    }
  };
}

/** A page of the detection list: hosts without a detection to show are left out, as the vendor does. */
export function planDetectionPage(world: World, parameters: Parameters, walk: DetectionWalk): HostPage {
  return cutPage(world, parameters, ({ index, processedTime }) => {
    if (index === undefined) return true;
    return walk({ index, processedTime }).next().done !== true;
  });
}

/** The hosts of the page before this one. */
export function pageBefore(world: World, parameters: Parameters, page: HostPage, walk: DetectionWalk): readonly Host[] {
  return before(page, parameters, (earlier) => planDetectionPage(world, earlier, walk));
}

function before(page: HostPage, parameters: Parameters, plan: (parameters: Parameters) => HostPage): readonly Host[] {
  const first = page.hosts[0]?.id;
  if (first === undefined || first === 0n || page.limit === 0) return [];
  const earlier = new Map([...parameters, ['id_min', '0'], ['id_max', String(first - 1n)], ['truncation_limit', '0']]);
  return plan(earlier).hosts.slice(-page.limit);
}
