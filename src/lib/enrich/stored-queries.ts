import { isOwnRow } from '../subscription-name.ts';
import { EVENT_ROW_COLUMNS } from './event-row.ts';
import { MAX_EVENTS, MAX_NAMES, MAX_WORST } from './limits.ts';
import { kqlText, kqlTime } from './kql-text.ts';
import { columnsOf, nameCondition, rowCondition } from './row-condition.ts';
import type { Bounds } from './ports.ts';
import type { NamedSubject } from './subject.ts';

/**
 * The matching events that Qualys processed within the bounds, each once, with one row for a record that is spread over several. `FoundBy` says whether Qualys' own search finds
 * them, too. An event without an id is known by its key, as in alerts.
 */
function matchingEvents(subject: NamedSubject, { from, to }: Bounds, subscription: string): string {
  const { live, further } = columnsOf(subject);
  return `QualysEdrEvents_CL
| where ${isOwnRow(subscription)}
| where isnull(PartNumber) or PartNumber == 1
| where coalesce(ProcessedTime, TimeGenerated) between (${kqlTime(from)} .. ${kqlTime(to)})
| where ${rowCondition(subject, [...live, ...further])}
| summarize arg_max(TimeGenerated, *) by RowKey
| extend EventId = coalesce(EventId, RowKey), FoundBy = iff(${rowCondition(subject, live)}, 'qualys', 'log-analytics')`;
}

/** The newest matching events. */
export function newestEventsQuery(subject: NamedSubject, bounds: Bounds, subscription = ''): string {
  return `${matchingEvents(subject, bounds, subscription)}
| sort by coalesce(ProcessedTime, TimeGenerated) desc
| take ${MAX_EVENTS}
| project ${EVENT_ROW_COLUMNS.join(', ')}, FoundBy`;
}

/** What all matching events have in common, by type and action; and in a row of its own how far the table goes. */
export function eventGroupsQuery(subject: NamedSubject, bounds: Bounds, subscription = ''): string {
  const most = MAX_NAMES + 1;
  return `${matchingEvents(subject, bounds, subscription)}
| extend SeenAt = coalesce(EventTime, ProcessedTime), SeenOn = coalesce(HostName, NetBiosName), SeenWith = coalesce(UserName, TargetProcessUserName)
| summarize Events = count(), HighestScore = max(Score), FirstSeen = min(SeenAt), LastSeen = max(SeenAt),
    Verdicts = make_set(Verdicts, ${most}), Families = make_set(FamilyNames, ${most}), Threats = make_set(ThreatNames, ${most}),
    Hosts = make_set(SeenOn, ${most}), Users = make_set(SeenWith, ${most}) by EventType, EventAction, FoundBy
| union (QualysEdrEvents_CL | where ${isOwnRow(subscription)} | summarize Until = max(ProcessedTime))`;
}

/** Which detections are read. */
export interface DetectionChoice {
  /** Condition on rows of the table: which hosts are looked at. */
  readonly hosts: string;
  /** Whether the host's newest row must meet it too, as where the host is looked for by a name that it may have had. */
  readonly isOfHost?: boolean;
  /** Condition on the QID. */
  readonly detections?: string;
}

/**
 * `reports`, the rows of the hosts, and `detections`, the newest state of each, without information gathered: what the newest whole report of its
 * host has, and what later ones say of changes. The columns are those of the function QualysHostDetections.
 */
export function latestDetections(
  { hosts, isOfHost = false, detections = 'isnotempty(QID)' }: DetectionChoice,
  subscription: string,
): string {
  return `let rows = QualysHostDetectionV3_CL
| where ${isOwnRow(subscription)}
| extend ReportType = column_ifexists('ReportType', ''), ReportTime = column_ifexists('ReportTime', datetime(null))
| extend HostTime = coalesce(ReportTime, LastVMScannedDateTime, TimeGenerated);
let named = rows
| where ${hosts}
| distinct HostId;
let known = rows
| where HostId in (named)
| summarize arg_max(HostTime, DnsName, DnsFqdn, DnsHostName, NetBios, IPAddress, QGHostId, LastVMScannedDateTime) by HostId
| where ${isOfHost ? hosts : 'true'};
let ids = known | project HostId;
let reports = rows | where HostId in (ids);
let wholes = reports
| where ReportType == 'Whole'
| summarize Parts = make_set(PartNumber), Count = max(PartCount) by HostId, ReportTime
| where array_length(Parts) == Count
| summarize WholeTime = max(ReportTime) by HostId;
let detections = reports
| extend Detections = iff(gettype(DetectionList.DETECTION) == 'array', DetectionList.DETECTION, pack_array(DetectionList.DETECTION))
| mv-expand Detection = Detections to typeof(dynamic)
| extend QID = tostring(Detection.QID), Port = toint(Detection.PORT), Protocol = tostring(Detection.PROTOCOL),
    Fqdn = tostring(Detection.FQDN), Instance = tostring(Detection.INSTANCE), UniqueVulnId = tostring(Detection.UNIQUE_VULN_ID)
| where ${detections}
| extend DetectionKey = iff(isempty(UniqueVulnId), strcat(Port, ' ', Protocol, ' ', Fqdn, ' ', Instance), UniqueVulnId),
    StateTime = coalesce(ReportTime, max_of(todatetime(Detection.LAST_PROCESSED_DATETIME), todatetime(Detection.LAST_UPDATE_DATETIME), LastVMScannedDateTime), TimeGenerated)
| summarize arg_max(TimeGenerated, Port, Protocol, Detection) by HostId, QID, DetectionKey, StateTime
| summarize arg_max(StateTime, Port, Protocol, Detection) by HostId, QID, DetectionKey
| join kind=leftouter wholes on HostId
| where isnull(WholeTime) or StateTime >= WholeTime
| extend Status = tostring(Detection.STATUS), DetectionType = tostring(Detection.TYPE), VendorSeverity = toint(Detection.SEVERITY),
    Qds = toint(coalesce(tostring(Detection.QDS['#text']), tostring(Detection.QDS))),
    FirstFound = todatetime(Detection.FIRST_FOUND_DATETIME), LastFound = todatetime(Detection.LAST_FOUND_DATETIME),
    LastFixed = todatetime(Detection.LAST_FIXED_DATETIME)
| extend IsOpen = Status in ('New', 'Active', 'Re-Opened')
    and tostring(Detection.IS_IGNORED) != '1' and tostring(Detection.IS_DISABLED) != '1'
| where DetectionType != 'Info' and Status != 'Gone'
| project-away HostId1
| join kind=inner known on HostId;`;
}

/** A QDS ranks what is found; without one the severity does, as the lowest QDS that Qualys gives to it. */
export const RANK =
  'coalesce(Qds, case(VendorSeverity == 5, 90, VendorSeverity == 4, 70, VendorSeverity == 3, 40, VendorSeverity))';

/** The newest state of each open vulnerability. */
function openVulnerabilities(subject: NamedSubject, subscription: string): string {
  return `${latestDetections({ hosts: hostCondition(subject), isOfHost: true }, subscription)}
let open = detections
| where IsOpen
| extend Host = coalesce(DnsName, NetBios, IPAddress, HostId);`;
}

/** How many are open, by severity, and what is known of the hosts: one row a severity, or one without any. */
export function openCountsQuery(subject: NamedSubject, subscription = ''): string {
  return `${openVulnerabilities(subject, subscription)}
let found = reports | summarize Hosts = dcount(HostId), LastReport = max(TimeGenerated) | extend Joined = 1;
let counts = open | summarize Count = count() by VendorSeverity | extend Joined = 1;
found
| join kind=leftouter counts on Joined
| project VendorSeverity, Count, Hosts, LastReport`;
}

/** The worst of them. */
export function worstOpenQuery(subject: NamedSubject, subscription = ''): string {
  return `${openVulnerabilities(subject, subscription)}
open
| extend Rank = ${RANK}
| sort by Rank desc, VendorSeverity desc, LastFound desc, QID asc
| take ${MAX_WORST}
| project QID, VendorSeverity, Qds, DetectionType, Status, Host, Port, Protocol, FirstFound, LastFound`;
}

/** Titles and CVEs of vulnerabilities, from the newest row of each. */
export function titlesQuery(qids: readonly string[], subscription = ''): string {
  return `QualysVmKnowledgeBase_CL
| where ${isOwnRow(subscription)}
| where QID in (${qids.map(kqlText).join(', ')})
| where PartNumber == 1
| summarize arg_max(TimeGenerated, VulnTitle, CveIds) by QID
| project QID, VulnTitle, CveIds`;
}

/** Columns of `QualysHostDetectionV3_CL` in which a host or agent is looked up. */
export function hostColumns({ kind }: NamedSubject): readonly string[] {
  return kind === 'agentId' ? ['QGHostId'] : ['DnsName', 'DnsFqdn', 'DnsHostName', 'NetBios'];
}

function hostCondition(subject: NamedSubject): string {
  if (subject.kind === 'agentId') return `QGHostId =~ ${kqlText(subject.value)}`;
  return nameCondition(subject.value, hostColumns(subject));
}
