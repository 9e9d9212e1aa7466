import { KIND, type JsonTape } from '../../json/json-tape.ts';
import { childrenOf, keyOf, memberOf, rawOf } from '../../json/walk-tape.ts';
import type { ListShape } from '../../qualys/vm/lists/record-list-state.ts';
import type { ItemLimits } from '../../records/item-limits.ts';
import type { ItemTable } from '../../records/item-rows.ts';
import { column, compileTable, type ReadColumn, type RecordColumn } from '../../records/record-table.ts';
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
export function hostTable({ column: maxBytes }: ItemLimits): ItemTable {
  const text = firstOf((tape, value) => (isString(tape, value) ? rawOf(tape, value) : undefined), maxBytes);
  const id = firstOf((tape, value) => emptyOr(tape, value, () => rawOf(tape, value)), maxBytes);
  const time = firstOf((tape, value) => emptyOr(tape, value, (content) => quoted(toUtcTime(content))), maxBytes);
  const int = firstOf((tape, value) => emptyOr(tape, value, toIntText), maxBytes);
  const columns: readonly RecordColumn[] = [
    column('HostId', id, 'ID'),
    column('IPAddress', text, 'IP'),
    column('TrackingMethod', text, 'TRACKING_METHOD'),
    column('OperatingSystem', text, 'OS'),
    column('DnsName', text, 'DNS'),
    column('NetBios', text, 'NETBIOS'),
    column('QGHostId', text, 'QG_HOSTID'),
    column('LastScanDateTime', time, 'LAST_SCAN_DATETIME'),
    column('LastVMScannedDateTime', time, VERSION),
    column('LastVMAuthScannedDateTime', time, 'LAST_VM_AUTH_SCANNED_DATE'),
    column('AssetId', text, 'ASSET_ID'),
    column('IPv6', text, 'IPV6'),
    column('NetworkId', text, 'NETWORK_ID'),
    column('OsCpe', text, 'OS_CPE'),
    column('DnsHostName', dnsPart('HOSTNAME', maxBytes), 'DNS_DATA'),
    column('DnsDomain', dnsPart('DOMAIN', maxBytes), 'DNS_DATA'),
    column('DnsFqdn', dnsPart('FQDN', maxBytes), 'DNS_DATA'),
    column('CloudProvider', text, 'CLOUD_PROVIDER'),
    column('CloudService', text, 'CLOUD_SERVICE'),
    column('CloudResourceId', text, 'CLOUD_RESOURCE_ID'),
    column('EC2InstanceId', text, 'EC2_INSTANCE_ID'),
    column('LastVMScannedDuration', int, 'LAST_VM_SCANNED_DURATION'),
    column('LastVMAuthScannedDuration', int, 'LAST_VM_AUTH_SCANNED_DURATION'),
    column('LastPCScannedDateTime', time, 'LAST_PC_SCANNED_DATE'),
    column('Tags', firstOf(listOf('TAG')), 'TAGS'),
    column('Metadata', firstOf(objectOf), 'METADATA'),
    column('CloudProviderTags', firstOf(listOf('CLOUD_TAG')), 'CLOUD_PROVIDER_TAGS'),
  ];
  return {
    table: compileTable({ columns, record: 'rest' }),
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

function firstOf(read: ReadElement, maxBytes = Number.POSITIVE_INFINITY): ReadColumn {
  return (tape, [member = -1], held) => {
    for (const value of elementsOf(tape, member)) {
      const json = read(tape, value);
      if (json === undefined || json.length > maxBytes) continue;
      held.add(value);
      if (json !== '') return json;
    }
    return undefined;
  };
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

function objectOf(tape: JsonTape, value: number): string | undefined {
  if (tape.cells[value] === KIND.object) return rawOf(tape, value);
  return contentOf(tape, value) === '' ? '' : undefined;
}

const DNS_PARTS: ReadonlySet<string> = new Set(['HOSTNAME', 'DOMAIN', 'FQDN']);

/** A part of DNS_DATA, where that holds nothing but these, each once. */
function dnsPart(name: string, maxBytes: number): ReadColumn {
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
  return firstOf(read);
}
