import type { RecordTable, TableType } from './record-table.ts';

/** A column as Azure and the docs know it. */
export interface TableColumn {
  readonly name: string;
  readonly type: TableType;
  readonly description: string;
}

/** What the columns that every table has beside those of its record tell. */
export interface TableWords {
  /** A record, in a word: host, event. */
  readonly record: string;
  /** What the `RowKey` is made of; absent: the record. */
  readonly key?: string;
  /** What `TimeGenerated` is; absent: when the row was made. */
  readonly time?: string;
  /** Columns before those of the record: what every row holds beside. */
  readonly before?: readonly TableColumn[];
  /** Columns behind those of the record; absent: `Record`. */
  readonly behind?: readonly TableColumn[];
}

/** The time of a record as `TimeGenerated`. */
export function recordTime(what: string): string {
  return `${what}; Azure replaces it by the ingestion time when it is older than two days or more than a day ahead.`;
}

/** All columns of a table, in its order, from the one declaration of those that a record fills. */
export function tableColumns(table: Pick<RecordTable, 'columns' | 'record'>, words: TableWords): TableColumn[] {
  const { record, key = 'the record', time = 'When the row was made (UTC).' } = words;
  return [
    { name: 'TimeGenerated', type: 'dateTime', description: time },
    ...(words.before ?? []),
    ...table.columns.map(({ name, kind, meaning }) => ({ name, type: typeOf(kind), description: meaning })),
    ...(words.behind ?? [recordColumn(table.record, record)]),
    {
      name: 'RowKey',
      type: 'string',
      description: `Deterministic key of the row: SHA-256 (32 hex digits) over ${key}, and the part number.`,
    },
    { name: 'PartNumber', type: 'int', description: `Number of this row among the rows of the ${record}, from 1.` },
    {
      name: 'PartCount',
      type: 'int',
      description: `Number of rows of the ${record}; of one longer than the decoder's buffer it stands in the last row only.`,
    },
    {
      name: 'RecordPart',
      type: 'string',
      description: `Part of the whole text of the ${record} where that does not fit one row, or cannot be read.`,
    },
    {
      name: 'ParseError',
      type: 'string',
      description: `Why the ${record} could not be read; empty for a normal row.`,
    },
    {
      name: 'QualysSubscription',
      type: 'string',
      description:
        'Which Qualys subscription the row is of (setting `QUALYS_SUBSCRIPTION`); empty where the connector has no name for it.',
    },
  ];
}

function typeOf(kind: RecordTable['columns'][number]['kind']): TableType {
  if (typeof kind === 'object') return kind.type;
  return kind === 'list' ? 'dynamic' : kind;
}

function recordColumn(kept: RecordTable['record'], record: string): TableColumn {
  const what = {
    exact: `What of the ${record} no other column gives back, in the vendor's names, behind \`$rest\`; by EDR_RECORD whole or null`,
    none: 'Nothing',
    rest: `What of the ${record} no other column holds whole, in the vendor's names`,
    whole: `The ${record} as Qualys sends it`,
  }[kept];
  return {
    name: 'Record',
    type: 'dynamic',
    description: `${what}; null when it takes several rows or cannot be read.`,
  };
}
