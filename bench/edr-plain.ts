import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

type Json = Readonly<Record<string, unknown>>;

/** What the SDK fills a request with at most, in bytes. */
const CHUNK_BYTES = 1_000_000;

/**
 * The plain way to bring a page of EDR events to the table: the whole page through `JSON.parse`, each event mapped to
 * the table's columns, and what `LogsIngestionClient.upload` does: every row made to text once for its size and once
 * to be sent, gzip at level 6.
 */
export function sendPlainly(page: Buffer): Buffer[] {
  const sent: Buffer[] = [];
  let rows: Json[] = [];
  let size = 0;
  for (const event of JSON.parse(page.toString('utf8')) as Json[]) {
    const row = toRow(event);
    const bytes = Buffer.byteLength(JSON.stringify(row));
    if (size + bytes > CHUNK_BYTES) {
      sent.push(gzipSync(JSON.stringify(rows)));
      rows = [];
      size = 0;
    }
    rows.push(row);
    size += bytes;
  }
  if (rows.length > 0) sent.push(gzipSync(JSON.stringify(rows)));
  return sent;
}

/** An event as a row, in the way one writes it first. Only what the bench's events have is read. */
export function toRow(event: Json): Json {
  const [actor, asset, file, process, network, registry] = [
    part(event, 'actor'),
    part(event, 'asset'),
    part(event, 'file'),
    part(event, 'process'),
    part(event, 'network'),
    part(event, 'registry'),
  ];
  const score = Number(event.score);
  return {
    TimeGenerated: time(event.dateTime),
    EventTime: time(event.dateTime),
    ProcessedTime: time(event.eventProcessedTime),
    EventId: event.id,
    EventType: event.type,
    EventAction: event.action,
    EventSource: event.eventSource,
    Score: score,
    Severity: score >= 8 ? 'High' : score >= 5 ? 'Medium' : score >= 2 ? 'Low' : 'Informational',
    Verdicts: texts(event.indicator2, 'verdict'),
    FamilyNames: texts(event.indicator2, 'familyName'),
    Categories: texts(event.indicator2, 'category'),
    ThreatNames: texts(event.indicator2, 'threatName'),
    HostName: asset.hostName,
    NetBiosName: asset.netBiosName,
    AgentId: asset.agentId,
    CustomerId: asset.customerId,
    Platform: asset.platform,
    OperatingSystem: asset.fullOSName,
    IPAddresses: texts(asset.interfaces, 'ipAddress'),
    MacAddresses: texts(asset.interfaces, 'macAddress'),
    AssetTags: texts(asset.tags, 'name'),
    LastLoggedOnUser: asset.lastLoggedOnUser,
    UserName: actor.userName ?? process.userName,
    ActorProcessName: actor.processName,
    ActorProcessId: actor.processId,
    ActorParentProcessId: actor.parentProcessId,
    ActorProcessPath: actor.imageFullPath,
    ActorProcessArguments: actor.arguments,
    FileName: file.fileName,
    FilePath: filePath(file),
    FileExtension: file.extension,
    FileSha256: file.sha256,
    FileMd5: file.md5,
    FileSize: file.size,
    FileCreatedTime: time(file.createdDate),
    TargetProcessName: process.processName,
    TargetProcessId: process.pid,
    TargetProcessParentId: process.parentPid,
    TargetProcessPath: process.fullPath,
    TargetProcessArguments: process.arguments,
    TargetProcessUserName: process.userName,
    TargetProcessUserSid: process.sid,
    TargetProcessIntegrityLevel: process.integrityLevel,
    TargetProcessElevated: process.elevated,
    TargetProcessSha256: part(process, 'processFile').sha256,
    TargetProcessMd5: part(process, 'processFile').md5,
    LocalIP: network.localIP,
    LocalPort: network.localPort,
    RemoteIP: network.remoteIP,
    RemotePort: network.remotePort,
    RemoteDns: network.remoteDns,
    NetworkProtocol: network.protocol,
    NetworkDirection: network.direction,
    RegistryPath: registry.path,
    RegistryValueName: registry.value,
    RegistryValueData: registry.data,
    Record: event,
    RowKey: `${keyOf(event)}-1`,
    PartNumber: 1,
    PartCount: 1,
  };
}

function part(from: Json, name: string): Json {
  return (from[name] ?? {}) as Json;
}

function time(value: unknown): string | undefined {
  return typeof value === 'string' ? new Date(value).toISOString() : undefined;
}

function texts(items: unknown, field: string): unknown[] | undefined {
  if (!Array.isArray(items)) return undefined;
  const found = items
    .map((item) => (item as Json)[field])
    .filter((text) => typeof text === 'string' && text.trim() !== '');
  return found.length === 0 ? undefined : [...new Set(found)];
}

function filePath(file: Json): unknown {
  const { fullPath, path, fileName } = file as { fullPath?: string; path?: string; fileName?: string };
  return fullPath === undefined || fullPath.endsWith(`\\${fileName}`) ? fullPath : `${path}\\${fileName}`;
}

function keyOf(event: Json): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(event)))
    .digest('hex')
    .slice(0, 32);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
