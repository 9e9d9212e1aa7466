import type { Vulnerability } from './catalogue.ts';
import type { Answer } from './exchange.ts';
import { writeDocument, xmlAnswer } from './vm-answers.ts';
import { vmFamily } from './vm-family.ts';
import { checkParameters, dateParameter, KNOWLEDGE_BASE_PARAMETERS, parseIdList } from './vm-parameters.ts';
import type { Route, Visit } from './world.ts';
import { cdata, element, xmlTime } from './xml.ts';

const DAY_MS = 86_400_000;
const DAYS = 365;

/** When an entry was last changed: some time in the year before the data ends. */
function modifiedTime({ qid }: Vulnerability, now: number): number {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  return today - ((qid * 7) % DAYS) * DAY_MS;
}

function writeVulnerability(vulnerability: Vulnerability, now: number): string {
  const { qid, type, severity, title, cve } = vulnerability;
  const time = xmlTime(modifiedTime(vulnerability, now));
  const kind =
    type === 'Confirmed' ? 'Vulnerability' : type === 'Potential' ? 'Potential Vulnerability' : 'Information Gathered';
  const cves = `        <CVE_LIST>
          <CVE>
            <ID>${cdata(cve)}</ID>
            <URL>${cdata(`https://cve.example/${cve}?a=1&b=2`)}</URL>
          </CVE>
        </CVE_LIST>\n`;
  return `      <VULN>
        ${element('QID', qid)}        ${element('VULN_TYPE', kind)}        ${element('SEVERITY_LEVEL', severity)}        <TITLE>${cdata(title)}</TITLE>
        ${element('CATEGORY', 'General remote services')}        ${element('LAST_SERVICE_MODIFICATION_DATETIME', time)}        ${element('PUBLISHED_DATETIME', time)}        ${element('PATCHABLE', qid % 2)}${cve === '' ? '' : cves}        <DIAGNOSIS>${cdata(`A weakness in ${title}.<P>`)}</DIAGNOSIS>
        ${element('PCI_FLAG', qid % 2)}        <DISCOVERY>
          ${element('REMOTE', 1)}        </DISCOVERY>
      </VULN>\n`;
}

function wantedVulnerabilities({ call: { parameters }, world }: Visit): Vulnerability[] {
  const now = world.clock.now();
  const ids = parameters.get('ids');
  const ranges = ids === undefined ? undefined : parseIdList(ids);
  const least = Number(parameters.get('id_min') ?? 0);
  const most = Number(parameters.get('id_max') ?? Number.MAX_SAFE_INTEGER);
  const after = dateParameter(parameters, 'last_modified_after') ?? Number.NEGATIVE_INFINITY;
  const before = dateParameter(parameters, 'last_modified_before') ?? Number.POSITIVE_INFINITY;
  return [...world.catalogue.vulnerabilities, ...world.catalogue.informations]
    .filter(({ qid }) => qid >= least && qid <= most)
    .filter(({ qid }) => ranges?.some(({ first, last }) => qid >= first && qid <= last) ?? true)
    .filter((entry) => modifiedTime(entry, now) >= after && modifiedTime(entry, now) <= before);
}

function* writeList(visit: Visit, vulnerabilities: readonly Vulnerability[]): Generator<string> {
  if (vulnerabilities.length === 0) return;
  const isIdsOnly = visit.call.parameters.get('details') === 'None';
  yield isIdsOnly ? '    <ID_SET>\n' : '    <VULN_LIST>\n';
  for (const vulnerability of vulnerabilities) {
    yield isIdsOnly
      ? `      ${element('ID', vulnerability.qid)}`
      : writeVulnerability(vulnerability, visit.world.clock.now());
    visit.stats.records += 1;
  }
  yield isIdsOnly ? '    </ID_SET>\n' : '    </VULN_LIST>\n';
}

function listVulnerabilities(visit: Visit): Answer {
  checkParameters(visit.call.parameters, KNOWLEDGE_BASE_PARAMETERS);
  const { call, world, origin } = visit;
  const root = 'KNOWLEDGE_BASE_VULN_LIST_OUTPUT';
  const envelope = { root, path: call.path, now: world.clock.now(), origin };
  return xmlAnswer(writeDocument(envelope, writeList(visit, wantedVulnerabilities(visit))));
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
