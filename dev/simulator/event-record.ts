import { agentNumberOf, AGENTS, numberOfId, scoreFormOf, type EventFacts } from './event-facts.ts';
import { timeText } from './time-text.ts';
import { createDraws, hexDigits, uuidOf, type Draws } from './random.ts';

/** A JSON object of the vendor's. */
export type JsonObject = Record<string, unknown>;

const DRAW_RECORD = 20;
const CUSTOMER_DRAW = 21;

const USERS = ['LAB\\alice', 'LAB\\bob', 'NT AUTHORITY\\SYSTEM', 'root', 'LAB\\jos\u00e9'] as const;
const PROCESSES = ['svchost.exe', 'powershell.exe', 'loader.exe', 'bash', 'outlook.exe'] as const;
const FOLDERS = ['C:\\Users\\alice', 'C:\\Windows\\System32', 'C:\\ProgramData\\R&D', 'C:\\Temp\\\u00fcbung'] as const;
const FILES = ['drop.dll', 'setup.exe', 'energyprov.dll', 'readme.txt', 'macro.docm'] as const;
const FAMILIES = ['Sample', 'Emotet', ' ', 'Mirai'] as const;
const CATEGORIES = ['Trojan', 'Adware', ' ', 'Ransomware'] as const;

/** Longer than a field of Log Analytics, so that the row must be spread. */
const LONG_ARGUMENTS = 80_000;

/** Times in the vendor's form: an offset without a colon. */
export function vendorTime(instant: number): string {
  const milliseconds = Math.floor(instant) % 1_000;
  return `${timeText(instant)}.${String(milliseconds < 0 ? milliseconds + 1_000 : milliseconds).padStart(3, '0')}+0000`;
}

function verdictOf(score: number): string {
  if (score >= 8) return 'MALICIOUS';
  if (score >= 2) return 'SUSPICIOUS';
  return score === 1 ? 'REMEDIATED' : 'KNOWN';
}

function makeIndicators(facts: EventFacts, draws: Draws, sha256: string): JsonObject[] {
  const score = facts.score ?? 0;
  return [
    {
      ...(draws.chance(0.1) ? {} : { score: draws.chance(0.5) ? score : String(score) }),
      sha256,
      familyName: draws.pick(FAMILIES),
      verdict: verdictOf(score),
      category: draws.pick(CATEGORIES),
      ...(score >= 8 ? { threatName: 'Win32.Trojan.Sample' } : {}),
      rowId: numberOfId(facts.id),
    },
  ];
}

function makeAsset(seed: number, agent: number): JsonObject {
  const draws = createDraws(seed, agent, DRAW_RECORD);
  const name = `ws-${String(agent).padStart(3, '0')}`;
  const isLinux = draws.chance(0.2);
  const interfaces = [
    {
      ipAddress: `10.7.${agent >> 4}.${agent & 15}`,
      macAddress: `02:00:00:00:00:${(agent & 255).toString(16).padStart(2, '0')}`,
    },
    { ipAddress: 'fe80::1ff:fe23:4567:890a' },
  ];
  return {
    fullOSName: isLinux ? 'Ubuntu Linux 22.04.4' : 'Microsoft Windows 10 Enterprise 10.0.19045',
    hostName: draws.chance(0.5) ? `${name}.lab.example` : name,
    netBiosName: name.toUpperCase(),
    customerId: uuidOf(seed, 0, CUSTOMER_DRAW),
    platform: isLinux ? 'LINUX' : 'WINDOWS',
    ...(draws.chance(0.7) ? { interfaces } : {}),
    ...(draws.chance(0.6) ? { lastLoggedOnUser: draws.pick(USERS) } : {}),
    ...(draws.chance(0.5) ? { tags: [{ name: 'EDR', id: 1_001, uuid: uuidOf(seed, 1, CUSTOMER_DRAW) }] } : {}),
    assetType: 'HOST',
  };
}

function makeActor(draws: Draws, isLong: boolean): JsonObject {
  const processName = draws.pick(PROCESSES);
  const userName = draws.pick(USERS);
  return {
    processId: 400 + draws.below(60_000),
    processName,
    type: 'PROCESS',
    userName,
    userId: userName.split('\\').at(-1) ?? userName,
    imageFullPath: `C:\\Windows\\System32\\${processName}`,
    createDate: '1970-01-01T00:00:00.000+0000',
    ...(isLong ? { arguments: 'x\u00e9 '.repeat(LONG_ARGUMENTS / 4) } : {}),
  };
}

/** Some records name the folder where the full path should stand, as the guide's own sample does. */
function makeFile(facts: EventFacts, draws: Draws, sha256: string): JsonObject {
  const path = draws.pick(FOLDERS);
  const fileName = draws.pick(FILES);
  const certificate = {
    certificateSigned: true,
    certificateIssuer: 'Example Code Signing CA',
    certificateValid: draws.chance(0.8),
    certificateIssuedTo: 'Example & Sons',
    certificateSignedDate: '2019-12-16T00:00:00.000+0000',
  };
  return {
    fullPath: draws.chance(0.3) ? path : `${path}\\${fileName}`,
    path,
    extension: fileName.split('.').at(-1) ?? '',
    fileName,
    createdDate: vendorTime(facts.dateTime - draws.below(100_000_000)),
    sha256,
    md5: sha256.slice(0, 32),
    certificates: draws.chance(0.5) ? [certificate] : [],
  };
}

function makeProcess(draws: Draws, sha256: string): JsonObject {
  const processName = draws.pick(PROCESSES);
  const fullPath = `C:\\Users\\alice\\${processName}`;
  return {
    processName,
    pid: 400 + draws.below(60_000),
    parentPid: draws.below(400),
    userName: draws.pick(USERS),
    sid: 'S-1-5-21-1-2-3-1001',
    elevated: draws.chance(0.3),
    integrityLevel: 'Medium',
    arguments: `${processName} -x "a b"`,
    fullPath,
    isCertificateExists: false,
    processFile: {
      fullPath,
      path: 'C:\\Users\\alice',
      fileName: processName,
      sha256,
      uniqueImageId: '5123456789012345678',
    },
  };
}

function makeSubject(facts: EventFacts, draws: Draws, sha256: string): JsonObject {
  switch (facts.type) {
    case 'PROCESS':
      return { process: makeProcess(draws, sha256), eventSource: 'EDR' };
    case 'NETWORK':
      return {
        network: { localIP: '192.0.2.10', remoteIP: `203.0.113.${draws.below(250)}`, remoteDns: 'c2.example.net' },
        process: { processName: draws.pick(PROCESSES), userName: draws.pick(USERS) },
      };
    case 'REGISTRY':
      return { registry: { path: 'HKLM\\Software\\Sample', value: 'Run', data: `C:\\Temp\\${draws.pick(FILES)}` } };
    case 'MUTEX':
      return { handle: { name: `Global\\sample-${draws.below(1_000)}` } };
    default:
      return { file: makeFile(facts, draws, sha256) };
  }
}

function makeScore(seed: number, index: number, facts: EventFacts): JsonObject {
  switch (scoreFormOf(seed, index)) {
    case 'absent':
      return {};
    case 'blank':
      return { score: ' ' };
    case 'number':
      return { score: facts.score };
    case 'text':
      return { score: String(facts.score) };
  }
}

/** Makes the record of a generated event, as `/ioc/events` lists it. */
export type RecordMaker = (index: number, facts: EventFacts) => JsonObject;

function makeSeries(seed: number, index: number, draws: Draws): JsonObject {
  if (!draws.chance(0.2)) return {};
  return { timeSeriesId: `T_${uuidOf(seed, index, DRAW_RECORD)}_${draws.below(28) + 1}-8-2024` };
}

/** @param longEventEvery each so many-th record is longer than a field of Log Analytics; 0 for none. */
export function createRecordMaker(seed: number, longEventEvery: number): RecordMaker {
  const assets = Array.from({ length: AGENTS }, (_, agent) => makeAsset(seed, agent));
  return (index, facts) => {
    const draws = createDraws(seed, index, DRAW_RECORD);
    const sha256 = hexDigits(64, seed, index, DRAW_RECORD);
    const isLong = longEventEvery > 0 && index % longEventEvery === longEventEvery - 1;
    return {
      dateTime: vendorTime(facts.dateTime),
      ...(isLong || draws.chance(0.6) ? { actor: makeActor(draws, isLong) } : {}),
      ...makeScore(seed, index, facts),
      eventProcessedTime: vendorTime(facts.processedTime),
      ...makeSubject(facts, draws, sha256),
      action: facts.action,
      ...(draws.chance(0.9) ? { indicator2: makeIndicators(facts, draws, sha256) } : {}),
      id: facts.id,
      ...makeSeries(seed, index, draws),
      ...(draws.chance(0.1) ? { eventMetadata: { isDetected: true } } : {}),
      type: facts.type,
      asset: { ...assets[agentNumberOf(seed, index)], agentId: facts.agentId },
    };
  };
}
