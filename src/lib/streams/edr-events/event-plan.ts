import { compileFieldPaths, type FieldPaths } from '../../json/field-paths.ts';
import { EVENT_COLUMNS, type ColumnKind, type EventColumn } from './event-columns.ts';
import { createRowBytes, toRowText, type RowBytes, type RowText } from './row-bytes.ts';

/** A column, ready to be written. */
export interface CompiledColumn {
  readonly kind: ColumnKind;
  /** `,"Name":` */
  readonly prefix: RowText;
  readonly slots: readonly number[];
}

/** Columns that are made from one object of the record (`file`, `process`, …) and need no look when it is not there. */
interface ColumnGroup {
  /** The object; -1 for columns made from several places. */
  readonly slot: number;
  readonly columns: readonly CompiledColumn[];
}

/**
 * What all pages with the same time field and zone share. A row is made without a pause, so pages that are decoded side by side
 * may use the same memory for it.
 */
export interface EventPlan {
  readonly fields: FieldPaths;
  readonly groups: readonly ColumnGroup[];
  /** Where the time of an event stands, best first. */
  readonly eventTime: readonly number[];
  readonly id: readonly number[];
  /** The time that windows go by. */
  readonly windowTime: number;
  /** Offset from UTC of times that tell none, in minutes. */
  readonly zoneMinutes: number;
  /** Memory for one row after the other. */
  row: RowBytes;
}

const PLANS = new Map<string, EventPlan>();

/** Prepares for events whose windows go by the field; made once, and it keeps the keys learnt from the pages so far. */
export function planEvents(timeField: string, zoneMinutes = 0): EventPlan {
  const key = `${timeField} ${zoneMinutes}`;
  const known = PLANS.get(key);
  if (known !== undefined) return known;
  const paths = EVENT_COLUMNS.flatMap((column) => column.from);
  const objects = EVENT_COLUMNS.map(objectOf).filter((name) => name !== '');
  const fields = compileFieldPaths([...paths, ...objects, timeField]);
  const slotsOf = (name: string) => pathsOf(name).map(fields.slotOf);
  const plan = {
    fields,
    groups: compileGroups(fields),
    eventTime: [...slotsOf('EventTime'), ...slotsOf('ProcessedTime')],
    id: slotsOf('EventId'),
    windowTime: fields.slotOf(timeField),
    zoneMinutes,
    row: createRowBytes(0),
  };
  PLANS.set(key, plan);
  return plan;
}

function pathsOf(name: string): readonly string[] {
  return EVENT_COLUMNS.find((column) => column.name === name)?.from ?? [];
}

/** The object that all of a column's fields are in, by its name; empty when they are in several. */
function objectOf({ from }: EventColumn): string {
  const [object = '', ...others] = new Set(from.map((path) => (path.includes('.') ? path.replace(/\..*/, '') : '')));
  return others.length > 0 || object.endsWith('[]') ? '' : object;
}

function compileGroups(fields: FieldPaths): ColumnGroup[] {
  const groups = Map.groupBy(EVENT_COLUMNS, objectOf);
  return [...groups].map(([object, columns]) => ({
    slot: object === '' ? -1 : fields.slotOf(object),
    columns: columns.map(({ name, kind, from }) => ({
      kind,
      prefix: toRowText(`,"${name}":`),
      slots: from.map(fields.slotOf),
    })),
  }));
}
