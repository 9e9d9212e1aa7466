import type { Settings } from '../../config.ts';
import { column, columnsIn, type RecordTable } from '../../records/record-table.ts';

const asset = columnsIn('asset');

/**
 * The typed columns of `QualysEdrIncidents_CL`. Of an incident's fields Qualys documents none: the names are those of its tokens
 * (`incident.updatedon`, `incident.detectedon`, `incident.source`) and of events, in plausible spellings; all else is in `Record`.
 */
export function incidentTable(
  settings: Pick<Settings, 'EDR_TIME_ZONE' | 'INCIDENTS_ID_FIELD' | 'INCIDENTS_TIME_FIELD'>,
): RecordTable {
  return {
    timeColumns: ['UpdatedTime'],
    zoneMinutes: settings.EDR_TIME_ZONE,
    idColumn: 'IncidentId',
    record: 'whole',
    columns: [
      column(
        'IncidentId',
        'string',
        'Qualys id of the incident (field `INCIDENTS_ID_FIELD`).',
        settings.INCIDENTS_ID_FIELD,
        'id',
        'incidentId',
        'incident.id',
        'uuid',
      ),
      column(
        'UpdatedTime',
        'dateTime',
        'When the incident was last updated (UTC); windows use this time (field `INCIDENTS_TIME_FIELD`).',
        settings.INCIDENTS_TIME_FIELD,
        ...spellings('updated'),
      ),
      column('DetectedTime', 'dateTime', 'When the incident was detected (UTC).', ...spellings('detected')),
      column('CreatedTime', 'dateTime', 'When the incident was created (UTC).', ...spellings('created')),
      column(
        'IncidentSource',
        'string',
        'Which engine raised it, e.g. EDR.',
        'source',
        'incident.source',
        'incidentSource',
        'eventSource',
      ),
      column('IncidentName', 'string', 'Name of the incident.', 'name', 'incidentName', 'title', 'incident.name'),
      column('IncidentDescription', 'string', 'Description of the incident.', 'description', 'incident.description'),
      column(
        'IncidentStatus',
        'string',
        'State of its investigation.',
        'status',
        'incidentStatus',
        'incident.status',
        'state',
      ),
      column(
        'IncidentSeverity',
        'string',
        'Severity, in the words of Qualys.',
        'severity',
        'incident.severity',
        'criticality',
      ),
      column(
        'Score',
        'int',
        'Score of the incident; null when Qualys gave none.',
        'score',
        'incident.score',
        'maxScore',
        'riskScore',
      ),
      column('AssignedTo', 'string', 'Who works on it.', 'assignedTo', 'assignee', 'incident.assignedTo'),
      column('EventCount', 'int', 'Number of its events.', 'eventCount', 'eventsCount', 'totalEvents'),
      column(
        'EventIds',
        'list',
        'Ids of its events, as `EventId` of QualysEdrEvents_CL has them.',
        'eventIds[]',
        'events[].id',
        'events[].eventId',
      ),
      column(
        'ThreatNames',
        'list',
        'Distinct threat names.',
        'threatName[]',
        'threatNames[]',
        'indicator2[].threatName',
        'events[].threatName',
      ),
      column(
        'FamilyNames',
        'list',
        'Distinct malware family names.',
        'familyName[]',
        'familyNames[]',
        'indicator2[].familyName',
      ),
      column(
        'Categories',
        'list',
        'Distinct malware categories.',
        'category[]',
        'categories[]',
        'indicator2[].category',
      ),
      column(
        'Tactics',
        'list',
        'Distinct MITRE ATT&CK tactics.',
        'tactics[]',
        'tactics[].name',
        'mitre.tactics[]',
        'mitreTactic[]',
      ),
      column(
        'Techniques',
        'list',
        'Distinct MITRE ATT&CK techniques.',
        'techniques[]',
        'techniques[].id',
        'mitre.techniques[]',
        'mitreTechnique[]',
      ),
      column(
        'HostName',
        'string',
        'Host name of the asset, bare or fully qualified.',
        'asset.hostName',
        'hostName',
        'assetName',
      ),
      asset('NetBiosName', 'string', 'NetBIOS name of the asset.', 'netBiosName'),
      column('AgentId', 'string', 'Id of the Qualys Cloud Agent.', 'asset.agentId', 'agentId'),
      column('CustomerId', 'string', 'Qualys customer id.', 'asset.customerId', 'customerId'),
      column('Platform', 'string', 'WINDOWS, LINUX and so on.', 'asset.platform', 'platform'),
      asset('OperatingSystem', 'string', 'Full name of the operating system.', 'fullOSName', 'operatingSystem'),
      asset(
        'IPAddresses',
        'list',
        "IP addresses of the asset's interfaces.",
        'interfaces[].ipAddress',
        'interfaces[].address',
      ),
      asset('AssetTags', 'list', "Names of the asset's tags.", 'tags[].name', 'tags[]'),
      asset('LastLoggedOnUser', 'string', 'User last logged on to the asset.', 'lastLoggedOnUser'),
    ],
  };
}

function spellings(verb: string): string[] {
  const names = [`${verb}On`, `${verb}on`, `${verb}Date`, `${verb}Time`];
  return [...names, ...names.map((name) => `incident.${name}`)];
}
