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
      column('HostId', 'string', 'ID'),
      column('AssetId', 'string', 'ASSET_ID'),
      column('IPAddress', 'string', 'IP'),
      column('IPv6', 'string', 'IPV6'),
      column('TrackingMethod', 'string', 'TRACKING_METHOD'),
      column('NetworkId', 'string', 'NETWORK_ID'),
      column('OperatingSystem', 'string', 'OS'),
      column('OsCpe', 'string', 'OS_CPE'),
      column('DnsName', 'string', 'DNS'),
      column('DnsHostName', 'string', 'DNS_DATA.HOSTNAME'),
      column('DnsDomain', 'string', 'DNS_DATA.DOMAIN'),
      column('DnsFqdn', 'string', 'DNS_DATA.FQDN'),
      column('NetBios', 'string', 'NETBIOS'),
      column('QGHostId', 'string', 'QG_HOSTID'),
      column('SerialNumber', 'string', 'SERIAL_NUMBER'),
      column('HardwareUuid', 'string', 'HARDWARE_UUID'),
      column('CloudProvider', 'string', 'CLOUD_PROVIDER'),
      column('CloudService', 'string', 'CLOUD_SERVICE'),
      column('CloudResourceId', 'string', 'CLOUD_RESOURCE_ID'),
      column('EC2InstanceId', 'string', 'EC2_INSTANCE_ID'),
      column('AgentStatus', 'string', 'AGENT_STATUS'),
      column('CloudAgentRunningOn', 'string', 'CLOUD_AGENT_RUNNING_ON'),
      column('FirstFoundDateTime', 'dateTime', 'FIRST_FOUND_DATE'),
      column('LastActivityDateTime', 'dateTime', 'LAST_ACTIVITY'),
      column('LastBootDateTime', 'dateTime', 'LAST_BOOT'),
      column('LastScanDateTime', 'dateTime', 'LAST_VULN_SCAN_DATETIME', 'LAST_SCAN_DATETIME'),
      column('LastVMScannedDateTime', 'dateTime', 'LAST_VM_SCANNED_DATE'),
      column('LastVMScannedDuration', 'int', 'LAST_VM_SCANNED_DURATION'),
      column('LastVMAuthScannedDateTime', 'dateTime', 'LAST_VM_AUTH_SCANNED_DATE'),
      column('LastVMAuthScannedDuration', 'int', 'LAST_VM_AUTH_SCANNED_DURATION'),
      column('LastComplianceScanDateTime', 'dateTime', 'LAST_COMPLIANCE_SCAN_DATETIME', 'LAST_PC_SCANNED_DATE'),
      column('TruRiskScore', 'int', 'TRURISK_SCORE', 'ASSET_RISK_SCORE'),
      column('AssetCriticalityScore', 'int', 'ASSET_CRITICALITY_SCORE'),
      column('TruRiskFactors', 'dynamic', 'TRURISK_SCORE_FACTORS', 'ARS_FACTORS'),
      column('Tags', 'dynamic', 'TAGS.TAG[]'),
      column('TagNames', 'list', 'TAGS.TAG[].NAME'),
      column('AssetGroupIds', 'string', 'ASSET_GROUP_IDS'),
      column('AssetOwner', 'string', 'OWNER'),
      column('Comments', 'string', 'COMMENTS'),
      column('UserDefined', 'dynamic', 'USER_DEF'),
    ],
  };
}
