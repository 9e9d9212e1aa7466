import { isMembers } from '../../json/parse-json.ts';
import type { ListShape } from '../../qualys/vm/lists/record-list-state.ts';
import { jsonOf } from '../../records/column-values.ts';
import type { ItemLimits } from '../../records/item-limits.ts';
import type { ItemTable } from '../../records/item-table.ts';
import {
  column,
  compileTable,
  ofSubscription,
  ownKind,
  type OwnKind,
  type RecordColumn,
  type TableType,
} from '../../records/record-table.ts';
import { toIntText, toUtcTime } from './host-values.ts';

/** Root of a page. */
export const DETECTION_ROOT = 'HOST_LIST_VM_DETECTION_OUTPUT';

/** Elements of the detection list. */
export function detectionList({ field, item, text }: ItemLimits): ListShape {
  const limits = { maxItemBytes: item, textTo: text, maxElementBytes: field };
  const items = { list: 'DETECTION_LIST', item: 'DETECTION', text: 'RESULTS', ...limits };
  return { root: DETECTION_ROOT, list: 'HOST_LIST', record: 'HOST', id: 'ID', items };
}

/**
 * The typed columns of `QualysHostDetectionV3_CL`; the list stands before `AssetId`. A column takes the first value that it can hold: of an
 * element that comes again `HostRecord` keeps the others. An empty element has no other place.
 */
export function hostTable({ column: maxBytes }: ItemLimits, subscription = ''): ItemTable {
  const text = firstOf('string', (value) => (typeof value === 'string' ? jsonOf(value) : undefined), maxBytes);
  const id = firstOf('string', emptyOr(jsonOf), maxBytes);
  const time = firstOf(
    'dateTime',
    emptyOr((content) => quoted(toUtcTime(content))),
    maxBytes,
  );
  const int = firstOf('int', emptyOr(toIntText), maxBytes);
  const columns: readonly RecordColumn[] = [
    column('HostId', id, 'Qualys host id.', 'ID'),
    column('IPAddress', text, 'IPv4 address of the host.', 'IP'),
    column(
      'TrackingMethod',
      text,
      'How Qualys tracks the host: IP, DNS, NETBIOS, EC2, AGENT and so on.',
      'TRACKING_METHOD',
    ),
    column('OperatingSystem', text, 'Operating system as detected.', 'OS'),
    column('DnsName', text, 'DNS name of the host.', 'DNS'),
    column('NetBios', text, 'NetBIOS name of the host.', 'NETBIOS'),
    column(
      'QGHostId',
      text,
      'Qualys host id as stored on the host by the agent or an authenticated scan.',
      'QG_HOSTID',
    ),
    column('LastScanDateTime', time, 'Last scan of any kind (UTC).', 'LAST_SCAN_DATETIME'),
    column('LastVMScannedDateTime', time, 'Last vulnerability scan (UTC).', VERSION),
    column(
      'LastVMAuthScannedDateTime',
      time,
      'Last authenticated vulnerability scan (UTC).',
      'LAST_VM_AUTH_SCANNED_DATE',
    ),
    column('AssetId', text, 'Qualys asset id (VM_PARAMS with show_asset_id=1).', 'ASSET_ID'),
    column('IPv6', text, 'IPv6 address of the host.', 'IPV6'),
    column('NetworkId', text, 'Id of the Qualys network the host belongs to.', 'NETWORK_ID'),
    column('OsCpe', text, 'CPE of the operating system.', 'OS_CPE'),
    column('DnsHostName', dnsPart('HOSTNAME', maxBytes), 'Host part of the DNS name (DNS_DATA/HOSTNAME).', 'DNS_DATA'),
    column('DnsDomain', dnsPart('DOMAIN', maxBytes), 'Domain part of the DNS name (DNS_DATA/DOMAIN).', 'DNS_DATA'),
    column('DnsFqdn', dnsPart('FQDN', maxBytes), 'Fully qualified DNS name (DNS_DATA/FQDN).', 'DNS_DATA'),
    column('CloudProvider', text, 'Cloud provider, e.g. AWS.', 'CLOUD_PROVIDER'),
    column('CloudService', text, 'Cloud service, e.g. EC2.', 'CLOUD_SERVICE'),
    column('CloudResourceId', text, 'Id of the resource at the cloud provider.', 'CLOUD_RESOURCE_ID'),
    column('EC2InstanceId', text, 'EC2 instance id.', 'EC2_INSTANCE_ID'),
    column(
      'LastVMScannedDuration',
      int,
      'Duration of the last vulnerability scan, in seconds.',
      'LAST_VM_SCANNED_DURATION',
    ),
    column(
      'LastVMAuthScannedDuration',
      int,
      'Duration of the last authenticated scan, in seconds.',
      'LAST_VM_AUTH_SCANNED_DURATION',
    ),
    column('LastPCScannedDateTime', time, 'Last policy compliance scan (UTC).', 'LAST_PC_SCANNED_DATE'),
    column(
      'HostTags',
      tagNames(maxBytes),
      "Names of the asset tags, as a JSON list in a text, in every row: where Microsoft's parser looks for them (VM_SHOW_TAGS=1).",
      'TAGS',
    ),
    column(
      'Tags',
      firstOf('dynamic', listOf('TAG')),
      'Asset tags: [{"TAG_ID","NAME"}] (VM_SHOW_TAGS=1). First row of a host only.',
      'TAGS',
    ),
    column(
      'Metadata',
      firstOf('dynamic', objectOf),
      "Cloud metadata by provider, in the vendor's element names. First row of a host only.",
      'METADATA',
    ),
    column(
      'CloudProviderTags',
      firstOf('dynamic', listOf('CLOUD_TAG')),
      'Tags set at the cloud provider: [{"NAME","VALUE"}]. First row of a host only.',
      'CLOUD_PROVIDER_TAGS',
    ),
  ];
  return {
    table: compileTable(ofSubscription({ columns, record: 'rest' }, subscription)),
    list: 'DetectionList',
    listBefore: columns.findIndex(({ name }) => name === 'AssetId'),
    onceFrom: columns.findIndex(({ name }) => name === 'Tags'),
    item: 'DETECTION',
    count: 'DetectionCount',
    rest: 'HostRecord',
    text: { member: 'RESULTS', text: '#cdata-section', id: 'UNIQUE_VULN_ID' },
    version,
    noId: 'the host has no ID',
  };
}

/** The scan that a host's rows tell of. */
const VERSION = 'LAST_VM_SCANNED_DATE';

function version(host: unknown): string | undefined {
  const texts = elementsOf(isMembers(host) ? host[VERSION] : undefined).filter((value) => typeof value === 'string');
  return texts.find((text) => toUtcTime(text) !== undefined) ?? texts.at(-1);
}

/** What a column makes of an element: its JSON text, `''` where there is nothing to tell, undefined where it cannot hold it. */
type ReadElement = (value: unknown) => string | undefined;

function firstOf(type: TableType, read: ReadElement, maxBytes = Number.POSITIVE_INFINITY): OwnKind {
  return ownKind(type, ([found], held) => {
    if (found === undefined) return undefined;
    const { value: holder } = found;
    const elements = Array.isArray(holder) ? holder.map((value: unknown, key) => ({ value, holder, key })) : [found];
    for (const element of elements) {
      const json = read(element.value);
      if (json === undefined || json.length > maxBytes) continue;
      held.push(element);
      if (json !== '') return json;
    }
    return undefined;
  });
}

/** The elements that the XML reader has joined under one name. */
function elementsOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function emptyOr(read: (content: string) => string | undefined): ReadElement {
  return (value) => (typeof value === 'string' && value !== '' ? read(value) : emptyText(value));
}

function emptyText(value: unknown): string | undefined {
  return value === '' ? '' : undefined;
}

function quoted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `"${text}"`;
}

/** The items of a list that holds nothing else, as an array even where there is one or none. */
function itemsOf(value: unknown, item: string): readonly unknown[] | undefined {
  if (value === '') return [];
  if (!isMembers(value) || Object.keys(value).length !== 1 || !Object.hasOwn(value, item)) return undefined;
  return elementsOf(value[item]);
}

function listOf(item: string): ReadElement {
  return (value) => {
    const items = itemsOf(value, item);
    return items === undefined ? undefined : jsonOf(items);
  };
}

/** Names of the tags that `Tags` holds, in a text; undefined where there are none, or more than a column holds. */
function tagNames(maxBytes: number): OwnKind {
  return ownKind('string', ([found]) => {
    const lists = elementsOf(found?.value).map((value) => itemsOf(value, 'TAG'));
    const tags = lists.find((list) => list !== undefined) ?? [];
    const names = tags.map((tag) => (isMembers(tag) ? tag.NAME : undefined)).filter((name) => typeof name === 'string');
    const json = jsonOf(JSON.stringify(names));
    return names.length === 0 || json.length > maxBytes ? undefined : json;
  });
}

function objectOf(value: unknown): string | undefined {
  return isMembers(value) ? jsonOf(value) : emptyText(value);
}

const DNS_PARTS: ReadonlySet<string> = new Set(['HOSTNAME', 'DOMAIN', 'FQDN']);

/** A part of DNS_DATA, where that holds nothing but these, each once. */
function dnsPart(name: string, maxBytes: number): OwnKind {
  const read: ReadElement = (value) => {
    const parts = isMembers(value) ? Object.entries(value) : [];
    const isFit = parts.every(
      ([part, text]) => DNS_PARTS.has(part) && typeof text === 'string' && jsonOf(text).length <= maxBytes,
    );
    if (!isFit || parts.length === 0) return undefined;
    const found = parts.find(([part]) => part === name);
    return found === undefined ? '' : jsonOf(found[1]);
  };
  return firstOf('string', read);
}
