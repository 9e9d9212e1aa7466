import type { Answer, Piece } from '../exchange.ts';
import { findFault } from '../faults.ts';
import { writeDetection, type DetectionView } from '../detections.ts';
import { writeHost, type HostView } from '../host-xml.ts';
import { ALL_IDS, type Host, type HostChange } from '../hosts.ts';
import { faultyPage, nextPageUrl } from '../list-page.ts';
import { instantOf, type Part } from '../part.ts';
import { writeDocument, writeWarning, xmlAnswer, type Envelope } from '../vm-answers.ts';
import { vmFamily } from '../vm-family.ts';
import {
  detectionSource,
  hostPageBefore,
  makeDetectionWalk,
  pageBefore,
  parametersTaken,
  planDetectionPage,
  planHostPage,
  reprocessHosts,
  type DetectionWalk,
  type HostPage,
} from '../vm-page.ts';
import { checkParameters, DETECTION_PARAMETERS, HOST_LIST_PARAMETERS } from '../vm-parameters.ts';
import type { Visit } from '../world.ts';

type Parameters = ReadonlyMap<string, string>;

function isOn(parameters: Parameters, name: string): boolean {
  return parameters.get(name) === '1';
}

function hostView(parameters: Parameters, version: string): HostView {
  return {
    showAssetId: isOn(parameters, 'show_asset_id'),
    showTags: isOn(parameters, 'show_tags'),
    showCloudTags: isOn(parameters, 'show_cloud_tags'),
    showMetadata: parameters.has('host_metadata'),
    version,
  };
}

function detectionView(parameters: Parameters): DetectionView {
  return {
    showResults: parameters.get('show_results') !== '0',
    showQds: isOn(parameters, 'show_qds'),
    showQdsFactors: isOn(parameters, 'show_qds_factors'),
    showReopened: isOn(parameters, 'show_reopened_info'),
    showKernel: parameters.has('arf_kernel_filter'),
    showService: parameters.has('arf_service_filter'),
    showConfiguration: parameters.has('arf_config_filter'),
    showSources: isOn(parameters, 'vuln_detection_source'),
  };
}

/** The call's path as the documents name it, with a slash at its end. */
function envelopeOf({ call, world, origin }: Visit, root: string): Envelope {
  const path = call.path.endsWith('/') ? call.path : `${call.path}/`;
  const echo = { user: world.settings.username, parameters: call.parameters };
  return { root, path, now: world.clock.now(), origin, ...(isOn(call.parameters, 'echo_request') ? { echo } : {}) };
}

function warningOf(visit: Visit, { hosts, limit, next }: HostPage): string {
  const url = nextPageUrl(visit, { from: 'id_min', first: hosts[0]?.id, next });
  return url === undefined ? '' : writeWarning(limit, url);
}

/** Joins hosts to lists: to one, unless a fault asks for several. */
function* writeHostLists(
  visit: Visit,
  hosts: readonly Host[],
  write: (host: Host) => Iterable<Piece>,
): Generator<Piece> {
  if (hosts.length === 0 || findFault(visit.faults, 'missing-host-list') !== undefined) return;
  const several = findFault(visit.faults, 'several-host-lists');
  const perList = several === undefined ? Number.POSITIVE_INFINITY : (several.hosts ?? 2);
  yield '    <HOST_LIST>\n';
  for (const [place, host] of hosts.entries()) {
    if (place > 0 && place % perList === 0) yield '    </HOST_LIST>\n    <HOST_LIST>\n';
    yield* write(host);
    visit.stats.records += 1;
    visit.world.counters.records.hosts += 1;
  }
  yield '    </HOST_LIST>\n';
}

function makeDetectionWriter(visit: Visit, walk: DetectionWalk, version: string): (host: Host) => Generator<Piece> {
  const { call, world } = visit;
  const source = detectionSource(world);
  const view = detectionView(call.parameters);
  const shown = hostView(call.parameters, version);
  return function* ({ id, index, processedTime, xml }) {
    if (index === undefined) {
      yield `${xml ?? ''}\n`;
      return;
    }
    const host = { index, processedTime };
    yield `      <HOST>\n${writeHost(world.settings.seed, id, host, shown)}        <DETECTION_LIST>\n`;
    for (const detection of walk(host)) {
      yield* writeDetection(source, host, detection, view);
      world.counters.records.detections += 1;
    }
    yield '        </DETECTION_LIST>\n      </HOST>\n';
  };
}

/** The second document of a host, if it is another, is that from before its last processing. */
const COPY_AGE_MS = 3_600_000;

function asBefore(host: Host): Host {
  return { ...host, processedTime: host.processedTime - COPY_AGE_MS };
}

function listDetections(visit: Visit, [, version = '']: RegExpExecArray): Answer {
  const { call, world, faults } = visit;
  // The newest version alone knows this one.
  const extra = version === '5.0' ? { vuln_detection_source: () => undefined } : {};
  checkParameters(call.parameters, { ...DETECTION_PARAMETERS, ...extra });
  const parameters = parametersTaken(call.parameters, faults);
  reprocessHosts(world, parameters, faults);
  const walk = makeDetectionWalk(world, parameters);
  const page = planDetectionPage(world, parameters, walk);
  faults.push(...world.faults.takeForHosts(call.line, (id) => page.hosts.some((host) => String(host.id) === id)));
  const hosts = faultyPage(faults, page.hosts, () => pageBefore(world, parameters, page, walk), asBefore);
  const write = makeDetectionWriter(visit, walk, version);
  const content = function* (): Generator<Piece> {
    yield* writeHostLists(visit, hosts, write);
    yield warningOf(visit, page);
  };
  return xmlAnswer(writeDocument(envelopeOf(visit, 'HOST_LIST_VM_DETECTION_OUTPUT'), content()));
}

/** Ids that follow one another are written as a range. */
function* writeIdSet(visit: Visit, ids: readonly bigint[]): Generator<Piece> {
  if (ids.length === 0) return;
  yield '    <ID_SET>\n';
  let start = 0;
  while (start < ids.length) {
    const first = ids[start]!;
    let size = 1;
    while (ids[start + size] === first + BigInt(size)) size += 1;
    const last = first + BigInt(size - 1);
    yield size === 1 ? `      <ID>${first}</ID>\n` : `      <ID_RANGE>${first}-${last}</ID_RANGE>\n`;
    visit.stats.records += size;
    start += size;
  }
  yield '    </ID_SET>\n';
}

function makeHostWriter(visit: Visit, version: string): (host: Host) => Generator<Piece> {
  const { call, world } = visit;
  const details = call.parameters.get('details') ?? 'Basic';
  const list = {
    isAll: details.startsWith('All'),
    showGroups: details.endsWith('/AGs'),
    showTruRisk: isOn(call.parameters, 'show_trurisk'),
  };
  const view = { ...hostView(call.parameters, version), list };
  return function* ({ id, index, processedTime, xml = '' }) {
    // A host put in by hand is a HOST element of the detection list.
    yield index === undefined
      ? `${xml.replace(/<DETECTION_LIST>[^]*<\/DETECTION_LIST>/u, '')}\n`
      : `      <HOST>\n${writeHost(world.settings.seed, id, { index, processedTime }, view)}      </HOST>\n`;
  };
}

const FIRST_ASSET_ID = 5_000_000;

function listHosts(visit: Visit, [, version = '']: RegExpExecArray): Answer {
  const { call, world, faults } = visit;
  checkParameters(call.parameters, HOST_LIST_PARAMETERS);
  const parameters = parametersTaken(call.parameters, faults);
  reprocessHosts(world, parameters, faults);
  const page = planHostPage(world, parameters);
  faults.push(...world.faults.takeForHosts(call.line, (id) => page.hosts.some((host) => String(host.id) === id)));
  const isAssets = isOn(call.parameters, 'show_asset_id');
  const hosts = faultyPage(faults, page.hosts, () => hostPageBefore(world, parameters, page), asBefore);
  const content = function* (): Generator<Piece> {
    if (call.parameters.get('details') === 'None') {
      const ids = hosts.map(({ id, index = 0 }) => (isAssets ? BigInt(FIRST_ASSET_ID + index) : id));
      yield* writeIdSet(visit, ids);
    } else {
      yield* writeHostLists(visit, hosts, makeHostWriter(visit, version));
    }
    yield warningOf(visit, page);
  };
  return xmlAnswer(writeDocument(envelopeOf(visit, 'HOST_LIST_OUTPUT'), content()));
}

/** Hosts processed anew, or put in as HOST elements. */
interface ProcessedHost {
  readonly id: string;
  /** ISO 8601. */
  readonly processedTime: string;
  readonly xml?: string;
}

function hostOf({ id, processedTime, xml }: ProcessedHost): HostChange {
  if (!/^\d+$/u.test(id)) throw new RangeError(`id must be the digits of a host id, not ${JSON.stringify(id)}`);
  return { id, processedTime: instantOf('processedTime', processedTime), ...(xml === undefined ? {} : { xml }) };
}

const METHODS = ['GET', 'POST'] as const;

/** VM hosts and their detections. */
export const part: Part = {
  name: 'hosts',
  routes: [
    {
      name: 'vm-detection',
      api: 'vm',
      methods: METHODS,
      pattern: /^\/api\/([2345]\.0)\/fo\/asset\/host\/vm\/detection\/?$/u,
      family: vmFamily,
      answer: listDetections,
    },
    {
      name: 'vm-host-list',
      api: 'vm',
      methods: METHODS,
      pattern: /^\/api\/([2345]\.0)\/fo\/asset\/host\/?$/u,
      family: vmFamily,
      answer: listHosts,
    },
  ],
  create: ({ hosts }) => ({
    changes: {
      hosts: (changes: readonly ProcessedHost[]) => hosts.change(changes.map(hostOf)),
      removedHosts: (ids: readonly string[]) => hosts.remove(ids),
    },
    // Lowest first, by when they were last processed.
    ids: ({ first, end }, now) =>
      [...hosts.within(ALL_IDS, now)]
        .filter(({ processedTime }) => processedTime >= first && processedTime < end)
        .map(({ id }) => String(id)),
  }),
};
