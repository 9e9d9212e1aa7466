import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { readWorkspaceTables } from '../../../dev/kql/workspace.ts';
import type { Row, Rows } from '../../../dev/kql/engine.ts';
import { toTime } from './times.ts';

const ROOT = join(import.meta.dirname, '..');
const DEFAULT_NOW = '2026-03-10T12:00:00Z';

/** Rows, and what a text makes of them. */
export interface Case {
  readonly name: string;
  readonly now: string;
  readonly parameters: Row;
  readonly rows: Rows;
  /** `likeEmpty`: the same as over empty tables. */
  readonly expect: readonly Row[] | 'likeEmpty';
}

/** A day of a rule's runs. */
export interface Day {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly rows: Rows;
  /** Keys of an alert, and in how many runs it comes. */
  readonly expect: readonly { readonly key: Row; readonly runs: number }[];
}

interface WrittenCase {
  readonly name: string;
  readonly now?: string;
  readonly parameters?: Row;
  readonly tables?: Rows;
  /** Names of row sets that several cases share. */
  readonly rows?: string | readonly string[];
  readonly expect: readonly Row[] | 'likeEmpty';
}

interface WrittenDay {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly tables: Rows;
  readonly expect: readonly Row[];
}

const COLUMNS = new Map(
  readWorkspaceTables().map(({ name, columns }) => [
    name,
    new Map([
      ...columns.map((column) => [column.name, column.type.toLowerCase()] as const),
      ['_IngestionTime', 'datetime'],
    ]),
  ]),
);

/** Ids of all texts of a kind that have a file of cases. */
export function readCaseIds(kind: string): string[] {
  const folder = join(ROOT, 'cases', kind);
  return existsSync(folder) ? readdirSync(folder).map((file) => basename(file, '.yaml')) : [];
}

/** The cases of a text; none when it has no file. */
export function readCases(kind: string, id: string): Case[] {
  return readList<WrittenCase>(join(ROOT, 'cases', kind, `${id}.yaml`)).map(
    ({ name, now = DEFAULT_NOW, parameters = {}, tables = {}, rows = [], expect }) => ({
      name,
      now,
      parameters,
      rows: toRows([...[rows].flat().map(readRowSet), tables].reduce(merge, {}), now),
      expect,
    }),
  );
}

/** Ids of the rules that have days. */
export function readDayIds(): string[] {
  return readdirSync(join(ROOT, 'days')).map((file) => basename(file, '.yaml'));
}

/** The days of a rule. Times of rows are as they were sent: what Azure replaces on arrival is replaced here. */
export function readDays(id: string): Day[] {
  return readList<WrittenDay>(join(ROOT, 'days', `${id}.yaml`)).map(({ name, from, to, tables, expect }) => ({
    name,
    from,
    to,
    rows: Object.fromEntries(Object.entries(toRows(tables, from)).map(([table, rows]) => [table, rows.map(onArrival)])),
    expect: expect.map(({ runs, ...key }) => ({ key, runs: Number(runs) })),
  }));
}

function readList<T>(path: string): T[] {
  if (!existsSync(path)) return [];
  const written = parse(readFileSync(path, 'utf8'), { merge: true, maxAliasCount: -1 }) as T | T[];
  return Array.isArray(written) ? written : [written];
}

function readRowSet(name: string): Rows {
  return parse(readFileSync(join(ROOT, 'rows', `${name}.yaml`), 'utf8'), { merge: true, maxAliasCount: -1 }) as Rows;
}

function merge(left: Rows, right: Rows): Rows {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return Object.fromEntries([...names].map((name) => [name, [...(left[name] ?? []), ...(right[name] ?? [])]]));
}

/** Rows with the values that a case need not say, and with times in place of distances from `base`. */
function toRows(tables: Rows, base: string): Rows {
  return Object.fromEntries(
    Object.entries(tables).map(([table, rows]) => {
      const columns = COLUMNS.get(table);
      if (!columns) throw new Error(`there is no table ${table}`);
      return [
        table,
        rows.map((row, place) => toRow({ ...defaults(columns, place), Type: table, ...row }, columns, base)),
      ];
    }),
  );
}

function defaults(columns: ReadonlyMap<string, string>, place: number): Row {
  const values = { TimeGenerated: '-10m', RowKey: `row-${place}`, PartNumber: 1, PartCount: 1 };
  return Object.fromEntries(Object.entries(values).filter(([name]) => columns.has(name)));
}

function toRow(row: Row, columns: ReadonlyMap<string, string>, base: string): Row {
  const whole: Row = { _IngestionTime: row.TimeGenerated, ...row };
  return Object.fromEntries(
    Object.entries(whole).map(([name, value]) => [
      name,
      columns.get(name) === 'datetime' && typeof value === 'string' ? toTime(value, base) : value,
    ]),
  );
}

const DAY_MS = 86_400_000;

/** Azure replaces a TimeGenerated of more than two days ago, or of more than a day ahead, by the time of arrival. */
function onArrival(row: Row): Row {
  const age = Date.parse(String(row._IngestionTime)) - Date.parse(String(row.TimeGenerated));
  return age > 2 * DAY_MS || age < -DAY_MS ? { ...row, TimeGenerated: row._IngestionTime } : row;
}
