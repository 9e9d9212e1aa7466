import { createDraws, fraction, hash32, type Draws } from './random.ts';

/** One vulnerability the simulator knows. */
export interface Vulnerability {
  readonly qid: number;
  readonly type: 'Confirmed' | 'Potential' | 'Info';
  readonly severity: number;
  readonly title: string;
  readonly cve: string;
}

const DRAW_CATALOGUE = 40;
const DRAW_RESULTS = 41;
const SIZE = 400;
const INFO_SIZE = 40;
const FIRST_QID = 38_170;
const FIRST_INFO_QID = 45_001;

const PRODUCTS = ['OpenSSL', 'Microsoft Edge', 'Oracle Java SE', 'curl & libcurl', 'Apache HTTP Server'] as const;

function makeVulnerability(seed: number, index: number): Vulnerability {
  const draws = createDraws(seed, index, DRAW_CATALOGUE);
  return {
    qid: FIRST_QID + index * 3,
    type: draws.chance(0.8) ? 'Confirmed' : 'Potential',
    severity: 1 + draws.below(5),
    title: `${draws.pick(PRODUCTS)} vulnerability ${index}`,
    cve: `CVE-2024-${1_000 + index}`,
  };
}

function makeInformation(seed: number, index: number): Vulnerability {
  const severity = 1 + (hash32(seed, index, DRAW_CATALOGUE) % 3);
  return { qid: FIRST_INFO_QID + index, type: 'Info', severity, title: `Information gathered ${index}`, cve: '' };
}

/** Texts of RESULTS: what a scan writes, with tabs, several lines, entities that stay as they are, and no markup meant. */
const LINES = [
  'HKLM\\SOFTWARE\\Vendor\\Product\tVersion = 10.0.1\n',
  'Package\tInstalled Version\tRequired Version\nlibssl3\t3.0.2-0ubuntu1.10\t3.0.2-0ubuntu1.15\n',
  '%windir%\\System32\\example.dll  Version is  10.0.19041.1\n',
  'Server: Apache/2.4.41 (Unix) <b>doesn&apos;t</b> hide its version ]] & more\n',
  '/usr/lib/x86_64-linux-gnu/libexample.so.1 \u2192 1.2.11 (caf\u00e9, \u65e5\u672c\u8a9e)\n',
  'Vulnerable software found:\r\n\tC:\\Program Files\\Example\\bin\\example.exe\t1.4.2\r\n',
] as const;

function makeResults(draws: Draws, length: number): string {
  let text = '';
  while (text.length < length) text += draws.pick(LINES);
  return text;
}

/** Everything detections are made from; the same for every host. */
export interface Catalogue {
  readonly vulnerabilities: readonly Vulnerability[];
  readonly informations: readonly Vulnerability[];
  /** Ready-made texts of RESULTS, escaped for CDATA, as bytes: writing them is then only a copy. */
  readonly results: readonly Buffer[];
  /** The same texts, each repeated to the length of a long one. */
  readonly longResults: readonly Buffer[];
}

const RESULTS = 64;
const LONG_RESULTS = 4;
const SHORTEST_RESULTS = 60;
const RESULTS_SPREAD = 800;

function toLength(text: string, length: number): Buffer {
  return Buffer.from(text.repeat(Math.ceil(length / text.length)).slice(0, length));
}

/** Makes the catalogue of a seed; long texts of RESULTS have the given length in characters. */
export function createCatalogue(seed: number, longResultsLength: number): Catalogue {
  const texts = Array.from({ length: RESULTS }, (_, index) => {
    const length = SHORTEST_RESULTS + Math.floor(RESULTS_SPREAD * fraction(seed, index, DRAW_RESULTS, 1));
    return makeResults(createDraws(seed, index, DRAW_RESULTS), length);
  });
  return {
    vulnerabilities: Array.from({ length: SIZE }, (_, index) => makeVulnerability(seed, index)),
    informations: Array.from({ length: INFO_SIZE }, (_, index) => makeInformation(seed, index)),
    results: texts.map((text) => Buffer.from(text)),
    longResults: texts.slice(0, LONG_RESULTS).map((text) => toLength(text, longResultsLength)),
  };
}
