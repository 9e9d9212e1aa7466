import type { Catalogue, Vulnerability } from './catalogue.ts';
import { createDraws, hash32, type Draws } from './random.ts';
import { element, xmlTime } from './xml.ts';
import type { Piece } from './exchange.ts';

/** One finding on one host, before it is written. */
export interface Detection {
  readonly index: number;
  readonly vulnerability: Vulnerability;
  /** Absent for what is only information. */
  readonly status: 'New' | 'Active' | 'Fixed' | 'Re-Opened' | undefined;
  readonly firstFound: number;
  readonly lastFound: number;
  readonly lastUpdate: number;
  readonly processed: number;
  readonly qds: number;
  /** Draws for what is left, to be used by the writer only. */
  readonly draws: Draws;
}

/** Pieces of an answer's body, in order. */
type Pieces = readonly Piece[];

/** What detections of a generated host are made from. */
export interface DetectionSource {
  readonly seed: number;
  readonly catalogue: Catalogue;
  readonly detectionsPerHost: number;
  readonly longResultsEvery: number;
}

/** The host that detections belong to. */
export interface DetectionHost {
  readonly index: number;
  readonly processedTime: number;
}

/** What the caller asks to see of each detection. */
export interface DetectionView {
  readonly showResults: boolean;
  readonly showQds: boolean;
  readonly showQdsFactors: boolean;
  readonly showReopened: boolean;
  readonly showKernel: boolean;
  readonly showService: boolean;
  readonly showConfiguration: boolean;
  readonly showSources: boolean;
}

const DRAW_DETECTION = 60;
const DAY_MS = 86_400_000;
/** Ids of findings lie beyond 32 bits. */
const FIRST_VULN_ID = 4_300_000_000;
const VULN_IDS_A_HOST = 1_048_576;

function statusOf(draw: number): Detection['status'] {
  if (draw < 60) return 'Active';
  if (draw < 75) return 'New';
  return draw < 95 ? 'Fixed' : 'Re-Opened';
}

/**
 * Detection `index` of a host. Those below `count` have a status, those from `count` on are of type Info.
 * With neither status nor Info left out, a host therefore has exactly as many as the option says.
 */
export function makeDetection(source: DetectionSource, host: DetectionHost, index: number, count: number): Detection {
  const { vulnerabilities, informations } = source.catalogue;
  const draws = createDraws(source.seed, host.index, DRAW_DETECTION + index);
  const isInfo = index >= count;
  const list = isInfo ? informations : vulnerabilities;
  const start = hash32(source.seed, host.index, DRAW_DETECTION) % list.length;
  const vulnerability = list[(start + index) % list.length]!;
  const lastFound = host.processedTime - 600_000 - draws.below(1_800_000);
  return {
    index,
    vulnerability,
    status: isInfo ? undefined : statusOf(draws.below(100)),
    firstFound: lastFound - draws.below(400) * DAY_MS,
    lastFound,
    lastUpdate: lastFound + 300_000,
    processed: host.processedTime,
    qds: 1 + draws.below(100),
    draws,
  };
}

function qdsLevel(qds: number): string {
  if (qds >= 90) return 'CRITICAL';
  if (qds >= 70) return 'HIGH';
  return qds >= 40 ? 'MEDIUM' : 'LOW';
}

function writeService(draws: Draws): string {
  if (!draws.chance(0.3)) return '';
  const port = draws.pick([443, 22, 8_443, 3_389] as const);
  const fqdn = draws.chance(0.3) ? '            <FQDN><![CDATA[www.lab.example]]></FQDN>\n' : '';
  const instance = draws.chance(0.1) ? '            <INSTANCE>R&amp;D &#39;main&#39; &lt;1&gt;</INSTANCE>\n' : '';
  return `            <PORT>${port}</PORT>\n            <PROTOCOL>tcp</PROTOCOL>\n${fqdn}            <SSL>${port === 443 ? 1 : 0}</SSL>\n${instance}`;
}

/** RESULTS as three parts, of which the middle one is ready-made; no part where there is none. */
function writeResults(source: DetectionSource, host: DetectionHost, { index, draws }: Detection): Pieces {
  const { detectionsPerHost, longResultsEvery, catalogue } = source;
  const turn = host.index * detectionsPerHost + index;
  const isLong = longResultsEvery > 0 && turn % longResultsEvery === longResultsEvery - 1;
  const list = isLong ? catalogue.longResults : catalogue.results;
  if (!isLong && draws.chance(0.03)) return draws.chance(0.5) ? ['            <RESULTS><![CDATA[]]></RESULTS>\n'] : [];
  const text = list[turn % list.length]!;
  const isSpaced = draws.chance(0.1);
  const start = isSpaced ? '            <RESULTS>\n              <![CDATA[' : '            <RESULTS><![CDATA[';
  const end = isSpaced ? ']]>\n            </RESULTS>\n' : ']]></RESULTS>\n';
  return [start, text, `#${host.index}-${index}${end}`];
}

function writeQds({ qds, vulnerability }: Detection, view: DetectionView): string {
  const score = view.showQds ? `            <QDS severity="${qdsLevel(qds)}">${qds}</QDS>\n` : '';
  if (!view.showQdsFactors) return score;
  return `${score}            <QDS_FACTORS>
              <QDS_FACTOR name="CVSS"><![CDATA[${vulnerability.severity * 2}.0]]></QDS_FACTOR>
              <QDS_FACTOR name="CVSS_vector"><![CDATA[AV:N/AC:L & more]]></QDS_FACTOR>
            </QDS_FACTORS>\n`;
}

function writeReopened({ status, lastFound }: Detection, view: DetectionView): string {
  if (!view.showReopened || status !== 'Re-Opened') return '';
  const time = xmlTime(lastFound - DAY_MS);
  return `            <FIRST_REOPENED_DATETIME>${time}</FIRST_REOPENED_DATETIME>
            <LAST_REOPENED_DATETIME>${time}</LAST_REOPENED_DATETIME>
            <TIMES_REOPENED>1</TIMES_REOPENED>\n`;
}

function writeAffected(view: DetectionView): string {
  const kernel = view.showKernel ? '            <AFFECT_RUNNING_KERNEL>0</AFFECT_RUNNING_KERNEL>\n' : '';
  const service = view.showService ? '            <AFFECT_RUNNING_SERVICE>0</AFFECT_RUNNING_SERVICE>\n' : '';
  const config = view.showConfiguration ? '            <AFFECT_EXPLOITABLE_CONFIG>0</AFFECT_EXPLOITABLE_CONFIG>\n' : '';
  return kernel + service + config;
}

function writeSources(view: DetectionView): string {
  if (!view.showSources) return '';
  return `            <LATEST_VULNERABILITY_DETECTION_SOURCE>Cloud Agent</LATEST_VULNERABILITY_DETECTION_SOURCE>
            <VULNERABILITY_DETECTION_SOURCES>Cloud Agent,Internal Scanner</VULNERABILITY_DETECTION_SOURCES>\n`;
}

/** Times and counts of a finding that has a status, or of one that is information. */
function writeHistory(detection: Detection, view: DetectionView): string {
  const { status, firstFound, lastFound, lastUpdate, vulnerability, draws } = detection;
  const found = `            <FIRST_FOUND_DATETIME>${xmlTime(firstFound)}</FIRST_FOUND_DATETIME>
            <LAST_FOUND_DATETIME>${xmlTime(lastFound)}</LAST_FOUND_DATETIME>\n`;
  const times = `            <TIMES_FOUND>${1 + draws.below(500)}</TIMES_FOUND>\n`;
  if (status === undefined) return found + times;
  const tested = xmlTime(lastFound);
  const fixed = status === 'Fixed' ? `            <LAST_FIXED_DATETIME>${tested}</LAST_FIXED_DATETIME>\n` : '';
  const cve = draws.chance(0.05) ? `            ${element('ASSET_CVE', vulnerability.cve)}` : '';
  return `            <STATUS>${status}</STATUS>
${found}${writeQds(detection, view)}${times}            <LAST_TEST_DATETIME>${tested}</LAST_TEST_DATETIME>
            <LAST_UPDATE_DATETIME>${xmlTime(lastUpdate)}</LAST_UPDATE_DATETIME>
${fixed}${writeReopened(detection, view)}            <IS_IGNORED>0</IS_IGNORED>
            <IS_DISABLED>0</IS_DISABLED>
${writeAffected(view)}            <LAST_PROCESSED_DATETIME>${xmlTime(detection.processed)}</LAST_PROCESSED_DATETIME>
${cve}${writeSources(view)}`;
}

/** The DETECTION element, its parts in the order of the vendor's DTD. */
export function writeDetection(
  source: DetectionSource,
  host: DetectionHost,
  detection: Detection,
  view: DetectionView,
): Pieces {
  const { index, vulnerability, status, draws } = detection;
  const id = FIRST_VULN_ID + host.index * VULN_IDS_A_HOST + index;
  // Some information comes without a severity.
  const hasSeverity = status !== undefined || draws.chance(0.9);
  const severity = hasSeverity ? `            <SEVERITY>${vulnerability.severity}</SEVERITY>\n` : '';
  const start = `          <DETECTION>
            <UNIQUE_VULN_ID>${id}</UNIQUE_VULN_ID>
            <QID>${vulnerability.qid}</QID>
            <TYPE>${vulnerability.type}</TYPE>
${severity}${writeService(draws)}`;
  const results = view.showResults ? writeResults(source, host, detection) : [];
  return [start, ...results, `${writeHistory(detection, view)}          </DETECTION>\n`];
}
