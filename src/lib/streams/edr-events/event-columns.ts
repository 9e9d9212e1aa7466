import { wholeNumberOf } from '../../records/column-values.ts';
import { column, toBytes, type ReadColumn, type RecordColumn, type RecordTable } from '../../records/record-table.ts';
import { filePathOf } from './file-path.ts';
import type { EdrPageOptions } from './page-options.ts';
import { severityOf, type SeverityLimit } from './severity.ts';

/** Where the id of an event stands, and its score. */
export const ID_FIELDS = ['id', 'eventId'];
export const SCORE_FIELD = 'score';

/** Lists in which the indicators' texts stand: in the detail answer, in today's list and as an older name. */
function indicatorList(name: string, field: string): RecordColumn {
  return column(name, 'list', `${field}[]`, `indicator2[].${field}`, `indicator[].${field}`);
}

/**
 * The typed columns of `QualysEdrEvents_CL` in the table's order, but for `TimeGenerated` and those behind `MutexName`,
 * which no field gives. FILE, PROCESS and the common fields are in the vendor's documents and samples; of NETWORK
 * only `localIP`, `remoteIP` and `remoteDns` are, of MUTEX and REGISTRY none: their further spellings are plausible ones.
 */
function eventColumns(severities: readonly SeverityLimit[]): readonly RecordColumn[] {
  return [
    column('EventTime', 'dateTime', 'dateTime', 'eventDateTime'),
    column('ProcessedTime', 'dateTime', 'eventProcessedTime', 'eventProcessTime', 'processedTime'),
    column('EventId', 'string', ...ID_FIELDS),
    column('EventType', 'string', 'type'),
    column('EventAction', 'string', 'action'),
    column('EventSource', 'string', 'eventSource'),
    column('Score', 'int', SCORE_FIELD),
    column('Severity', severityIn(severities), SCORE_FIELD),
    indicatorList('Verdicts', 'verdict'),
    indicatorList('FamilyNames', 'familyName'),
    indicatorList('Categories', 'category'),
    indicatorList('ThreatNames', 'threatName'),
    column('HostName', 'string', 'asset.hostName'),
    column('NetBiosName', 'string', 'asset.netBiosName'),
    column('AgentId', 'string', 'asset.agentId', 'agentId'),
    column('CustomerId', 'string', 'asset.customerId', 'customerId'),
    column('Platform', 'string', 'asset.platform'),
    column('OperatingSystem', 'string', 'asset.fullOSName', 'asset.operatingSystem'),
    column('IPAddresses', 'list', 'asset.interfaces[].ipAddress', 'asset.interfaces[].address'),
    column('MacAddresses', 'list', 'asset.interfaces[].macAddress'),
    column('AssetTags', 'list', 'asset.tags[].name', 'asset.tags[]'),
    column('LastLoggedOnUser', 'string', 'asset.lastLoggedOnUser'),
    column('UserName', 'string', 'actor.userName', 'process.userName', 'userName'),
    column('ActorProcessName', 'string', 'actor.processName'),
    column('ActorProcessId', 'long', 'actor.processId', 'actor.pid'),
    column('ActorParentProcessId', 'long', 'actor.parentProcessId', 'actor.parentPid'),
    column('ActorProcessPath', 'string', 'actor.imageFullPath', 'actor.fullPath'),
    column('ActorProcessArguments', 'string', 'actor.arguments', 'actor.commandLine'),
    column('FileName', 'string', 'file.fileName', 'file.name'),
    column('FilePath', filePathOf, 'file.fullPath', 'file.path', 'file.fileName'),
    column('FileExtension', 'string', 'file.extension'),
    column('FileSha256', 'string', 'file.sha256', 'file.hash.sha256'),
    column('FileMd5', 'string', 'file.md5', 'file.hash.md5'),
    column('FileSize', 'long', 'file.size'),
    column('FileCreatedTime', 'dateTime', 'file.createdDate', 'file.createDate'),
    column('TargetProcessName', 'string', 'process.processName', 'process.name', 'process.processFile.fileName'),
    column('TargetProcessId', 'long', 'process.pid', 'process.processId'),
    column('TargetProcessParentId', 'long', 'process.parentPid', 'process.parentProcessId'),
    column('TargetProcessPath', 'string', 'process.fullPath', 'process.imageFullPath', 'process.processFile.fullPath'),
    column('TargetProcessArguments', 'string', 'process.arguments', 'process.commandLine'),
    column('TargetProcessUserName', 'string', 'process.userName'),
    column('TargetProcessUserSid', 'string', 'process.sid', 'process.userSid'),
    column('TargetProcessIntegrityLevel', 'string', 'process.integrityLevel'),
    column('TargetProcessElevated', 'boolean', 'process.elevated'),
    column('TargetProcessSha256', 'string', 'process.processFile.sha256', 'process.sha256'),
    column('TargetProcessMd5', 'string', 'process.processFile.md5', 'process.md5'),
    column(
      'LocalIP',
      'string',
      'network.localIP',
      'network.localIp',
      'network.localAddress',
      'network.local.address.ip',
    ),
    column('LocalPort', 'int', 'network.localPort', 'network.local.address.port', 'network.local.port'),
    column(
      'RemoteIP',
      'string',
      'network.remoteIP',
      'network.remoteIp',
      'network.remoteAddress',
      'network.remote.address.ip',
    ),
    column('RemotePort', 'int', 'network.remotePort', 'network.remote.address.port', 'network.remote.port'),
    column(
      'RemoteDns',
      'string',
      'network.remoteDns',
      'network.remoteDNS',
      'network.remoteFqdn',
      'network.remote.address.fqdn',
    ),
    column('NetworkProtocol', 'string', 'network.protocol'),
    column('NetworkDirection', 'string', 'network.direction'),
    column(
      'RegistryPath',
      'string',
      'registry.path',
      'registry.key',
      'registry.keyName',
      'registry.keyPath',
      'registry.fullPath',
    ),
    column('RegistryValueName', 'string', 'registry.valueName', 'registry.value'),
    column('RegistryValueData', 'string', 'registry.valueData', 'registry.data'),
    column(
      'MutexName',
      'string',
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

/** The table of events. Rows have had their columns in this order: those of one object of the record together. */
export function eventTable({ severityTable, zoneMinutes = 0 }: EdrPageOptions): RecordTable {
  const groups = Map.groupBy(eventColumns(severityTable), objectOf);
  const columns = [...groups.values()].flat();
  return { columns, timeColumns: ['EventTime', 'ProcessedTime'], zoneMinutes, record: 'whole' };
}

/** The object that all of a column's fields are in, by its name; empty when they are in several. */
function objectOf({ from }: RecordColumn): string {
  const [object = '', ...others] = new Set(from.map((path) => (path.includes('.') ? path.replace(/\..*/, '') : '')));
  return others.length > 0 || object.endsWith('[]') ? '' : object;
}

function severityIn(severities: readonly SeverityLimit[]): ReadColumn {
  return (tape, [score = -1]) => {
    const severity = severityOf(wholeNumberOf(tape, score), severities);
    return severity === undefined ? undefined : toBytes(JSON.stringify(severity));
  };
}
