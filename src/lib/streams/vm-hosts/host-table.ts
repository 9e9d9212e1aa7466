import type { ListShape } from '../../qualys/vm/lists/record-list-state.ts';
import { column, type RecordTable } from '../../records/record-table.ts';

/** The snapshot that rows belong to. */
export interface Snapshot {
  /** The instant it is due, ISO 8601. */
  readonly id: string;
  /** When its reading began, ISO 8601. */
  readonly time: string;
}

/** Elements of the host list. */
export const HOST_LIST: ListShape = { root: 'HOST_LIST_OUTPUT', list: 'HOST_LIST', record: 'HOST', id: 'ID' };

/** The typed columns of `QualysVmHosts_CL`. What has none is in `Record`, in the vendor's element names. */
export function hostTable({ id, time }: Snapshot): RecordTable {
  return {
    common: { SnapshotId: id, SnapshotTime: time, RecordType: 'Host' },
    scope: id,
    idColumn: 'HostId',
    record: 'rest',
    columns: [
      column(
        'HostId',
        'string',
        'Qualys host id, as in QualysHostDetectionV3_CL; in every row of a host that takes several.',
        'ID',
      ),
      column('AssetId', 'string', 'Qualys asset id.', 'ASSET_ID'),
      column('IPAddress', 'string', 'IPv4 address.', 'IP'),
      column('IPv6', 'string', 'IPv6 address.', 'IPV6'),
      column(
        'TrackingMethod',
        'string',
        'How Qualys tracks the host: IP, DNS, NETBIOS, EC2, AGENT and so on.',
        'TRACKING_METHOD',
      ),
      column('NetworkId', 'string', 'Id of the Qualys network the host belongs to.', 'NETWORK_ID'),
      column('OperatingSystem', 'string', 'Operating system as detected.', 'OS'),
      column('OsCpe', 'string', 'CPE of the operating system.', 'OS_CPE'),
      column('DnsName', 'string', 'DNS name.', 'DNS'),
      column('DnsHostName', 'string', 'Host part of the DNS name.', 'DNS_DATA.HOSTNAME'),
      column('DnsDomain', 'string', 'Domain part of the DNS name.', 'DNS_DATA.DOMAIN'),
      column('DnsFqdn', 'string', 'Fully qualified DNS name.', 'DNS_DATA.FQDN'),
      column('NetBios', 'string', 'NetBIOS name.', 'NETBIOS'),
      column(
        'QGHostId',
        'string',
        'Qualys host id as stored on the host by the agent or an authenticated scan.',
        'QG_HOSTID',
      ),
      column('SerialNumber', 'string', 'Serial number of the hardware.', 'SERIAL_NUMBER'),
      column('HardwareUuid', 'string', 'UUID of the hardware.', 'HARDWARE_UUID'),
      column('CloudProvider', 'string', 'Cloud provider, e.g. AWS.', 'CLOUD_PROVIDER'),
      column('CloudService', 'string', 'Cloud service, e.g. EC2.', 'CLOUD_SERVICE'),
      column('CloudResourceId', 'string', 'Id of the resource at the cloud provider.', 'CLOUD_RESOURCE_ID'),
      column('EC2InstanceId', 'string', 'EC2 instance id.', 'EC2_INSTANCE_ID'),
      column('AgentStatus', 'string', 'State of the Cloud Agent.', 'AGENT_STATUS'),
      column('CloudAgentRunningOn', 'string', 'Where the Cloud Agent runs.', 'CLOUD_AGENT_RUNNING_ON'),
      column('FirstFoundDateTime', 'dateTime', 'When Qualys first found the host (UTC).', 'FIRST_FOUND_DATE'),
      column('LastActivityDateTime', 'dateTime', 'Last activity of the host (UTC).', 'LAST_ACTIVITY'),
      column('LastBootDateTime', 'dateTime', 'Last boot (UTC).', 'LAST_BOOT'),
      column(
        'LastScanDateTime',
        'dateTime',
        'Last vulnerability scan of any kind (UTC).',
        'LAST_VULN_SCAN_DATETIME',
        'LAST_SCAN_DATETIME',
      ),
      column('LastVMScannedDateTime', 'dateTime', 'Last vulnerability scan (UTC).', 'LAST_VM_SCANNED_DATE'),
      column('LastVMScannedDuration', 'int', 'Its duration, in seconds.', 'LAST_VM_SCANNED_DURATION'),
      column(
        'LastVMAuthScannedDateTime',
        'dateTime',
        'Last authenticated vulnerability scan (UTC).',
        'LAST_VM_AUTH_SCANNED_DATE',
      ),
      column('LastVMAuthScannedDuration', 'int', 'Its duration, in seconds.', 'LAST_VM_AUTH_SCANNED_DURATION'),
      column(
        'LastComplianceScanDateTime',
        'dateTime',
        'Last policy compliance scan (UTC).',
        'LAST_COMPLIANCE_SCAN_DATETIME',
        'LAST_PC_SCANNED_DATE',
      ),
      column(
        'TruRiskScore',
        'int',
        'TruRisk score, 0 to 1000 (`show_trurisk=1` in HOSTS_PARAMS).',
        'TRURISK_SCORE',
        'ASSET_RISK_SCORE',
      ),
      column('AssetCriticalityScore', 'int', 'Asset criticality score, 1 to 5.', 'ASSET_CRITICALITY_SCORE'),
      column(
        'TruRiskFactors',
        'dynamic',
        "What the TruRisk score is made of (`show_trurisk_factors=1` in HOSTS_PARAMS), in the vendor's element names.",
        'TRURISK_SCORE_FACTORS',
        'ARS_FACTORS',
      ),
      column('Tags', 'dynamic', 'Asset tags: [{"TAG_ID","NAME"}] (`show_tags=1` in HOSTS_PARAMS).', 'TAGS.TAG[]'),
      column('TagNames', 'list', 'Names of the tags.', 'TAGS.TAG[].NAME'),
      column(
        'AssetGroupIds',
        'string',
        'Ids of its asset groups, comma-separated (`details=All/AGs` in HOSTS_PARAMS).',
        'ASSET_GROUP_IDS',
      ),
      column('AssetOwner', 'string', 'Owner of the host.', 'OWNER'),
      column('Comments', 'string', 'Comments on the host.', 'COMMENTS'),
      column('UserDefined', 'dynamic', "User-defined fields, in the vendor's element names.", 'USER_DEF'),
    ],
  };
}
