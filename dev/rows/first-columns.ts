import type { Row } from '../ingestion/convert-row.ts';
import { readTables } from '../ingestion/tables.ts';

/** A column of the list of rows. */
export interface FirstColumn {
  readonly name: string;
  /** The column of the table that it shows; by default that of its name. */
  readonly of?: string;
  readonly write?: (value: unknown) => string;
}

const LONGEST_CELL = 80;
const MOST_QIDS = 6;
/** Columns of a table that names none. */
const MOST_COLUMNS = 8;

function columns(...names: (string | FirstColumn)[]): readonly FirstColumn[] {
  return names.map((name) => (typeof name === 'string' ? { name } : name));
}

interface Detection {
  readonly QID?: unknown;
  readonly SEVERITY?: unknown;
}

/** How many, the worst, and the first QIDs. */
function writeDetections(value: unknown): string {
  const { DETECTION: all } = (value ?? {}) as { readonly DETECTION?: unknown };
  if (!Array.isArray(all)) return writeCell(value);
  const detections = all as readonly Detection[];
  const worst = Math.max(0, ...detections.map(({ SEVERITY }) => Number(SEVERITY)).filter(Number.isFinite));
  const qids = [...new Set(detections.map(({ QID }) => String(QID)))];
  const more = qids.length > MOST_QIDS ? ' …' : '';
  return `${detections.length}, worst ${worst}: ${qids.slice(0, MOST_QIDS).join(' ')}${more}`;
}

/** What people read of a row first, by table, where that is not what stands in it first. */
const FIRST_COLUMNS: Readonly<Record<string, readonly FirstColumn[]>> = {
  QualysEdrEvents_CL: columns(
    'TimeGenerated',
    'HostName',
    'EventType',
    'EventAction',
    'Score',
    'Severity',
    'UserName',
    'FileName',
    'TargetProcessName',
    'RemoteIP',
  ),
  QualysEdrIncidents_CL: columns(
    'TimeGenerated',
    'IncidentId',
    'IncidentSeverity',
    'IncidentStatus',
    'IncidentName',
    'HostName',
    'EventCount',
  ),
  QualysHostDetectionV3_CL: columns(
    'TimeGenerated',
    'HostId',
    'DnsName',
    'IPAddress',
    'OperatingSystem',
    'LastVMScannedDateTime',
    { name: 'Detections', of: 'DetectionList', write: writeDetections },
  ),
  QualysVmHosts_CL: columns(
    'TimeGenerated',
    'RecordType',
    'HostId',
    'DnsName',
    'IPAddress',
    'OperatingSystem',
    'TruRiskScore',
    'LastVMScannedDateTime',
  ),
  QualysVmKnowledgeBase_CL: columns(
    'TimeGenerated',
    'QID',
    'SeverityLevel',
    'VulnTitle',
    'Category',
    'CveIds',
    'IsPatchable',
  ),
};

/** The columns of the list of a table. */
export async function firstColumns(table: string): Promise<readonly FirstColumn[]> {
  const named = FIRST_COLUMNS[table];
  if (named !== undefined) return named;
  const all = (await readTables()).get(table)?.columns.keys() ?? ['TimeGenerated'];
  return columns(...[...all].slice(0, MOST_COLUMNS));
}

/** The cells of a row in the list. */
export function writeCells(row: Row, shown: readonly FirstColumn[]): string[] {
  return shown.map(({ name, of = name, write = writeCell }) => write(row[of]));
}

function writeCell(value: unknown): string {
  const text = writeValue(value);
  return text.length > LONGEST_CELL ? `${text.slice(0, LONGEST_CELL - 1)}…` : text;
}

function writeValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(writeValue).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
