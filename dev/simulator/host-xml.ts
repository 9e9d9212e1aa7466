import { createDraws, hexDigits, uuidOf, type Draws } from './random.ts';
import { cdata, element, xmlTime } from './xml.ts';
import type { DetectionHost } from './detections.ts';

/** What the caller asks to see of each host. */
export interface HostView {
  readonly showAssetId: boolean;
  readonly showTags: boolean;
  readonly showCloudTags: boolean;
  readonly showMetadata: boolean;
  /** What the host list alone shows; absent in the detection list. */
  readonly list?: HostListView;
  /** From 5.0 on many hosts come without a NetBIOS name. */
  readonly version: string;
}

/** What the caller of the host list asks to see. */
export interface HostListView {
  readonly isAll: boolean;
  readonly showGroups: boolean;
  readonly showTruRisk: boolean;
}

const DRAW_HOST = 70;
const DAY_MS = 86_400_000;
const INDENT = '        ';

interface System {
  readonly os: string;
  readonly cpe: string | undefined;
}

const SYSTEMS: readonly [System, ...System[]] = [
  { os: 'Windows 10 Enterprise 64 bit Edition Version 22H2', cpe: 'cpe:/o:microsoft:windows_10:22h2:::' },
  { os: 'Ubuntu Linux 22.04.4', cpe: 'cpe:/o:canonical:ubuntu_linux:22.04:::' },
  { os: 'Red Hat Enterprise Linux 8.10 & Satellite', cpe: undefined },
];

/** White space may stand around a CDATA section; it does not belong to the value. */
function cdataElement(name: string, text: string | undefined, draws: Draws): string {
  if (text === undefined) return '';
  const section = draws.chance(0.1) ? `\n          ${cdata(text)}\n        ` : cdata(text);
  return `${INDENT}<${name}>${section}</${name}>\n`;
}

function line(name: string, text: string | number | undefined): string {
  return text === undefined ? '' : `${INDENT}${element(name, text)}`;
}

function writeNames(hostName: string, draws: Draws): string {
  const domain = 'lab.example';
  if (draws.chance(0.15)) return '';
  return `${cdataElement('DNS', `${hostName}.${domain}`, draws)}        <DNS_DATA>
          <HOSTNAME><![CDATA[${hostName}]]></HOSTNAME>
          <DOMAIN><![CDATA[${domain}]]></DOMAIN>
          <FQDN><![CDATA[${hostName}.${domain}]]></FQDN>
        </DNS_DATA>\n`;
}

function writeCloud(instanceId: string | undefined): string {
  if (instanceId === undefined) return '';
  return (
    line('CLOUD_PROVIDER', 'AWS') +
    line('CLOUD_SERVICE', 'EC2') +
    `${INDENT}<CLOUD_RESOURCE_ID><![CDATA[${instanceId}]]></CLOUD_RESOURCE_ID>\n` +
    `${INDENT}<EC2_INSTANCE_ID><![CDATA[${instanceId}]]></EC2_INSTANCE_ID>\n`
  );
}

function writeScans(processedTime: number, draws: Draws): string {
  const scanned = processedTime - 900_000;
  const authenticated = draws.chance(0.8) ? xmlTime(scanned) : undefined;
  const duration = 60 + draws.below(3_000);
  return (
    line('LAST_SCAN_DATETIME', xmlTime(scanned)) +
    line('LAST_VM_SCANNED_DATE', xmlTime(scanned)) +
    line('LAST_VM_SCANNED_DURATION', duration) +
    line('LAST_VM_AUTH_SCANNED_DATE', authenticated) +
    line('LAST_VM_AUTH_SCANNED_DURATION', authenticated === undefined ? undefined : duration) +
    line('LAST_PC_SCANNED_DATE', draws.chance(0.2) ? xmlTime(scanned - 30 * DAY_MS) : undefined)
  );
}

function writeTags(index: number): string {
  const tag = (id: number, name: string): string =>
    `          <TAG>
            <TAG_ID><![CDATA[${id}]]></TAG_ID>
            <NAME><![CDATA[${name}]]></NAME>
          </TAG>\n`;
  const second = index % 2 === 0 ? tag(1_002, `R&D ${index % 7}`) : '';
  return `        <TAGS>\n${tag(1_001, 'Cloud Agent')}${second}        </TAGS>\n`;
}

function attribute(name: string, value: string, time: string): string {
  return `            <ATTRIBUTE>
              <NAME><![CDATA[${name}]]></NAME>
              <LAST_STATUS>Success</LAST_STATUS>
              <VALUE><![CDATA[${value}]]></VALUE>
              <LAST_SUCCESS_DATE>${time}</LAST_SUCCESS_DATE>
              <LAST_ERROR_DATE></LAST_ERROR_DATE>
              <LAST_ERROR><![CDATA[]]></LAST_ERROR>
            </ATTRIBUTE>\n`;
}

function writeMetadata(instanceId: string, time: string): string {
  const launched = attribute('latest/dynamic/instance-identity/document/launchTime', '1713182400000', time);
  const empty = attribute('latest/meta-data/public-ipv4', '', time);
  return `        <METADATA>
          <EC2>
${attribute('latest/meta-data/instance-id', instanceId, time)}${launched}${empty}          </EC2>
        </METADATA>\n`;
}

function writeCloudTags(time: string): string {
  return `        <CLOUD_PROVIDER_TAGS>
          <CLOUD_TAG>
            <NAME><![CDATA[Owner]]></NAME>
            <VALUE><![CDATA[R&D]]></VALUE>
            <LAST_SUCCESS_DATE>${time}</LAST_SUCCESS_DATE>
          </CLOUD_TAG>
        </CLOUD_PROVIDER_TAGS>\n`;
}

function writeCloudDetails(instanceId: string | undefined, view: HostView, time: string): string {
  if (instanceId === undefined) return '';
  const metadata = view.showMetadata ? writeMetadata(instanceId, time) : '';
  return metadata + (view.showCloudTags ? writeCloudTags(time) : '');
}

/** Elements of the host list that the detection list does not have. */
function writeListed(index: number, time: string, { isAll, showGroups, showTruRisk }: HostListView): string {
  const risk = `${line('TRURISK_SCORE', (index * 37) % 1_000)}${line('ASSET_CRITICALITY_SCORE', 1 + (index % 5))}${INDENT}<TRURISK_SCORE_FACTORS>
          <TRURISK_SCORE_FORMULA>ACS * (Severity weights)</TRURISK_SCORE_FORMULA>
          <VULN_COUNT qds_severity="1">${index % 4}</VULN_COUNT>
          <VULN_COUNT qds_severity="4">${index % 9}</VULN_COUNT>
        </TRURISK_SCORE_FACTORS>\n`;
  const all = `${line('LAST_BOOT', time)}${line('SERIAL_NUMBER', `SN-${index}`)}${line('FIRST_FOUND_DATE', time)}${line('LAST_ACTIVITY', time)}${line('AGENT_STATUS', 'Synced')}${line('OWNER', 'R&D')}${line('COMMENTS', 'first line\nsecond line')}${INDENT}<USER_DEF>
          <LABEL_1>Location</LABEL_1>
          <VALUE_1><![CDATA[Rack <7> & 8]]></VALUE_1>
        </USER_DEF>\n`;
  return `${showTruRisk ? risk : ''}${isAll ? all : ''}${showGroups ? line('ASSET_GROUP_IDS', `1001,${1_002 + (index % 3)}`) : ''}`;
}

/** The elements of a generated host; which of the optional ones it has depends on its index alone. */
export function writeHost(seed: number, id: bigint, { index, processedTime }: DetectionHost, view: HostView): string {
  const draws = createDraws(seed, index, DRAW_HOST);
  const hostName = `srv-${String(index).padStart(6, '0')}`;
  const { os, cpe } = draws.pick(SYSTEMS);
  const isAgent = draws.chance(0.6);
  const instanceId = draws.chance(0.2) ? `i-0${hexDigits(16, seed, index, DRAW_HOST)}` : undefined;
  const ipv6 = draws.chance(0.2) ? `2001:db8::${(index & 65_535).toString(16)}` : undefined;
  const network = draws.chance(0.5) ? 0 : undefined;
  const netBios = draws.chance(view.version === '5.0' ? 0.3 : 0.8) ? hostName.toUpperCase() : undefined;
  return (
    line('ID', String(id)) +
    line('ASSET_ID', view.showAssetId ? 5_000_000 + index : undefined) +
    line('IP', `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`) +
    line('IPV6', ipv6) +
    line('TRACKING_METHOD', isAgent ? 'AGENT' : 'IP') +
    line('NETWORK_ID', network) +
    cdataElement('OS', os, draws) +
    (cpe === undefined ? '' : `${INDENT}<OS_CPE><![CDATA[${cpe}]]></OS_CPE>\n`) +
    writeNames(hostName, draws) +
    writeCloud(instanceId) +
    cdataElement('NETBIOS', netBios, draws) +
    cdataElement('QG_HOSTID', isAgent ? uuidOf(seed, index, DRAW_HOST) : undefined, draws) +
    writeScans(processedTime, draws) +
    (view.list === undefined ? '' : writeListed(index, xmlTime(processedTime), view.list)) +
    (view.showTags ? writeTags(index) : '') +
    writeCloudDetails(instanceId, view, xmlTime(processedTime))
  );
}
