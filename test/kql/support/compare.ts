import { isDeepStrictEqual } from 'node:util';
import type { Column, Result, Row } from '../../../dev/kql/engine.ts';
import { toTime } from './times.ts';

/** Expected rows that did not come, and rows that came unexpected: both empty when all is as expected. */
export interface Difference {
  readonly missing: readonly Row[];
  readonly unexpected: readonly Row[];
}

/** Compares the columns that the expected rows give. Times may be given by their distance from `now`; the order of rows does not count. */
export function findDifference(expected: readonly Row[], { columns, rows }: Result, now: string): Difference {
  const types = new Map(columns);
  const unknown = expected.flatMap((row) => Object.keys(row)).filter((name) => !types.has(name));
  if (unknown.length > 0)
    throw new Error(`the result has no column ${unknown.join(', ')}: ${[...types.keys()].join(', ')}`);
  const left = [...rows];
  const missing = expected.filter((row) => {
    const place = left.findIndex((candidate) => isSuch(row, candidate, columns, now));
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
  // Of what came unexpected, that which the case speaks of.
  const named = new Set(expected.flatMap((row) => Object.keys(row)));
  const shown = (row: Row): Row =>
    named.size === 0 ? row : Object.fromEntries(Object.entries(row).filter(([name]) => named.has(name)));
  return { missing, unexpected: left.map(shown) };
}

/** Whether a row has the given values. */
export function isSuch(wanted: Row, row: Row, columns: readonly Column[], now: string): boolean {
  const types = new Map(columns);
  return Object.entries(wanted).every(([name, value]) => isEqual(value, row[name], types.get(name) ?? '', now));
}

function isEqual(wanted: unknown, cell: unknown, type: string, now: string): boolean {
  if (typeof wanted === 'string' && type.startsWith('TIMESTAMP')) return toTime(wanted, now) === cell;
  if (typeof wanted === 'number' && typeof cell === 'number') return Math.abs(wanted - cell) < 1e-6;
  // Kusto promises no order in a set.
  if (Array.isArray(wanted) && Array.isArray(cell)) return isDeepStrictEqual(sorted(wanted), sorted(cell));
  return isDeepStrictEqual(wanted, cell);
}

function sorted(list: readonly unknown[]): string[] {
  return list.map((item) => JSON.stringify(item)).sort();
}
