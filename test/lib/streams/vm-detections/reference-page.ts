import { SaxesParser } from 'saxes';
import { toIntText, toUtcTime } from '../../../../src/lib/streams/vm-detections/host-values.ts';

/*
 * A second, slow and simple reading of a page: a tree made by saxes, then the rules of the table, without any limit of
 * size. The decoder must say the same.
 */

/** An element, its children and texts in their order. */
export interface Node {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: (Node | Text)[];
}

interface Text {
  readonly isCdata: boolean;
  text: string;
}

/** White space as XML has it; that of JavaScript is more. */
const IS_BLANK = /^[ \t\r\n]*$/;

/** Texts with no element between them. */
interface Runs {
  readonly runs: Text[];
}

type Json = string | { readonly [key: string]: Json } | readonly Json[];

/** A host as its rows must tell, whatever their number. */
export interface ReferenceHost {
  readonly columns: Readonly<Record<string, string | number | null>>;
  readonly detections: readonly Json[];
  readonly extras: Readonly<Record<string, Json | null>>;
}

/** The hosts of a page. Throws where saxes finds the document malformed. */
export function referencePage(xml: string): ReferenceHost[] {
  const root = parseTree(xml);
  const responses = named(root, 'RESPONSE');
  return responses
    .flatMap((response) => named(response, 'HOST_LIST'))
    .flatMap((list) => named(list, 'HOST'))
    .map(referenceHost);
}

/** The document as a tree; comments and instructions are nowhere in it. */
export function parseTree(xml: string): Node {
  const top: Node = { name: '', attributes: {}, children: [] };
  const open = [top];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    const node: Node = { name: tag.name, attributes: { ...tag.attributes }, children: [] };
    open.at(-1)?.children.push(node);
    open.push(node);
  });
  parser.on('closetag', () => void open.pop());
  parser.on('text', (text) => addText(open.at(-1), text, false));
  parser.on('cdata', (text) => addText(open.at(-1), text, true));
  parser.write(xml).close();
  return top.children.find(isNode)!;
}

function addText(node: Node | undefined, text: string, isCdata: boolean): void {
  const last = node?.children.at(-1);
  // saxes ends a text at a comment; for us it goes on.
  if (!isCdata && last !== undefined && !isNode(last) && !last.isCdata) last.text += text;
  else node?.children.push({ isCdata, text });
}

function isNode(child: Node | Text | Runs): child is Node {
  return 'name' in child;
}

function named(node: Node, name: string): Node[] {
  return node.children.filter(isNode).filter((child) => child.name === name);
}

const STRINGS: Readonly<Record<string, string>> = {
  ID: 'HostId',
  IP: 'IPAddress',
  TRACKING_METHOD: 'TrackingMethod',
  OS: 'OperatingSystem',
  DNS: 'DnsName',
  NETBIOS: 'NetBios',
  QG_HOSTID: 'QGHostId',
  ASSET_ID: 'AssetId',
  IPV6: 'IPv6',
  NETWORK_ID: 'NetworkId',
  OS_CPE: 'OsCpe',
  CLOUD_PROVIDER: 'CloudProvider',
  CLOUD_SERVICE: 'CloudService',
  CLOUD_RESOURCE_ID: 'CloudResourceId',
  EC2_INSTANCE_ID: 'EC2InstanceId',
};
const TIMES: Readonly<Record<string, string>> = {
  LAST_SCAN_DATETIME: 'LastScanDateTime',
  LAST_VM_SCANNED_DATE: 'LastVMScannedDateTime',
  LAST_VM_AUTH_SCANNED_DATE: 'LastVMAuthScannedDateTime',
  LAST_PC_SCANNED_DATE: 'LastPCScannedDateTime',
};
const COUNTS: Readonly<Record<string, string>> = {
  LAST_VM_SCANNED_DURATION: 'LastVMScannedDuration',
  LAST_VM_AUTH_SCANNED_DURATION: 'LastVMAuthScannedDuration',
};
const DNS: Readonly<Record<string, string>> = { HOSTNAME: 'DnsHostName', DOMAIN: 'DnsDomain', FQDN: 'DnsFqdn' };
const ITEMS: Readonly<Record<string, readonly [string, string]>> = {
  TAGS: ['Tags', 'TAG'],
  CLOUD_PROVIDER_TAGS: ['CloudProviderTags', 'CLOUD_TAG'],
};

type Columns = Record<string, string | number | null>;
type Extras = Record<string, Json | null>;
interface HostBuild {
  readonly columns: Columns;
  readonly extras: Extras;
  readonly record: Map<string, Json[]>;
  readonly detections: Json[];
}

function referenceHost(host: Node): ReferenceHost {
  const names = [...Object.values(STRINGS), ...Object.values(TIMES), ...Object.values(COUNTS), ...Object.values(DNS)];
  const build: HostBuild = {
    columns: Object.fromEntries(names.map((name) => [name, null])),
    extras: { Tags: null, Metadata: null, CloudProviderTags: null },
    record: new Map(),
    detections: [],
  };
  for (const [name, value] of Object.entries(host.attributes)) addMember(build.record, `@${name}`, value);
  addHostChildren(build, host);
  const record = membersToJson(build.record);
  return {
    columns: { ...build.columns, HostTags: tagNames(build.extras.Tags) },
    detections: build.detections,
    extras: { ...build.extras, HostRecord: Object.keys(record).length > 0 ? record : null },
  };
}

function tagNames(tags: Json | null | undefined): string | null {
  const list = (tags ?? []) as readonly { readonly NAME?: Json }[];
  const names = list.map(({ NAME }) => NAME).filter((name) => typeof name === 'string');
  return names.length === 0 ? null : JSON.stringify(names);
}

function addHostChildren(build: HostBuild, parent: Node): void {
  for (const segment of segments(parent)) {
    if (!isNode(segment)) addRuns(build.record, segment.runs);
    else if (segment.name === 'DETECTION' && parent.name === 'DETECTION_LIST')
      build.detections.push(detection(segment));
    else if (segment.name === 'DETECTION_LIST' && parent.name === 'HOST') {
      for (const [name, value] of Object.entries(segment.attributes)) addMember(build.record, `@${name}`, value);
      addHostChildren(build, segment);
    } else addHostValue(build, segment);
  }
}

/** What a column takes leaves its place among the members to an element of its name that may come later. */
function addHostValue(build: HostBuild, node: Node): void {
  const value = toJson(node);
  const isTaken = setColumn(build, node, value);
  const values = build.record.get(node.name) ?? [];
  build.record.set(node.name, isTaken ? values : [...values, value]);
}

/** False when HostRecord has to keep the value. */
function setColumn({ columns, extras }: HostBuild, node: Node, value: Json): boolean {
  const { name } = node;
  const [items, item] = ITEMS[name] ?? [];
  if (items !== undefined && item !== undefined) {
    const list = itemsOf(value, item);
    if (list === undefined || extras[items] !== null) return false;
    extras[items] = list;
    return true;
  }
  if (name === 'METADATA') {
    if (value === '') return extras.Metadata === null;
    if (typeof value === 'string' || extras.Metadata !== null) return false;
    extras.Metadata = value;
    return true;
  }
  if (name === 'DNS_DATA') return setDns(columns, value);
  return setScalar(columns, name, value);
}

function setScalar(columns: Columns, name: string, value: Json): boolean {
  const column = STRINGS[name] ?? TIMES[name] ?? COUNTS[name];
  if (column === undefined || typeof value !== 'string' || columns[column] !== null) return false;
  if (name in STRINGS) {
    if (name !== 'ID' || value !== '') columns[column] = value;
    return true;
  }
  if (value === '') return true;
  const typed = name in TIMES ? toUtcTime(value) : toIntText(value);
  if (typed === undefined) return false;
  columns[column] = name in TIMES ? typed : Number(typed);
  return true;
}

function itemsOf(value: Json, item: string): Json | undefined {
  if (value === '') return [];
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  const members = value as Record<string, Json>;
  const only = members[item];
  if (only === undefined || Object.keys(members).length !== 1) return undefined;
  return isList(only) ? only : [only];
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function setDns(columns: Columns, value: Json): boolean {
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  const entries = Object.entries(value as Record<string, Json>);
  const fits = entries.every(([key, part]) => typeof part === 'string' && columns[DNS[key] ?? ''] === null);
  if (!fits || entries.length === 0) return false;
  for (const [key, part] of entries) columns[DNS[key] ?? ''] = part as string;
  return true;
}

function detection(node: Node): Json {
  const members = new Map<string, Json[]>();
  for (const [name, value] of Object.entries(node.attributes)) addMember(members, `@${name}`, value);
  for (const segment of segments(node)) {
    if (isNode(segment))
      addMember(members, segment.name, segment.name === 'RESULTS' ? results(segment) : toJson(segment));
    else addRuns(members, segment.runs);
  }
  return membersToJson(members);
}

function addRuns(members: Map<string, Json[]>, runs: readonly Text[]): void {
  const first = runs.find((run) => run.isCdata || !IS_BLANK.test(run.text));
  if (first !== undefined) addMember(members, first.isCdata ? '#cdata-section' : '#text', joinRuns(runs));
}

/** Only texts are compared: markup inside RESULTS has tests of its own. */
function results(node: Node): Json {
  const attributes = Object.entries(node.attributes).map(([name, value]) => [`@${name}`, value]);
  const text = joinRuns(node.children.flatMap((child) => (isNode(child) ? [] : [child])));
  return Object.fromEntries([...attributes, ['#cdata-section', text]]) as Json;
}

/** Microsoft's form of any other element. */
function toJson(node: Node): Json {
  const attributes = Object.entries(node.attributes);
  const parts = segments(node);
  if (attributes.length === 0 && !parts.some(isNode)) {
    return parts.map((part) => (isNode(part) ? '' : joinRuns(part.runs))).join('');
  }
  const members = new Map<string, Json[]>();
  for (const [name, value] of attributes) addMember(members, `@${name}`, value);
  for (const [index, part] of parts.entries()) {
    if (isNode(part)) addMember(members, part.name, toJson(part));
    else if (index === 0 && attributes.length === 0) {
      const text = joinRuns(part.runs);
      if (text !== '') addMember(members, '#text', text);
    } else addRuns(members, part.runs);
  }
  return membersToJson(members);
}

type Segment = Node | Runs;

/** Children, with the texts between two elements together. */
function segments(node: Node): Segment[] {
  const found: Segment[] = [];
  for (const child of node.children) {
    const last = found.at(-1);
    if (isNode(child)) found.push(child);
    else if (last !== undefined && 'runs' in last) last.runs.push(child);
    else found.push({ runs: [child] });
  }
  return found;
}

/** White space goes at both ends, and where a run is nothing else. */
function joinRuns(runs: readonly Text[]): string {
  return runs
    .map(({ isCdata, text }, index) => {
      if (isCdata) return text;
      if (IS_BLANK.test(text)) return '';
      const left = index === 0 ? text.replace(/^[ \t\r\n]+/, '') : text;
      return index === runs.length - 1 ? left.replace(/[ \t\r\n]+$/, '') : left;
    })
    .join('');
}

function addMember(members: Map<string, Json[]>, name: string, value: Json): void {
  const values = members.get(name);
  if (values === undefined) members.set(name, [value]);
  else values.push(value);
}

function membersToJson(members: Map<string, Json[]>): Record<string, Json> {
  return Object.fromEntries(
    [...members].flatMap(([name, values]) =>
      values.length === 0 ? [] : [[name, values.length === 1 ? (values[0] ?? '') : values]],
    ),
  );
}
