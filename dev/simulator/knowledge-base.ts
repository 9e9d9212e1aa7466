import type { Answer } from './exchange.ts';
import { findFault } from './faults.ts';
import { writeDocument, writeWarning, xmlAnswer } from './vm-answers.ts';
import { vmFamily } from './vm-family.ts';
import { checkParameters, dateParameter, KNOWLEDGE_BASE_PARAMETERS, parseIdList } from './vm-parameters.ts';
import type { KnowledgeBaseEntry } from './vulnerabilities.ts';
import { writeVulnerability, type VulnerabilityView } from './vulnerability-xml.ts';
import type { Route, Visit } from './world.ts';
import { element } from './xml.ts';

/** Entries that pass the filters of the call, whatever its range of ids. */
function filtered({ call: { parameters }, world }: Visit): KnowledgeBaseEntry[] {
  const ids = parameters.get('ids');
  const ranges = ids === undefined ? undefined : parseIdList(ids);
  // Times are whole seconds: leaving a bound out is the same as moving it by one.
  const step = world.settings.processedBounds === 'inclusive' ? 0 : 1_000;
  const after = dateParameter(parameters, 'last_modified_after') ?? Number.NEGATIVE_INFINITY;
  const before = dateParameter(parameters, 'last_modified_before') ?? Number.POSITIVE_INFINITY;
  return world.knowledgeBase
    .entries()
    .filter(({ qid }) => ranges?.some(({ first, last }) => qid >= first && qid <= last) ?? true)
    .filter(({ modifiedTime }) => modifiedTime >= after + step && modifiedTime <= before - step)
    .filter(({ modifiedTime }) => modifiedTime <= world.clock.now());
}

interface Page {
  readonly entries: readonly KnowledgeBaseEntry[];
  /** Where the next page starts; absent on the last. */
  readonly next?: number;
}

function pageOf(visit: Visit): Page {
  const { call, faults, world } = visit;
  const least = Number(call.parameters.get('id_min') ?? 0);
  const most = Number(call.parameters.get('id_max') ?? Number.MAX_SAFE_INTEGER);
  const all = filtered(visit);
  const within = all.filter(({ qid }) => qid >= least && qid <= most);
  const limit = world.settings.knowledgeBaseLimit;
  const isCut = limit > 0 && within.length > limit;
  const entries = isCut ? within.slice(0, limit) : within;
  const isRepeated = findFault(faults, 'duplicate-page') !== undefined;
  const missing = findFault(faults, 'missing-records');
  const earlier = all.filter(({ qid }) => qid < least).slice(-entries.length);
  const shown = isRepeated && earlier.length > 0 ? earlier : entries;
  return {
    entries: missing === undefined ? shown : shown.slice(0, -(missing.records ?? 1)),
    ...(isCut ? { next: within[limit]!.qid } : {}),
  };
}

function viewOf({ call: { parameters }, world }: Visit): VulnerabilityView {
  return {
    isAll: parameters.get('details') === 'All',
    showDisabled: parameters.get('show_disabled_flag') === '1',
    showModules: parameters.get('show_supported_modules_info') === '1',
    showPciReasons: parameters.get('show_pci_reasons') === '1',
    longTextLength: world.settings.longResultsLength,
  };
}

function* writeList(visit: Visit, { entries }: Page): Generator<string> {
  if (entries.length === 0) return;
  const isIdsOnly = visit.call.parameters.get('details') === 'None';
  const view = viewOf(visit);
  yield isIdsOnly ? '    <ID_SET>\n' : '    <VULN_LIST>\n';
  for (const entry of entries) {
    yield isIdsOnly ? `      ${element('ID', entry.qid)}` : writeVulnerability(entry, view);
    visit.stats.records += 1;
  }
  yield isIdsOnly ? '    </ID_SET>\n' : '    </VULN_LIST>\n';
}

function* writeAnswer(visit: Visit): Generator<string> {
  const { call, origin, world } = visit;
  const page = pageOf(visit);
  yield* writeList(visit, page);
  if (page.next === undefined) return;
  const parameters = new URLSearchParams([...call.parameters].filter(([name]) => name !== 'id_min'));
  const url = `${origin}${call.path}?${parameters.toString()}&id_min=${page.next}`;
  yield writeWarning(world.settings.knowledgeBaseLimit, url);
}

function listVulnerabilities(visit: Visit): Answer {
  checkParameters(visit.call.parameters, KNOWLEDGE_BASE_PARAMETERS);
  const { call, world, origin } = visit;
  const root = 'KNOWLEDGE_BASE_VULN_LIST_OUTPUT';
  const envelope = { root, path: call.path, now: world.clock.now(), origin };
  return xmlAnswer(writeDocument(envelope, writeAnswer(visit)));
}

/** The KnowledgeBase: the few vulnerabilities that the simulator's detections name. */
export const knowledgeBaseRoute: Route = {
  name: 'vm-knowledge-base',
  api: 'kb',
  methods: ['GET', 'POST'],
  pattern: /^\/api\/[234]\.0\/fo\/knowledge_base\/vuln\/?$/u,
  family: vmFamily,
  answer: listVulnerabilities,
};
