import { EVENT_ROW_COLUMNS } from './event-row.ts';
import { MAX_EVENTS, MAX_NAMES, MAX_WORST } from './enrich-answer.ts';
import { kqlText, kqlTime } from './kql-text.ts';

/** What stored rows are looked up by: subjects that no documented query token of Qualys names. */
export interface StoredSubject {
  readonly kind: 'host' | 'user' | 'agentId';
  readonly value: string;
}

/** Events that Qualys processed within the bounds. */
interface Bounds {
  readonly from: Date;
  readonly to: Date;
}

/** The matching events, each once, with one row for a record that is spread over several. */
function matchingEvents(subject: StoredSubject, { from, to }: Bounds): string {
  return `QualysEdrEvents_CL
| where isnull(PartNumber) or PartNumber == 1
| where coalesce(ProcessedTime, TimeGenerated) between (${kqlTime(from)} .. ${kqlTime(to)})
| where isnotempty(EventId)
| where ${eventCondition(subject)}
| summarize arg_max(TimeGenerated, *) by RowKey`;
}

/** The newest matching events. */
export function newestEventsQuery(subject: StoredSubject, bounds: Bounds): string {
  return `${matchingEvents(subject, bounds)}
| sort by EventTime desc
| take ${MAX_EVENTS}
| project ${EVENT_ROW_COLUMNS.join(', ')}`;
}

/** What all matching events have in common, by type and action. */
export function eventGroupsQuery(subject: StoredSubject, bounds: Bounds): string {
  const most = MAX_NAMES + 1;
  return `${matchingEvents(subject, bounds)}
| extend SeenAt = coalesce(EventTime, ProcessedTime), SeenOn = coalesce(HostName, NetBiosName), SeenWith = coalesce(UserName, TargetProcessUserName)
| summarize Events = count(), HighestScore = max(Score), FirstSeen = min(SeenAt), LastSeen = max(SeenAt),
    Verdicts = make_set(Verdicts, ${most}), Families = make_set(FamilyNames, ${most}), Threats = make_set(ThreatNames, ${most}),
    Hosts = make_set(SeenOn, ${most}), Users = make_set(SeenWith, ${most}) by EventType, EventAction`;
}

/** The newest state of each open vulnerability of the hosts; the columns are those of the function QualysHostDetections. */
function openVulnerabilities(subject: StoredSubject): string {
  return `let reports = QualysHostDetectionV3_CL
| where ${hostCondition(subject)}
| extend RowKey = iff(isempty(RowKey), strcat(HostId, ' ', tostring(LastVMScannedDateTime), ' ', tostring(TimeGenerated)), RowKey)
| summarize arg_max(TimeGenerated, *) by RowKey;
let open = reports
| extend Detections = iff(gettype(DetectionList.DETECTION) == 'array', DetectionList.DETECTION, pack_array(DetectionList.DETECTION))
| mv-expand Detection = Detections to typeof(dynamic)
| extend QID = tostring(Detection.QID), Port = toint(Detection.PORT), Protocol = tostring(Detection.PROTOCOL),
    Fqdn = tostring(Detection.FQDN), Instance = tostring(Detection.INSTANCE)
| where isnotempty(QID)
| summarize arg_max(TimeGenerated, *) by HostId, QID, Port, Protocol, Fqdn, Instance
| extend Status = tostring(Detection.STATUS), DetectionType = tostring(Detection.TYPE), VendorSeverity = toint(Detection.SEVERITY),
    Qds = toint(coalesce(tostring(Detection.QDS['#text']), tostring(Detection.QDS)))
| where Status in ('New', 'Active', 'Re-Opened') and DetectionType != 'Info'
| where tostring(Detection.IS_IGNORED) != '1' and tostring(Detection.IS_DISABLED) != '1'
| extend Host = coalesce(DnsName, NetBios, IPAddress, HostId), FirstFound = todatetime(Detection.FIRST_FOUND_DATETIME), LastFound = todatetime(Detection.LAST_FOUND_DATETIME);`;
}

/** How many are open, by severity, and what is known of the hosts: one row a severity, or one without any. */
export function openCountsQuery(subject: StoredSubject): string {
  return `${openVulnerabilities(subject)}
let found = reports | summarize Hosts = dcount(HostId), LastReport = max(TimeGenerated) | extend Joined = 1;
let counts = open | summarize Count = count() by VendorSeverity | extend Joined = 1;
found
| join kind=leftouter counts on Joined
| project VendorSeverity, Count, Hosts, LastReport`;
}

/** The worst of them. A QDS ranks them; without one the severity does, as the lowest QDS that Qualys gives to it. */
export function worstOpenQuery(subject: StoredSubject): string {
  return `${openVulnerabilities(subject)}
open
| extend Rank = coalesce(Qds, case(VendorSeverity == 5, 90, VendorSeverity == 4, 70, VendorSeverity == 3, 40, VendorSeverity))
| sort by Rank desc, VendorSeverity desc, LastFound desc, QID asc
| take ${MAX_WORST}
| project QID, VendorSeverity, Qds, DetectionType, Status, Host, Port, Protocol, FirstFound, LastFound`;
}

/** Titles and CVEs of vulnerabilities, from the newest row of each. */
export function titlesQuery(qids: readonly string[]): string {
  return `QualysVmKnowledgeBase_CL
| where QID in (${qids.map(kqlText).join(', ')})
| where PartNumber == 1
| summarize arg_max(TimeGenerated, VulnTitle, CveIds) by QID
| project QID, VulnTitle, CveIds`;
}

function eventCondition({ kind, value }: StoredSubject): string {
  if (kind === 'agentId') return `AgentId =~ ${kqlText(value)}`;
  if (kind === 'user') return userCondition(value);
  return nameCondition(value, ['HostName', 'NetBiosName']);
}

function hostCondition({ kind, value }: StoredSubject): string {
  if (kind === 'agentId') return `QGHostId =~ ${kqlText(value)}`;
  return nameCondition(value, ['DnsName', 'DnsFqdn', 'DnsHostName', 'NetBios']);
}

/** A bare name means the host of any domain; a qualified one means that host, and rows that know its bare name only. */
function nameCondition(name: string, columns: readonly string[]): string {
  const isBare = !name.includes('.');
  const bare = name.split('.')[0] ?? name;
  const [first = ''] = columns;
  const exact = columns.map((column) => `${column} =~ ${kqlText(name)}`);
  if (isBare) return [...exact, ...columns.map((column) => `${column} startswith ${kqlText(`${name}.`)}`)].join(' or ');
  const alone = columns.map((column) => `${column} =~ ${kqlText(bare)}`).join(' or ');
  return `${exact.join(' or ')} or (${first} !contains '.' and (${alone}))`;
}

/** A bare user name means the user of any domain. */
function userCondition(name: string): string {
  const columns = ['UserName', 'TargetProcessUserName', 'LastLoggedOnUser'];
  const isBare = !/[\\@]/.test(name);
  const conditions = columns.flatMap((column) => [
    `${column} =~ ${kqlText(name)}`,
    ...(isBare ? [`${column} endswith ${kqlText(`\\${name}`)}`, `${column} startswith ${kqlText(`${name}@`)}`] : []),
  ]);
  return conditions.join(' or ');
}
