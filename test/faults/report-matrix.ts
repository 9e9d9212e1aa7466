import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CellResult } from './cell.ts';
import type { Feed } from './feeds.ts';
import { STEPS } from './steps.ts';

const STREAM_TESTS = join(import.meta.dirname, '../lib/streams');

function waitText(seconds: number): string {
  if (seconds < 60) return 'at once';
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function sorted(results: readonly CellResult[]): CellResult[] {
  return [...results].sort(
    (left, right) => STEPS.indexOf(left.step) - STEPS.indexOf(right.step) || left.fault.localeCompare(right.fault),
  );
}

/** The matrix as a Markdown table, in the order of the path. */
export function toTable(results: readonly CellResult[]): string {
  const rows = sorted(results).map(
    ({ step, fault, lost, repeated, recoveredSeconds }) =>
      `| ${step} | ${fault} | ${lost} | ${repeated} | ${waitText(recoveredSeconds)} |`,
  );
  return ['| step | fault | lost | repeated | recovered after |', '| --- | --- | ---: | ---: | ---: |', ...rows].join(
    '\n',
  );
}

/**
 * Whether the matrix is to be written.
 * @throws Error where only some of its cells are chosen: what is written is all of it.
 */
export function isToBeWritten({ CELLS, UPDATE_RELIABILITY } = process.env): boolean {
  if (UPDATE_RELIABILITY !== '1') return false;
  if (CELLS === undefined || CELLS === '') return true;
  throw new Error(
    'UPDATE_RELIABILITY=1 writes the whole of matrix.md: leave CELLS out, and choose a stream by -t <name>',
  );
}

/** Prints the matrix, and with `UPDATE_RELIABILITY=1` writes it beside the stream's tests. */
export async function reportMatrix(feed: Feed, results: readonly CellResult[], isWritten: boolean): Promise<void> {
  const table = toTable(results);
  console.log(`${feed.name}: ${results.length} cells\n${table}`);
  if (!isWritten) return;
  await writeFile(join(STREAM_TESTS, feed.name, 'matrix.md'), `${headOf(feed)}\n\n${table}\n`);
}

function headOf({ name }: Feed): string {
  return `# ${name}\n\nWritten by \`UPDATE_RELIABILITY=1 npm run test:faults\`; the words are those of [reliability](../../../../docs/reliability.md).`;
}
