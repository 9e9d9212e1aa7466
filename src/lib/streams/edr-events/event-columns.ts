import { jsonOf, wholeNumberOf } from '../../records/column-values.ts';
import {
  column,
  columnsIn,
  ownKind,
  type Copy,
  type OwnKind,
  type RecordColumn,
  type RecordTable,
} from '../../records/record-table.ts';
import { filePathOf } from './file-path.ts';
import { severityOf, type ScoredSeverity } from './severity.ts';

/** What decides how events become rows. */
export interface EventTableOptions {
  /** How much of an event stands in `Record`: what no column gives back, all (when left out) or nothing. */
  readonly record?: 'rest' | 'full' | 'none';
  /** Highest limit first. */
  readonly severityTable: readonly ScoredSeverity[];
  /** Offset from UTC of times that tell none, in minutes; 0 when left out. */
  readonly zoneMinutes?: number;
}

/** Where the id of an event stands, and its score. */
export const ID_FIELDS = ['id', 'eventId'];
export const SCORE_FIELD = 'score';

/** Lists in which the indicators' texts stand: in the detail answer, in today's list and as an older name. */
function indicatorList(name: string, meaning: string, field: string): RecordColumn {
  return column(name, 'list', meaning, `${field}[]`, `indicator2[].${field}`, `indicator[].${field}`);
}

const asset = columnsIn('asset');
const actor = columnsIn('actor');
const file = columnsIn('file');
const process = columnsIn('process');
const network = columnsIn('network');
const registry = columnsIn('registry');

/**
 * The typed columns of `QualysEdrEvents_CL` in the order of its rows, but for `TimeGenerated` and those behind the last one, which no field
 * gives. FILE, PROCESS and the common fields are in the vendor's documents and samples; of NETWORK only `localIP`, `remoteIP` and `remoteDns`
 * are, of MUTEX and REGISTRY none: their further spellings are plausible ones.
 */
function eventColumns(severities: readonly ScoredSeverity[]): readonly RecordColumn[] {
  return [
    column(
      'EventTime',
      'dateTime',
      'When the event happened on the asset (UTC), always kept.',
      'dateTime',
      'eventDateTime',
    ),
    column(
      'ProcessedTime',
      'dateTime',
      'When the Qualys cloud processed the event (UTC); windows use this time.',
      'eventProcessedTime',
      'eventProcessTime',
      'processedTime',
    ),
    column('EventId', 'string', 'Qualys event id.', ...ID_FIELDS),
    column('EventType', 'string', 'FILE, PROCESS, NETWORK, REGISTRY, MUTEX or a newer type.', 'type'),
    column('EventAction', 'string', 'What happened, e.g. CREATED or RUNNING.', 'action'),
    column('EventSource', 'string', 'Which engine saw it, e.g. EDR or Anti-malware.', 'eventSource'),
    column('Score', 'int', 'Score of the event, 0 to 10; null when the vendor gave none.', SCORE_FIELD),
    column(
      'Severity',
      severityIn(severities),
      'Severity derived from the score by the documented table (EDR_SEVERITY_TABLE).',
      SCORE_FIELD,
    ),
    indicatorList('Verdicts', 'Distinct verdicts of the indicators, e.g. ["MALICIOUS"].', 'verdict'),
    indicatorList('FamilyNames', 'Distinct malware family names.', 'familyName'),
    indicatorList('Categories', 'Distinct malware categories.', 'category'),
    indicatorList('ThreatNames', 'Distinct threat names.', 'threatName'),
    column('AgentId', 'string', 'Id of the Qualys Cloud Agent.', 'asset.agentId', 'agentId'),
    column('CustomerId', 'string', 'Qualys customer id.', 'asset.customerId', 'customerId'),
    column(
      'UserName',
      'string',
      "User of the event: the actor's, else the target process's.",
      'actor.userName',
      'process.userName',
      'userName',
    ),
    column(
      'MutexName',
      'string',
      'Name of the mutex of a MUTEX event.',
      'handle.name',
      'mutex.name',
      'handle.handleName',
      'mutex.mutexName',
      'handle',
      'mutex',
    ),
    asset('HostName', 'string', 'Host name of the asset, bare or fully qualified.', 'hostName'),
    asset('NetBiosName', 'string', 'NetBIOS name of the asset.', 'netBiosName'),
    asset('Platform', 'string', 'WINDOWS, LINUX and so on.', 'platform'),
    asset('OperatingSystem', 'string', 'Full name of the operating system.', 'fullOSName', 'operatingSystem'),
    asset(
      'IPAddresses',
      'list',
      "IP addresses of the asset's interfaces.",
      'interfaces[].ipAddress',
      'interfaces[].address',
    ),
    asset('MacAddresses', 'list', "MAC addresses of the asset's interfaces.", 'interfaces[].macAddress'),
    asset('AssetTags', 'list', "Names of the asset's tags.", 'tags[].name', 'tags[]'),
    asset('LastLoggedOnUser', 'string', 'User last logged on to the asset.', 'lastLoggedOnUser'),
    actor('ActorProcessName', 'string', 'Name of the process that acted.', 'processName'),
    actor('ActorProcessId', 'long', 'Id of the process that acted.', 'processId', 'pid'),
    actor(
      'ActorParentProcessId',
      'long',
      "Id of the acting process's parent; 0 when unknown.",
      'parentProcessId',
      'parentPid',
    ),
    actor('ActorProcessPath', 'string', "Full path of the acting process's image.", 'imageFullPath', 'fullPath'),
    actor(
      'ActorProcessArguments',
      'string',
      'Command-line arguments of the acting process.',
      'arguments',
      'commandLine',
    ),
    file('FileName', 'string', 'Name of the file of a FILE event.', 'fileName', 'name'),
    {
      name: 'FilePath',
      kind: ownKind('string', filePathOf),
      meaning: 'Full path of the file, with its name even where the vendor gives the folder only.',
      from: ['file.fullPath', 'file.path', 'file.fileName'],
      home: 'file.fullPath',
    },
    file('FileExtension', 'string', 'Extension of the file.', 'extension'),
    file('FileSha256', 'string', 'SHA-256 of the file.', 'sha256', 'hash.sha256'),
    file('FileMd5', 'string', 'MD5 of the file.', 'md5', 'hash.md5'),
    file('FileSize', 'long', 'Size of the file, in bytes.', 'size'),
    file('FileCreatedTime', 'dateTime', 'When the file was created (UTC).', 'createdDate', 'createDate'),
    process(
      'TargetProcessName',
      'string',
      'Name of the process that a PROCESS event is about, or that owns a connection.',
      'processName',
      'name',
      'processFile.fileName',
    ),
    process('TargetProcessId', 'long', 'Id of that process.', 'pid', 'processId'),
    process('TargetProcessParentId', 'long', 'Id of its parent.', 'parentPid', 'parentProcessId'),
    process(
      'TargetProcessPath',
      'string',
      'Full path of its image.',
      'fullPath',
      'imageFullPath',
      'processFile.fullPath',
    ),
    process('TargetProcessArguments', 'string', 'Its command-line arguments.', 'arguments', 'commandLine'),
    process('TargetProcessUserName', 'string', 'User it runs as.', 'userName'),
    process('TargetProcessUserSid', 'string', 'Security identifier of that user.', 'sid', 'userSid'),
    process('TargetProcessIntegrityLevel', 'string', 'Integrity level of the process.', 'integrityLevel'),
    process('TargetProcessElevated', 'boolean', 'Whether it runs elevated.', 'elevated'),
    process('TargetProcessSha256', 'string', 'SHA-256 of its image.', 'processFile.sha256', 'sha256'),
    process('TargetProcessMd5', 'string', 'MD5 of its image.', 'processFile.md5', 'md5'),
    network(
      'LocalIP',
      'string',
      'Local address of a NETWORK event.',
      'localIP',
      'localIp',
      'localAddress',
      'local.address.ip',
    ),
    network(
      'LocalPort',
      'int',
      'Local port, where the vendor gives it.',
      'localPort',
      'local.address.port',
      'local.port',
    ),
    network(
      'RemoteIP',
      'string',
      'Remote address of a NETWORK event.',
      'remoteIP',
      'remoteIp',
      'remoteAddress',
      'remote.address.ip',
    ),
    network(
      'RemotePort',
      'int',
      'Remote port, where the vendor gives it.',
      'remotePort',
      'remote.address.port',
      'remote.port',
    ),
    network(
      'RemoteDns',
      'string',
      'Remote domain name.',
      'remoteDns',
      'remoteDNS',
      'remoteFqdn',
      'remote.address.fqdn',
    ),
    network('NetworkProtocol', 'string', 'Protocol, where the vendor gives it.', 'protocol'),
    network('NetworkDirection', 'string', 'Direction, where the vendor gives it.', 'direction'),
    registry(
      'RegistryPath',
      'string',
      'Key path of a REGISTRY event.',
      'path',
      'key',
      'keyName',
      'keyPath',
      'fullPath',
    ),
    {
      ...registry('RegistryValueName', 'string', 'Name of the registry value.', 'valueName', 'value'),
      home: 'registry.value',
    },
    {
      ...registry('RegistryValueData', 'string', 'Data of the registry value.', 'valueData', 'data'),
      home: 'registry.data',
    },
  ];
}

/** The columns by name and path; which score is how severe is a setting. */
export const EVENT_COLUMNS = eventColumns([]);

/** Where Qualys writes a value a second time. */
export const EVENT_COPIES: readonly Copy[] = [
  { column: 'FileSha256', path: 'indicator2[].sha256' },
  { column: 'TargetProcessSha256', path: 'indicator2[].sha256' },
  { column: 'TargetProcessPath', path: 'process.processFile.fullPath' },
  { column: 'TargetProcessName', path: 'process.processFile.fileName' },
];

/** How much of an event stands in `Record`. */
const RECORD = { rest: 'exact', full: 'whole', none: 'none' } as const;

/** The table of events. */
export function eventTable({ record = 'full', severityTable, zoneMinutes = 0 }: EventTableOptions): RecordTable {
  return {
    columns: eventColumns(severityTable),
    timeColumns: ['EventTime', 'ProcessedTime'],
    zoneMinutes,
    record: RECORD[record],
    copies: EVENT_COPIES,
  };
}

function severityIn(severities: readonly ScoredSeverity[]): OwnKind {
  return ownKind('string', ([score]) => {
    const severity = severityOf(wholeNumberOf(score?.value), severities);
    return severity === undefined ? undefined : jsonOf(severity);
  });
}
