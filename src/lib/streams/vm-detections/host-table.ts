import { KIND, type JsonTape } from '../../json/json-tape.ts';
import { childrenOf, keyOf, memberOf, rawOf } from '../../json/walk-tape.ts';
import type { ListShape } from '../../qualys/vm/lists/record-list-state.ts';
import type { ItemLimits } from '../../records/item-limits.ts';
import type { ItemTable } from '../../records/item-rows.ts';
import {
  column,
  compileTable,
  ofSubscription,
  ownKind,
  toBytes,
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
  const text = firstOf('string', (tape, value) => (isString(tape, value) ? rawOf(tape, value) : undefined), maxBytes);
  const id = firstOf('string', (tape, value) => emptyOr(tape, value, () => rawOf(tape, value)), maxBytes);
  const time = firstOf(
    'dateTime',
    (tape, value) => emptyOr(tape, value, (content) => quoted(toUtcTime(content))),
    maxBytes,
  );
  const int = firstOf('int', (tape, value) => emptyOr(tape, value, toIntText), maxBytes);
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

function version(tape: JsonTape): string | undefined {
  const texts = elementsOf(tape, memberOf(tape, 0, VERSION))
    .filter((value) => isString(tape, value))
    .map((value) => contentOf(tape, value));
  return texts.find((text) => toUtcTime(text) !== undefined) ?? texts.at(-1);
}

/** What a column makes of an element: its JSON text, `''` where there is nothing to tell, undefined where it cannot hold it. */
type ReadElement = (tape: JsonTape, value: number) => string | undefined;

function firstOf(type: TableType, read: ReadElement, maxBytes = Number.POSITIVE_INFINITY): OwnKind {
  return ownKind(type, (tape, [member = -1], held) => {
    for (const value of elementsOf(tape, member)) {
      const json = read(tape, value);
      if (json === undefined || json.length > maxBytes) continue;
      held.add(value);
      if (json !== '') return json;
    }
    return undefined;
  });
}

/** The elements that the XML reader has joined under one name. */
function elementsOf(tape: JsonTape, member: number): number[] {
  if (member < 0) return [];
  return tape.cells[member] === KIND.array ? [...childrenOf(tape, member)] : [member];
}

function isString({ cells }: JsonTape, value: number): boolean {
  return cells[value] === KIND.string || cells[value] === KIND.escapedString;
}

/** What a string says, blanks included. */
function contentOf(tape: JsonTape, value: number): string {
  return JSON.parse(Buffer.from(rawOf(tape, value), 'latin1').toString('utf8')) as string;
}

function emptyOr(tape: JsonTape, value: number, read: (content: string) => string | undefined): string | undefined {
  if (!isString(tape, value)) return undefined;
  const content = contentOf(tape, value);
  return content === '' ? '' : read(content);
}

function quoted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `"${text}"`;
}

/** The items of a list that holds nothing else, as an array even where there is one or none. */
function listOf(item: string): ReadElement {
  return (tape, value) => {
    if (isString(tape, value)) return contentOf(tape, value) === '' ? '[]' : undefined;
    const members = [...childrenOf(tape, value)];
    const [only = -1] = members;
    if (members.length !== 1 || keyOf(tape, only) !== item) return undefined;
    return tape.cells[only] === KIND.array ? rawOf(tape, only) : `[${rawOf(tape, only)}]`;
  };
}

/** Names of the tags that `Tags` holds, in a text; undefined where there are none, or more than a column holds. */
function tagNames(maxBytes: number): OwnKind {
  const read = listOf('TAG');
  return ownKind('string', (tape, [member = -1]) => {
    const lists = elementsOf(tape, member).map((value) => read(tape, value));
    const tags = JSON.parse(Buffer.from(lists.find(Boolean) ?? '[]', 'latin1').toString('utf8')) as {
      NAME?: unknown;
    }[];
    const names = tags.map(({ NAME }) => NAME).filter((name) => typeof name === 'string');
    const json = toBytes(JSON.stringify(JSON.stringify(names)));
    return names.length === 0 || json.length > maxBytes ? undefined : json;
  });
}

function objectOf(tape: JsonTape, value: number): string | undefined {
  if (tape.cells[value] === KIND.object) return rawOf(tape, value);
  return contentOf(tape, value) === '' ? '' : undefined;
}

const DNS_PARTS: ReadonlySet<string> = new Set(['HOSTNAME', 'DOMAIN', 'FQDN']);

/** A part of DNS_DATA, where that holds nothing but these, each once. */
function dnsPart(name: string, maxBytes: number): OwnKind {
  const read: ReadElement = (tape, value) => {
    const members = tape.cells[value] === KIND.object ? [...childrenOf(tape, value)] : [];
    const isFit = members.every(
      (member) =>
        DNS_PARTS.has(keyOf(tape, member)) && isString(tape, member) && rawOf(tape, member).length <= maxBytes,
    );
    if (!isFit || members.length === 0) return undefined;
    const found = members.find((member) => keyOf(tape, member) === name);
    return found === undefined ? '' : rawOf(tape, found);
  };
  return firstOf('string', read);
}
