import type { RowText } from '../pipeline/chunk-writer.ts';
import type { CompiledTable } from './record-table.ts';
import type { LongText } from './split-item.ts';

/** How records with items become rows: as many items to a row as fit, the record's columns in each. */
export interface ItemTable {
  /** Its columns; those from `onceFrom` on stand in one row of a record only. */
  readonly table: CompiledTable;
  readonly onceFrom: number;
  /** The column of the items, before the column `listBefore`, and the name of the array in it. */
  readonly list: string;
  readonly listBefore: number;
  readonly item: string;
  /** How many items a row holds, and what of the record has no column. */
  readonly count: string;
  readonly rest: string;
  readonly text: LongText;
  /** Text that, beside the id, tells the record's rows from those of its other versions. */
  readonly version: (record: unknown) => string | undefined;
  /** `ParseError` of a record without id. */
  readonly noId: string;
}

/** What rows of a record tell of it. */
export interface Report {
  /** `Whole`: all its items. `Changes`: those that have changed since the report before. `Unchanged`: that none has. */
  readonly type: 'Whole' | 'Changes' | 'Unchanged';
  /** When the vendor was asked, in ISO 8601: the same in all rows of a report. */
  readonly time: string;
}

/** A row of a record. */
export interface ItemRow {
  readonly key: string;
  readonly text: RowText;
  /** Items that start in it. */
  readonly items: number;
}

/** Who gives what is known of a record, and takes its rows. */
export interface ItemHandlers {
  /** JSON text of what came since it was taken last, and the id as far as it is known. */
  readonly takeRecord: () => string;
  readonly id: () => string | undefined;
  /** Called before rows are written, with the keys of those that wait. */
  readonly place: (isEnd: boolean, keys: () => string[]) => void;
  /** Asked for when rows are written. */
  readonly report: () => Report;
  readonly emit: (row: ItemRow) => void;
}
