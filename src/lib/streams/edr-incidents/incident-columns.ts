import type { Settings } from '../../config.ts';
import { column, type RecordTable } from '../../records/record-table.ts';

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
      column('IncidentId', 'string', settings.INCIDENTS_ID_FIELD, 'id', 'incidentId', 'incident.id', 'uuid'),
      column('UpdatedTime', 'dateTime', settings.INCIDENTS_TIME_FIELD, ...spellings('updated')),
      column('DetectedTime', 'dateTime', ...spellings('detected')),
      column('CreatedTime', 'dateTime', ...spellings('created')),
      column('IncidentSource', 'string', 'source', 'incident.source', 'incidentSource', 'eventSource'),
      column('IncidentName', 'string', 'name', 'incidentName', 'title', 'incident.name'),
      column('IncidentDescription', 'string', 'description', 'incident.description'),
      column('IncidentStatus', 'string', 'status', 'incidentStatus', 'incident.status', 'state'),
      column('IncidentSeverity', 'string', 'severity', 'incident.severity', 'criticality'),
      column('Score', 'int', 'score', 'incident.score', 'maxScore', 'riskScore'),
      column('AssignedTo', 'string', 'assignedTo', 'assignee', 'incident.assignedTo'),
      column('EventCount', 'int', 'eventCount', 'eventsCount', 'totalEvents'),
      column('EventIds', 'list', 'eventIds[]', 'events[].id', 'events[].eventId'),
      column('ThreatNames', 'list', 'threatName[]', 'threatNames[]', 'indicator2[].threatName', 'events[].threatName'),
      column('FamilyNames', 'list', 'familyName[]', 'familyNames[]', 'indicator2[].familyName'),
      column('Categories', 'list', 'category[]', 'categories[]', 'indicator2[].category'),
      column('Tactics', 'list', 'tactics[]', 'tactics[].name', 'mitre.tactics[]', 'mitreTactic[]'),
      column('Techniques', 'list', 'techniques[]', 'techniques[].id', 'mitre.techniques[]', 'mitreTechnique[]'),
      column('HostName', 'string', 'asset.hostName', 'hostName', 'assetName'),
      column('NetBiosName', 'string', 'asset.netBiosName'),
      column('AgentId', 'string', 'asset.agentId', 'agentId'),
      column('CustomerId', 'string', 'asset.customerId', 'customerId'),
      column('Platform', 'string', 'asset.platform', 'platform'),
      column('OperatingSystem', 'string', 'asset.fullOSName', 'asset.operatingSystem'),
      column('IPAddresses', 'list', 'asset.interfaces[].ipAddress', 'asset.interfaces[].address'),
      column('AssetTags', 'list', 'asset.tags[].name', 'asset.tags[]'),
      column('LastLoggedOnUser', 'string', 'asset.lastLoggedOnUser'),
    ],
  };
}

function spellings(verb: string): string[] {
  const names = [`${verb}On`, `${verb}on`, `${verb}Date`, `${verb}Time`];
  return [...names, ...names.map((name) => `incident.${name}`)];
}
