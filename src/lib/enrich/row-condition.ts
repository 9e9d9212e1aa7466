import { isPath } from '../qualys/edr/lookup-filter.ts';
import { kqlText } from './kql-text.ts';
import type { NamedSubject } from './subject.ts';

/** Columns of `QualysEdrEvents_CL` that may name a subject. */
export interface SubjectColumns {
  /** Those whose events Qualys' own search finds. */
  readonly live: readonly string[];
  /** Those that can be looked up in the table only. */
  readonly further: readonly string[];
}

const COLUMNS: Readonly<Record<Exclude<NamedSubject['kind'], 'file'>, SubjectColumns>> = {
  host: { live: [], further: ['HostName', 'NetBiosName'] },
  user: { live: [], further: ['UserName', 'TargetProcessUserName', 'LastLoggedOnUser'] },
  agentId: { live: [], further: ['AgentId'] },
  sha256: { live: ['FileSha256'], further: ['TargetProcessSha256'] },
  md5: { live: ['FileMd5'], further: ['TargetProcessMd5'] },
  ip: { live: ['LocalIP', 'RemoteIP'], further: ['IPAddresses'] },
  mac: { live: [], further: ['MacAddresses'] },
  domain: { live: ['RemoteDns'], further: [] },
  threat: { live: [], further: ['ThreatNames', 'FamilyNames'] },
};
const LISTS: ReadonlySet<string> = new Set(['IPAddresses', 'MacAddresses', 'ThreatNames', 'FamilyNames']);
const PROCESS_PATHS = ['TargetProcessPath', 'ActorProcessPath'];

/** The columns in which a subject is looked up. */
export function columnsOf({ kind, value }: NamedSubject): SubjectColumns {
  if (kind !== 'file') return COLUMNS[kind];
  if (isPath(value)) return { live: ['FilePath'], further: PROCESS_PATHS };
  return { live: ['FileName'], further: ['TargetProcessName', 'ActorProcessName', ...PROCESS_PATHS] };
}

/** The KQL condition that one of the columns names the subject. */
export function rowCondition({ kind, value }: NamedSubject, columns: readonly string[]): string {
  if (columns.length === 0) return 'false';
  if (kind === 'host') return nameCondition(value, columns);
  return columns.map((column) => columnCondition({ kind, value }, column)).join(' or ');
}

function columnCondition({ kind, value }: NamedSubject, column: string): string {
  if (kind === 'user') return userCondition(column, value);
  if (kind === 'mac') return macCondition(column, value);
  if (kind === 'file' && column.endsWith('Path')) return pathCondition(column, value);
  if (LISTS.has(column)) return `set_has_element(parse_json(tolower(tostring(${column}))), tolower(${kqlText(value)}))`;
  return `${column} =~ ${kqlText(value)}`;
}

/** A bare name means the host of any domain; a qualified one means that host, and rows that know its bare name only. */
export function nameCondition(name: string, columns: readonly string[]): string {
  const isBare = !name.includes('.');
  const bare = name.split('.')[0] ?? name;
  const [first = ''] = columns;
  const exact = columns.map((column) => `${column} =~ ${kqlText(name)}`);
  if (isBare) return [...exact, ...columns.map((column) => `${column} startswith ${kqlText(`${name}.`)}`)].join(' or ');
  const alone = columns.map((column) => `${column} =~ ${kqlText(bare)}`).join(' or ');
  return `${exact.join(' or ')} or (${first} !contains '.' and (${alone}))`;
}

/** A bare user name means the user of any domain. */
function userCondition(column: string, name: string): string {
  const exact = `${column} =~ ${kqlText(name)}`;
  if (/[\\@]/.test(name)) return exact;
  return `${exact} or ${column} endswith ${kqlText(`\\${name}`)} or ${column} startswith ${kqlText(`${name}@`)}`;
}

/** A path means it and what is below; a name alone means it in any folder. */
function pathCondition(column: string, value: string): string {
  const path = value.replace(/[\\/]+$/, '');
  if (!isPath(value)) return `${column} endswith ${kqlText(`\\${path}`)} or ${column} endswith ${kqlText(`/${path}`)}`;
  const below = ['\\', '/'].map((separator) => `${column} startswith ${kqlText(`${path}${separator}`)}`);
  return [`${column} =~ ${kqlText(path)}`, ...below].join(' or ');
}

/** However the bytes are kept apart. */
function macCondition(column: string, value: string): string {
  const digits = kqlText(value.toLowerCase().replace(/[:.-]/g, ''));
  return `set_has_element(parse_json(replace_regex(tolower(tostring(${column})), '[:.-]', '')), ${digits})`;
}
