/** How a host element becomes a column: `name` in the table, and what its text must be. */
export interface HostColumn {
  readonly element: string;
  readonly name: string;
  readonly type: 'string' | 'dateTime' | 'int';
}

/** Columns of host elements that stand before `DetectionList` in the table, in its order: Microsoft's own. */
const LEADING: readonly HostColumn[] = [
  { element: 'ID', name: 'HostId', type: 'string' },
  { element: 'IP', name: 'IPAddress', type: 'string' },
  { element: 'TRACKING_METHOD', name: 'TrackingMethod', type: 'string' },
  { element: 'OS', name: 'OperatingSystem', type: 'string' },
  { element: 'DNS', name: 'DnsName', type: 'string' },
  { element: 'NETBIOS', name: 'NetBios', type: 'string' },
  { element: 'QG_HOSTID', name: 'QGHostId', type: 'string' },
  { element: 'LAST_SCAN_DATETIME', name: 'LastScanDateTime', type: 'dateTime' },
  { element: 'LAST_VM_SCANNED_DATE', name: 'LastVMScannedDateTime', type: 'dateTime' },
  { element: 'LAST_VM_AUTH_SCANNED_DATE', name: 'LastVMAuthScannedDateTime', type: 'dateTime' },
];

/** Columns of host elements that stand after it. */
const TRAILING: readonly HostColumn[] = [
  { element: 'ASSET_ID', name: 'AssetId', type: 'string' },
  { element: 'IPV6', name: 'IPv6', type: 'string' },
  { element: 'NETWORK_ID', name: 'NetworkId', type: 'string' },
  { element: 'OS_CPE', name: 'OsCpe', type: 'string' },
  { element: 'DNS_DATA/HOSTNAME', name: 'DnsHostName', type: 'string' },
  { element: 'DNS_DATA/DOMAIN', name: 'DnsDomain', type: 'string' },
  { element: 'DNS_DATA/FQDN', name: 'DnsFqdn', type: 'string' },
  { element: 'CLOUD_PROVIDER', name: 'CloudProvider', type: 'string' },
  { element: 'CLOUD_SERVICE', name: 'CloudService', type: 'string' },
  { element: 'CLOUD_RESOURCE_ID', name: 'CloudResourceId', type: 'string' },
  { element: 'EC2_INSTANCE_ID', name: 'EC2InstanceId', type: 'string' },
  { element: 'LAST_VM_SCANNED_DURATION', name: 'LastVMScannedDuration', type: 'int' },
  { element: 'LAST_VM_AUTH_SCANNED_DURATION', name: 'LastVMAuthScannedDuration', type: 'int' },
  { element: 'LAST_PC_SCANNED_DATE', name: 'LastPCScannedDateTime', type: 'dateTime' },
];

/** All columns that hold one host element each. */
export const HOST_COLUMNS: readonly HostColumn[] = [...LEADING, ...TRAILING];
/** How many of {@link HOST_COLUMNS} come before `DetectionList`. */
export const LEADING_COLUMNS = LEADING.length;

/** Index in {@link HOST_COLUMNS} by element. */
export const COLUMN_OF: ReadonlyMap<string, number> = new Map(
  HOST_COLUMNS.map(({ element }, index) => [element, index]),
);

/** Dynamic columns of a host, on its first row only, in the order of the table. */
export const EXTRA_COLUMNS = ['Tags', 'Metadata', 'CloudProviderTags', 'HostRecord'] as const;
export type ExtraColumn = (typeof EXTRA_COLUMNS)[number];

/** Elements that become a dynamic column; with `item`, its content is the array of those children. */
export const EXTRA_OF: ReadonlyMap<string, { readonly column: ExtraColumn; readonly item?: string }> = new Map([
  ['TAGS', { column: 'Tags', item: 'TAG' }],
  ['METADATA', { column: 'Metadata' }],
  ['CLOUD_PROVIDER_TAGS', { column: 'CloudProviderTags', item: 'CLOUD_TAG' }],
]);
