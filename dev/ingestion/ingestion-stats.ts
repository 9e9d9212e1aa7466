import type { FaultReport } from '../simulator/fault-rules.ts';
import type { Loss } from './convert-row.ts';

/** What has become of one table's rows. */
export interface TableStats {
  /** Calls whose rows were kept, those with an empty array included. */
  requests: number;
  rows: number;
  /** JSON bytes of the kept calls. */
  bytes: number;
  /** The same on the wire. */
  wireBytes: number;
  /** Fields cut at 64 KB. */
  cutFields: number;
  /** Values of columns that the table does not have. */
  droppedColumns: number;
  /** Values that did not fit their column and became null. */
  unconvertedValues: number;
  /** Rows whose TimeGenerated was replaced by the time of receipt, or was missing. */
  replacedTimes: number;
  /** Calls that were refused. */
  refused: number;
  /** Which columns lost values, and how often. */
  readonly columns: Record<string, Partial<Record<Loss, number>>>;
}

/** A call that was refused. */
export interface Refusal {
  /** ISO 8601. */
  readonly time: string;
  /** Its path. */
  readonly path: string;
  /** The table that it names; undefined where there is none. */
  readonly table?: string | undefined;
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** All that the endpoint has seen. */
export interface IngestionStats {
  /** Calls, whatever became of them. */
  requests: number;
  /** Most calls in progress at once. */
  mostAtOnce: number;
  /** Answers by status; a connection that was reset counts as `0`. */
  readonly statuses: Record<string, number>;
  readonly tables: Record<string, TableStats>;
  /** The latest refused calls, oldest first. */
  readonly refusals: Refusal[];
  faults: readonly FaultReport[];
}

const TOTALS = { cut: 'cutFields', dropped: 'droppedColumns', unconverted: 'unconvertedValues' } as const;

function createTableStats(): TableStats {
  return {
    requests: 0,
    rows: 0,
    bytes: 0,
    wireBytes: 0,
    cutFields: 0,
    droppedColumns: 0,
    unconvertedValues: 0,
    replacedTimes: 0,
    refused: 0,
    columns: {},
  };
}

export function createIngestionStats(): IngestionStats {
  return { requests: 0, mostAtOnce: 0, statuses: {}, tables: {}, refusals: [], faults: [] };
}

/** The counts of a table, made at its first row or refusal. */
export function tableStats(stats: IngestionStats, table: string): TableStats {
  return (stats.tables[table] ??= createTableStats());
}

const MOST_REFUSALS = 50;

/** Books a refused call: all are counted by table, only the latest are kept. */
export function noteRefusal(stats: IngestionStats, refusal: Refusal): void {
  const { refusals } = stats;
  if (refusal.table !== undefined) tableStats(stats, refusal.table).refused += 1;
  refusals.push(refusal);
  if (refusals.length > MOST_REFUSALS) refusals.shift();
}

/** Books a value that did not arrive as it was sent. */
export function countLoss(stats: TableStats, loss: Loss, column: string): void {
  stats[TOTALS[loss]] += 1;
  const counts = (stats.columns[column] ??= {});
  counts[loss] = (counts[loss] ?? 0) + 1;
}
