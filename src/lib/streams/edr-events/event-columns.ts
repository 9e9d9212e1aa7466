import { jsonOf, wholeNumberOf } from '../../records/column-values.ts';
import {
  column,
  ownKind,
  type Copy,
  type OwnKind,
  type RecordColumn,
  type RecordTable,
} from '../../records/record-table.ts';
import { filePathOf } from './file-path.ts';
import type { EdrPageOptions } from './page-options.ts';
import { severityOf, type ScoredSeverity } from './severity.ts';

/** Where the id of an event stands, and its score. */
export const ID_FIELDS = ['id', 'eventId'];
export const SCORE_FIELD = 'score';

/** Lists in which the indicators' texts stand: in the detail answer, in today's list and as an older name. */
function indicatorList(name: string, meaning: string, field: string): RecordColumn {
  return column(name, 'list', meaning, `${field}[]`, `indicator2[].${field}`, `indicator[].${field}`);
}

/**
 * The typed columns of `QualysEdrEvents_CL` in the table's order, but for `TimeGenerated` and those behind `MutexName`,
 * which no field gives. FILE, PROCESS and the common fields are in the vendor's documents and samples; of NETWORK
 * only `localIP`, `remoteIP` and `remoteDns` are, of MUTEX and REGISTRY none: their further spellings are plausible ones.
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
    column('HostName', 'string', 'Host name of the asset, bare or fully qualified.', 'asset.hostName'),
    column('NetBiosName', 'string', 'NetBIOS name of the asset.', 'asset.netBiosName'),
    column('AgentId', 'string', 'Id of the Qualys Cloud Agent.', 'asset.agentId', 'agentId'),
    column('CustomerId', 'string', 'Qualys customer id.', 'asset.customerId', 'customerId'),
    column('Platform', 'string', 'WINDOWS, LINUX and so on.', 'asset.platform'),
    column(
      'OperatingSystem',
      'string',
      'Full name of the operating system.',
      'asset.fullOSName',
      'asset.operatingSystem',
    ),
    column(
      'IPAddresses',
      'list',
      "IP addresses of the asset's interfaces.",
      'asset.interfaces[].ipAddress',
      'asset.interfaces[].address',
    ),
    column('MacAddresses', 'list', "MAC addresses of the asset's interfaces.", 'asset.interfaces[].macAddress'),
    column('AssetTags', 'list', "Names of the asset's tags.", 'asset.tags[].name', 'asset.tags[]'),
    column('LastLoggedOnUser', 'string', 'User last logged on to the asset.', 'asset.lastLoggedOnUser'),
    column(
      'UserName',
      'string',
      "User of the event: the actor's, else the target process's.",
      'actor.userName',
      'process.userName',
      'userName',
    ),
    column('ActorProcessName', 'string', 'Name of the process that acted.', 'actor.processName'),
    column('ActorProcessId', 'long', 'Id of the process that acted.', 'actor.processId', 'actor.pid'),
    column(
      'ActorParentProcessId',
      'long',
      "Id of the acting process's parent; 0 when unknown.",
      'actor.parentProcessId',
      'actor.parentPid',
    ),
    column(
      'ActorProcessPath',
      'string',
      "Full path of the acting process's image.",
      'actor.imageFullPath',
      'actor.fullPath',
    ),
    column(
      'ActorProcessArguments',
      'string',
      'Command-line arguments of the acting process.',
      'actor.arguments',
      'actor.commandLine',
    ),
    column('FileName', 'string', 'Name of the file of a FILE event.', 'file.fileName', 'file.name'),
    column(
      'FilePath',
      ownKind('string', filePathOf, true),
      'Full path of the file, with its name even where the vendor gives the folder only.',
      'file.fullPath',
      'file.path',
      'file.fileName',
    ),
    column('FileExtension', 'string', 'Extension of the file.', 'file.extension'),
    column('FileSha256', 'string', 'SHA-256 of the file.', 'file.sha256', 'file.hash.sha256'),
    column('FileMd5', 'string', 'MD5 of the file.', 'file.md5', 'file.hash.md5'),
    column('FileSize', 'long', 'Size of the file, in bytes.', 'file.size'),
    column('FileCreatedTime', 'dateTime', 'When the file was created (UTC).', 'file.createdDate', 'file.createDate'),
    column(
      'TargetProcessName',
      'string',
      'Name of the process that a PROCESS event is about, or that owns a connection.',
      'process.processName',
      'process.name',
      'process.processFile.fileName',
    ),
    column('TargetProcessId', 'long', 'Id of that process.', 'process.pid', 'process.processId'),
    column('TargetProcessParentId', 'long', 'Id of its parent.', 'process.parentPid', 'process.parentProcessId'),
    column(
      'TargetProcessPath',
      'string',
      'Full path of its image.',
      'process.fullPath',
      'process.imageFullPath',
      'process.processFile.fullPath',
    ),
    column(
      'TargetProcessArguments',
      'string',
      'Its command-line arguments.',
      'process.arguments',
      'process.commandLine',
    ),
    column('TargetProcessUserName', 'string', 'User it runs as.', 'process.userName'),
    column('TargetProcessUserSid', 'string', 'Security identifier of that user.', 'process.sid', 'process.userSid'),
    column('TargetProcessIntegrityLevel', 'string', 'Integrity level of the process.', 'process.integrityLevel'),
    column('TargetProcessElevated', 'boolean', 'Whether it runs elevated.', 'process.elevated'),
    column('TargetProcessSha256', 'string', 'SHA-256 of its image.', 'process.processFile.sha256', 'process.sha256'),
    column('TargetProcessMd5', 'string', 'MD5 of its image.', 'process.processFile.md5', 'process.md5'),
    column(
      'LocalIP',
      'string',
      'Local address of a NETWORK event.',
      'network.localIP',
      'network.localIp',
      'network.localAddress',
      'network.local.address.ip',
    ),
    column(
      'LocalPort',
      'int',
      'Local port, where the vendor gives it.',
      'network.localPort',
      'network.local.address.port',
      'network.local.port',
    ),
    column(
      'RemoteIP',
      'string',
      'Remote address of a NETWORK event.',
      'network.remoteIP',
      'network.remoteIp',
      'network.remoteAddress',
      'network.remote.address.ip',
    ),
    column(
      'RemotePort',
      'int',
      'Remote port, where the vendor gives it.',
      'network.remotePort',
      'network.remote.address.port',
      'network.remote.port',
    ),
    column(
      'RemoteDns',
      'string',
      'Remote domain name.',
      'network.remoteDns',
      'network.remoteDNS',
      'network.remoteFqdn',
      'network.remote.address.fqdn',
    ),
    column('NetworkProtocol', 'string', 'Protocol, where the vendor gives it.', 'network.protocol'),
    column('NetworkDirection', 'string', 'Direction, where the vendor gives it.', 'network.direction'),
    column(
      'RegistryPath',
      'string',
      'Key path of a REGISTRY event.',
      'registry.path',
      'registry.key',
      'registry.keyName',
      'registry.keyPath',
      'registry.fullPath',
    ),
    {
      ...column('RegistryValueName', 'string', 'Name of the registry value.', 'registry.valueName', 'registry.value'),
      home: 'registry.value',
    },
    {
      ...column('RegistryValueData', 'string', 'Data of the registry value.', 'registry.valueData', 'registry.data'),
      home: 'registry.data',
    },
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

/** The table of events. Rows have had their columns in this order: those of one object of the record together. */
export function eventTable({ record = 'full', severityTable, zoneMinutes = 0 }: EdrPageOptions): RecordTable {
  const groups = Map.groupBy(eventColumns(severityTable), objectOf);
  const columns = [...groups.values()].flat();
  return {
    columns,
    timeColumns: ['EventTime', 'ProcessedTime'],
    zoneMinutes,
    record: RECORD[record],
    copies: EVENT_COPIES,
  };
}

/** The object that all of a column's fields are in, by its name; empty when they are in several. */
function objectOf({ from }: RecordColumn): string {
  const [object = '', ...others] = new Set(from.map((path) => (path.includes('.') ? path.replace(/\..*/, '') : '')));
  return others.length > 0 || object.endsWith('[]') ? '' : object;
}

function severityIn(severities: readonly ScoredSeverity[]): OwnKind {
  return ownKind('string', ([score]) => {
    const severity = severityOf(wholeNumberOf(score?.value), severities);
    return severity === undefined ? undefined : jsonOf(severity);
  });
}
