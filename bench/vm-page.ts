/** Makes VM detection pages of any size, seeded: the same arguments give the same bytes. */

/** How large the page is. */
export interface VmPageShape {
  readonly hosts: number;
  readonly detectionsPerHost: number;
  readonly seed?: number;
  /**
   * How detections differ in form: `usual` as the vendor writes them, `varied` with optional elements missing and others added, `odd` with
   * their elements in any order and indentation, here and there with an attribute, a reference, a comment or an unknown name.
   */
  readonly form?: 'usual' | 'varied' | 'odd';
}

type Random = () => number;

const HEAD = `<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE HOST_LIST_VM_DETECTION_OUTPUT SYSTEM "https://qualysapi.example.com/api/5.0/fo/asset/host/vm/detection/dtd/output.dtd">
<HOST_LIST_VM_DETECTION_OUTPUT>
  <RESPONSE>
    <DATETIME>2026-03-01T00:00:00Z</DATETIME>
    <HOST_LIST>
`;
const TAIL = `    </HOST_LIST>
  </RESPONSE>
</HOST_LIST_VM_DETECTION_OUTPUT>
<!-- CONFIDENTIAL AND PROPRIETARY INFORMATION. -->
`;
const BLOCK_BYTES = 64 * 1024;
/** Different findings of one tenant. */
const CHECKS = 3_000;
const PACKAGES = [
  'openssl',
  'glibc-common',
  'kernel-core',
  'python3-libs',
  'libcurl-minimal',
  'systemd',
  'bind-utils',
  'sudo',
];
const SYSTEMS = [
  'Windows Server 2019 Standard 64 bit',
  'Red Hat Enterprise Linux 9.4',
  'Ubuntu Linux 22.04.4',
  'Windows 11 Enterprise',
];
const STATUSES = ['Active', 'Active', 'Active', 'New', 'Fixed', 'Re-Opened'];

/** Yields the page in blocks of about 64 KiB, without holding more than one of them. */
export function* vmPage(shape: VmPageShape): Generator<Buffer> {
  const random = seededRandom(shape.seed ?? 1);
  const checks = Array.from({ length: CHECKS }, () => check(random));
  let text = HEAD;
  for (let host = 0; host < shape.hosts; host++) {
    const scanned = time(random);
    text += hostHead(random, host, scanned);
    for (let n = 0; n < shape.detectionsPerHost; n++) {
      text += formed(random, shape.form ?? 'usual', detection(random, checks[below(random, CHECKS)] ?? '', scanned));
      if (text.length < BLOCK_BYTES) continue;
      yield Buffer.from(text);
      text = '';
    }
    text += '        </DETECTION_LIST>\n      </HOST>\n';
  }
  yield Buffer.from(text + TAIL);
}

/** Mulberry32: small, fast and good enough for test data. */
export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function pick(random: Random, values: readonly string[]): string {
  return values[below(random, values.length)] ?? '';
}

function time(random: Random): string {
  const days = String(1 + below(random, 28)).padStart(2, '0');
  const [hour, minute, second] = [24, 60, 60].map((limit) => String(below(random, limit)).padStart(2, '0'));
  return `2026-0${1 + below(random, 9)}-${days}T${hour}:${minute}:${second}Z`;
}

function hostHead(random: Random, index: number, scanned: string): string {
  const name = `host-${String(index).padStart(6, '0')}`;
  return `      <HOST>
        <ID>${100_000_000 + index * 7}</ID>
        <ASSET_ID>${200_000_000 + index * 7}</ASSET_ID>
        <IP>10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}</IP>
        <TRACKING_METHOD>AGENT</TRACKING_METHOD>
        <NETWORK_ID>0</NETWORK_ID>
        <OS><![CDATA[${pick(random, SYSTEMS)}]]></OS>
        <DNS><![CDATA[${name}.corp.example.com]]></DNS>
        <DNS_DATA>
          <HOSTNAME><![CDATA[${name}]]></HOSTNAME>
          <DOMAIN><![CDATA[corp.example.com]]></DOMAIN>
          <FQDN><![CDATA[${name}.corp.example.com]]></FQDN>
        </DNS_DATA>
        <NETBIOS><![CDATA[${name.toUpperCase()}]]></NETBIOS>
        <QG_HOSTID><![CDATA[${hex(random, 8)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 12)}]]></QG_HOSTID>
        <LAST_SCAN_DATETIME>${scanned}</LAST_SCAN_DATETIME>
        <LAST_VM_SCANNED_DATE>${scanned}</LAST_VM_SCANNED_DATE>
        <LAST_VM_SCANNED_DURATION>${below(random, 3000)}</LAST_VM_SCANNED_DURATION>
        <LAST_VM_AUTH_SCANNED_DATE>${scanned}</LAST_VM_AUTH_SCANNED_DATE>
        <DETECTION_LIST>
`;
}

function hex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => below(random, 16).toString(16)).join('');
}

/** What a check finds, and finds alike on many hosts: the elements from QID to RESULTS. */
function check(random: Random): string {
  const isRemote = random() < 0.3;
  const port = `            <PORT>${1 + below(random, 65535)}</PORT>\n            <PROTOCOL>tcp</PROTOCOL>\n`;
  return `            <QID>${10_000 + below(random, 390_000)}</QID>
            <TYPE>${random() < 0.9 ? 'Confirmed' : 'Potential'}</TYPE>
            <SEVERITY>${1 + below(random, 5)}</SEVERITY>
${isRemote ? port : ''}            <SSL>${isRemote ? below(random, 2) : 0}</SSL>
            <RESULTS><![CDATA[${results(random)}]]></RESULTS>
`;
}

function detection(random: Random, found: string, scanned: string): string {
  const status = pick(random, STATUSES);
  const qds = 1 + below(random, 100);
  return `          <DETECTION>
            <UNIQUE_VULN_ID>${1_000_000_000 + below(random, 4_000_000_000)}</UNIQUE_VULN_ID>
${found}            <STATUS>${status}</STATUS>
            <FIRST_FOUND_DATETIME>${time(random)}</FIRST_FOUND_DATETIME>
            <LAST_FOUND_DATETIME>${scanned}</LAST_FOUND_DATETIME>
            <QDS severity="${qdsSeverity(qds)}">${qds}</QDS>
            <TIMES_FOUND>${1 + below(random, 500)}</TIMES_FOUND>
            <LAST_TEST_DATETIME>${scanned}</LAST_TEST_DATETIME>
            <LAST_UPDATE_DATETIME>${scanned}</LAST_UPDATE_DATETIME>
${status === 'Fixed' ? `            <LAST_FIXED_DATETIME>${time(random)}</LAST_FIXED_DATETIME>\n` : ''}            <IS_IGNORED>0</IS_IGNORED>
            <IS_DISABLED>0</IS_DISABLED>
            <LAST_PROCESSED_DATETIME>${scanned}</LAST_PROCESSED_DATETIME>
            <LATEST_VULNERABILITY_DETECTION_SOURCE>Cloud Agent</LATEST_VULNERABILITY_DETECTION_SOURCE>
            <VULNERABILITY_DETECTION_SOURCES>Cloud Agent,Internal Scanner</VULNERABILITY_DETECTION_SOURCES>
          </DETECTION>
`;
}

const INDENTATION = '            ';
const NEEDED = /^<(?:UNIQUE_VULN_ID|QID|RESULTS)>/;

function formed(random: Random, form: 'usual' | 'varied' | 'odd', text: string): string {
  if (form === 'usual') return text;
  const [start = '', ...elements] = text.split(`\n${INDENTATION}<`);
  const end = '\n          </DETECTION>\n';
  const last = elements.length - 1;
  const bare = elements.map((element, index) => `<${index === last ? element.slice(0, -end.length) : element}`);
  const made =
    form === 'varied'
      ? bare.flatMap((each) => varied(random, each))
      : shuffled(random, bare).map((each) => odd(random, each));
  const gap = (): string => (form === 'varied' ? `\n${INDENTATION}` : `\n${' '.repeat(below(random, 20))}`);
  return `${start}${made.map((each) => gap() + each).join('')}${end}`;
}

function varied(random: Random, element: string): string[] {
  const added = random() < 0.1 ? [`<ASSET_CVE>CVE-2026-${below(random, 9999)}</ASSET_CVE>`] : [];
  return NEEDED.test(element) || random() < 0.7 ? [element, ...added] : added;
}

function odd(random: Random, element: string): string {
  const kind = below(random, 20);
  if (kind === 0) return element.replace('>', ' note="&lt;a&gt;">');
  if (kind === 1) return `<!-- ${hex(random, 6)} -->${element}`;
  if (kind === 2 && !element.includes('CDATA')) return element.replace('</', '&amp;</');
  const name = `NEW_${hex(random, 3)}`;
  return kind === 3 ? `<${name}>1</${name}>${element}` : element;
}

function shuffled(random: Random, elements: readonly string[]): string[] {
  const left = [...elements];
  return elements.map(() => left.splice(below(random, left.length), 1)[0] ?? '');
}

function qdsSeverity(qds: number): string {
  if (qds < 40) return 'LOW';
  if (qds < 70) return 'MEDIUM';
  return qds < 90 ? 'HIGH' : 'CRITICAL';
}

/** What scanners print: package tables, file versions, registry values, banners; some of it beyond ASCII. */
function results(random: Random): string {
  const kind = random();
  if (kind < 0.45) return packageTable(random);
  if (kind < 0.75) return fileVersions(random);
  if (kind < 0.95) return registryValues(random);
  return `Server: Apache/2.4.${below(random, 60)} (Unix) "Größe" <b>${hex(random, 32)}</b> & more\r\nX-Id: ${hex(random, 24)}`;
}

function packageTable(random: Random): string {
  let text = 'Package\tInstalled Version\tRequired Version\n';
  for (let row = 2 + below(random, 10); row > 0; row--) {
    text += `${pick(random, PACKAGES)}.x86_64\t${version(random)}.el9_${below(random, 9)}\t${version(random)}.el9_${below(random, 9)}\n`;
  }
  return text;
}

function version(random: Random): string {
  return `${below(random, 9)}.${below(random, 40)}.${below(random, 200)}-${below(random, 90)}`;
}

function fileVersions(random: Random): string {
  let text = '';
  for (let row = 1 + below(random, 7); row > 0; row--) {
    text += `%windir%\\system32\\${hex(random, 8)}.dll Version is 10.0.${below(random, 30000)}.${below(random, 9000)}#\n`;
  }
  return text;
}

function registryValues(random: Random): string {
  let text = '';
  for (let row = 1 + below(random, 5); row > 0; row--) {
    text += `HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\${hex(random, 10)} Value = "${below(random, 99999)}" is missing.\n`;
  }
  return text;
}
