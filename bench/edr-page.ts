/** Makes pages of EDR events of any size, seeded: the same arguments give the same events. */

/** An event in the form of the vendor's list. */
export type EdrEvent = Readonly<Record<string, unknown>>;

type Random = () => number;

const PROCESSES = [
  'svchost.exe',
  'chrome.exe',
  'powershell.exe',
  'explorer.exe',
  'msiexec.exe',
  'OUTLOOK.EXE',
  'teams.exe',
];
const FOLDERS = [
  'C:\\Windows\\System32',
  'C:\\Program Files\\Contoso\\Agent',
  'C:\\Users\\alice\\AppData\\Local\\Temp',
  'C:\\ProgramData\\Package Cache',
];
const EXTENSIONS = ['dll', 'exe', 'tmp', 'js'];
const ISSUERS = [
  'DigiCert High Assurance Code Signing CA-1',
  'Microsoft Windows Production PCA 2011',
  'Microsoft Code Signing PCA',
];
const SYSTEMS = [
  'Microsoft Windows 10 Enterprise 10.0.19045 Build 19045',
  'Microsoft Windows 11 Pro 10.0.22631 Build 22631',
];
const START = Date.UTC(2026, 2, 1);
const HOSTS = 400;
const FILES = 3000;

/** Events of a quarter of an hour, ascending by the time they were processed: 60 % FILE, 25 % PROCESS, 10 % NETWORK, 5 % REGISTRY. */
export function makeEvents(count: number, seed: number): EdrEvent[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const processed = START + Math.floor((index * 900_000) / count);
    const share = random();
    const make = share < 0.6 ? fileEvent : share < 0.85 ? processEvent : share < 0.95 ? networkEvent : registryEvent;
    return make(random, processed);
  });
}

function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
}

function vendorTime(time: number): string {
  return new Date(time).toISOString().replace('Z', '+0000');
}

function agentOf(host: number): string {
  const random = seededRandom(host + 1);
  return [8, 4, 4, 4, 12].map((count) => digits(random, count)).join('-');
}

function common(random: Random, processed: number, type: string, action: string, host: number) {
  const prefix = type === 'NETWORK' ? 'N' : type === 'FILE' ? 'RTF' : 'RTP';
  const hasThreat = random() < 0.1;
  return {
    dateTime: vendorTime(processed - Math.floor(random() * 600_000)),
    id: `${prefix}_${agentOf(host)}_-${Math.floor(random() * 9e15)}${Math.floor(random() * 1000)}`,
    type,
    action,
    score: hasThreat ? String(1 + Math.floor(random() * 10)) : '0',
    eventProcessedTime: vendorTime(processed),
    eventSource: 'EDR',
    indicator2: [
      {
        score: hasThreat ? 8 : 0,
        sha256: digits(random, 64),
        familyName: hasThreat ? 'Sample' : ' ',
        verdict: hasThreat ? 'MALICIOUS' : 'KNOWN',
        category: hasThreat ? 'Trojan' : ' ',
        ...(hasThreat ? { threatName: 'Win32.Trojan.Sample' } : {}),
        rowId: `-${Math.floor(random() * 9e15)}`,
      },
    ],
  };
}

function asset(host: number) {
  const name = `WS-${String(host).padStart(4, '0')}`;
  return {
    fullOSName: SYSTEMS[host % SYSTEMS.length],
    hostName: `${name.toLowerCase()}.corp.example`,
    agentId: agentOf(host),
    netBiosName: name,
    customerId: '99999999-8888-4777-8666-555555555555',
    platform: 'WINDOWS',
    interfaces: [
      { ipAddress: `192.0.2.${host % 250}`, macAddress: `02:00:00:00:${digits(seededRandom(host), 2)}:01` },
      { ipAddress: `fe80::${(host + 4096).toString(16)}` },
    ],
    lastLoggedOnUser: `CORP\\user${host}`,
    tags: [
      { name: 'EDR', id: 1001, uuid: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee' },
      { name: 'Workstations', id: 1002, uuid: 'aaaaaaaa-bbbb-4ccc-8ddd-ffffffffffff' },
    ],
  };
}

function actor(random: Random) {
  const name = pick(random, PROCESSES);
  return {
    processId: 4 * Math.floor(random() * 8000),
    processName: name,
    type: 'PROCESS',
    userName: 'NT AUTHORITY\\LOCAL SERVICE',
    imageFullPath: `C:\\Windows\\System32\\${name}`,
    userId: 'LOCAL SERVICE',
    createDate: '1970-01-01T00:00:00.000+0000',
  };
}

function fileEvent(random: Random, processed: number): EdrEvent {
  const host = Math.floor(random() * HOSTS);
  const file = Math.floor(random() * FILES);
  const known = seededRandom(file + 10_000);
  const path = pick(known, FOLDERS);
  const extension = pick(known, EXTENSIONS);
  const fileName = `module${file}.${extension}`;
  const { dateTime, score, eventProcessedTime, ...rest } = common(random, processed, 'FILE', 'CREATED', host);
  return {
    dateTime,
    actor: actor(random),
    score,
    eventProcessedTime,
    file: {
      fullPath: known() < 0.5 ? path : `${path}\\${fileName}`,
      path,
      extension,
      fileName,
      createdDate: vendorTime(START - Math.floor(known() * 1e11)),
      sha256: digits(known, 64),
      certificates: Array.from({ length: Math.floor(known() * 4) }, () => ({
        certificateSigned: true,
        certificateIssuer: pick(known, ISSUERS),
        certificateValid: known() < 0.5,
        certificateIssuedTo: known() < 0.5 ? 'Microsoft Corporation' : 'Contoso GmbH & Co. KG ©',
        certificateSignedDate: vendorTime(START - Math.floor(known() * 1e11)),
      })),
      md5: digits(known, 32),
    },
    ...rest,
    asset: asset(host),
  };
}

function processOf(random: Random) {
  const processName = pick(random, PROCESSES);
  const path = pick(random, FOLDERS);
  return {
    processName,
    processEventId: `RTP_${digits(random, 16)}`,
    pid: 4 * Math.floor(random() * 8000),
    parentPid: 4 * Math.floor(random() * 2000),
    userName: 'CORP\\alice',
    sid: 'S-1-5-21-1004336348-1177238915-682003330-1001',
    elevated: random() < 0.2,
    integrityLevel: 'MEDIUM',
    arguments: `"${path}\\${processName}" -k LocalServiceNetworkRestricted -p -s ${digits(random, 12)}`,
    fullPath: `${path}\\${processName}`,
    isCertificateExists: true,
    processFile: {
      fullPath: `${path}\\${processName}`,
      path,
      fileName: processName,
      sha256: digits(random, 64),
      md5: digits(random, 32),
      uniqueImageId: String(Math.floor(random() * 9e15)),
    },
  };
}

function processEvent(random: Random, processed: number): EdrEvent {
  const host = Math.floor(random() * HOSTS);
  return { ...common(random, processed, 'PROCESS', 'RUNNING', host), process: processOf(random), asset: asset(host) };
}

function networkEvent(random: Random, processed: number): EdrEvent {
  const host = Math.floor(random() * HOSTS);
  const network = {
    localIP: `192.0.2.${host % 250}`,
    localPort: 49152 + Math.floor(random() * 16_000),
    remoteIP: `203.0.113.${Math.floor(random() * 250)}`,
    remotePort: 443,
    protocol: 'TCP',
    remoteDns: `host${Math.floor(random() * 5000)}.example.net`,
  };
  const process = { processName: pick(random, PROCESSES), userName: 'CORP\\alice' };
  return { ...common(random, processed, 'NETWORK', 'ESTABLISHED', host), network, process, asset: asset(host) };
}

function registryEvent(random: Random, processed: number): EdrEvent {
  const host = Math.floor(random() * HOSTS);
  const registry = {
    path: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run',
    value: `Item${Math.floor(random() * 500)}`,
    data: `C:\\ProgramData\\${digits(random, 12)}.exe`,
  };
  return {
    ...common(random, processed, 'REGISTRY', 'MODIFIED', host),
    registry,
    actor: actor(random),
    asset: asset(host),
  };
}
