import type { Answer } from '../exchange.ts';
import { isIndexed } from '../index-lag.ts';
import { cutListPage, type ListPage } from '../list-page.ts';
import { instantOf, type Part } from '../part.ts';
import { writeDocument, writeWarning, xmlAnswer } from '../vm-answers.ts';
import { vmFamily } from '../vm-family.ts';
import { parametersTaken } from '../vm-page.ts';
import { checkParameters, dateParameter, KNOWLEDGE_BASE_PARAMETERS, parseIdList } from '../vm-parameters.ts';
import type { KnowledgeBaseEntry } from '../vulnerabilities.ts';
import { writeVulnerability, type VulnerabilityView } from '../vulnerability-xml.ts';
import type { Visit } from '../world.ts';
import { element } from '../xml.ts';

/** The second document of an entry, if it is another, is that from before its last change. */
const COPY_AGE_MS = 3_600_000;

/** Entries that pass the filters of the call, whatever its range of ids. */
function filtered({ call, faults, world }: Visit): KnowledgeBaseEntry[] {
  const parameters = parametersTaken(call.parameters, faults);
  const ids = parameters.get('ids');
  const ranges = ids === undefined ? undefined : parseIdList(ids);
  // Times are whole seconds: leaving a bound out is the same as moving it by one.
  const step = world.settings.processedBounds === 'inclusive' ? 0 : 1_000;
  const after = dateParameter(parameters, 'last_modified_after') ?? Number.NEGATIVE_INFINITY;
  const before = dateParameter(parameters, 'last_modified_before') ?? Number.POSITIVE_INFINITY;
  const isByTime = after > Number.NEGATIVE_INFINITY || before < Number.POSITIVE_INFINITY;
  return world.knowledgeBase
    .entries()
    .filter(({ qid }) => ranges?.some(({ first, last }) => qid >= first && qid <= last) ?? true)
    .filter(({ modifiedTime }) => modifiedTime >= after + step && modifiedTime <= before - step)
    .filter(({ modifiedTime }) => modifiedTime <= world.clock.now())
    .filter(({ qid, modifiedTime }) => !isByTime || isIndexed(world, String(qid), modifiedTime));
}

function pageOf(visit: Visit): ListPage<KnowledgeBaseEntry> {
  const limit = visit.world.settings.knowledgeBaseLimit;
  const most = Number(visit.call.parameters.get('id_max') ?? Number.MAX_SAFE_INTEGER);
  return cutListPage(
    visit,
    filtered(visit).filter(({ qid }) => qid <= most),
    {
      from: 'id_min',
      idOf: ({ qid }) => qid,
      limit: limit === 0 ? Number.POSITIVE_INFINITY : limit,
      older: (entry) => ({ ...entry, modifiedTime: entry.modifiedTime - COPY_AGE_MS }),
    },
  );
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

function* writeList(visit: Visit, entries: readonly KnowledgeBaseEntry[]): Generator<string> {
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
  const { items, limit, nextUrl } = pageOf(visit);
  yield* writeList(visit, items);
  if (nextUrl !== undefined) yield writeWarning(limit, nextUrl);
}

function listVulnerabilities(visit: Visit): Answer {
  checkParameters(visit.call.parameters, KNOWLEDGE_BASE_PARAMETERS);
  const { call, world, origin } = visit;
  const root = 'KNOWLEDGE_BASE_VULN_LIST_OUTPUT';
  const envelope = { root, path: call.path, now: world.clock.now(), origin };
  return xmlAnswer(writeDocument(envelope, writeAnswer(visit)));
}

/** Entries changed, or put in as VULN elements. */
interface ModifiedEntry {
  readonly qid: number;
  /** ISO 8601. */
  readonly modifiedTime: string;
  readonly xml?: string;
}

/** The KnowledgeBase: the few vulnerabilities that the simulator's detections name. */
export const part: Part = {
  name: 'qids',
  routes: [
    {
      name: 'vm-knowledge-base',
      api: 'kb',
      methods: ['GET', 'POST'],
      pattern: /^\/api\/[234]\.0\/fo\/knowledge_base\/vuln\/?$/u,
      family: vmFamily,
      answer: listVulnerabilities,
    },
  ],
  create: ({ knowledgeBase }) => ({
    changes: {
      vulnerabilities: (entries: readonly ModifiedEntry[]) =>
        knowledgeBase.change(
          entries.map((each) => ({ ...each, modifiedTime: instantOf('modifiedTime', each.modifiedTime) })),
        ),
      removedVulnerabilities: (qids: readonly number[]) => knowledgeBase.remove(qids),
    },
    // Lowest first.
    ids: ({ first, end }) =>
      knowledgeBase
        .entries()
        .filter(({ modifiedTime }) => modifiedTime >= first && modifiedTime < end)
        .map(({ qid }) => String(qid)),
  }),
};
