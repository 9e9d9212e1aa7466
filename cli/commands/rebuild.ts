import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { messageOf } from '../../src/lib/errors.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { parseSpelled } from '../../src/lib/json/parse-json.ts';
import { prove, rebuildRecord, type EventRow, type Rebuilt } from '../rebuild-record.ts';
import { action, type Session } from '../session.ts';
import { counted } from '../text.ts';

/** `rebuild`: Qualys' records from rows of the table of EDR events. */
export function addRebuild(program: Command): void {
  program
    .command('rebuild')
    .argument('[file]', 'rows of QualysEdrEvents_CL: a JSON array, or one JSON object a line; absent: standard input')
    .description("make Qualys' records again from rows of the table of EDR events, each proven by its RowKey")
    .addHelpText(
      'after',
      '\nPrints one record a line, names sorted, numbers as Qualys spelled them. Asks no connector.\n\nExample:\n' +
        '  az monitor log-analytics query -w <workspace> --analytics-query "QualysEdrEvents_CL | where EventId == \'…\'" |\n' +
        '    qualys rebuild',
    )
    .action(
      action<object, [string | undefined]>(async (session, _options, file) => rebuild(session, await read(file))),
    );
}

async function read(file: string | undefined): Promise<EventRow[]> {
  const given = await (file === undefined ? text(process.stdin) : readFile(file, 'utf8')).catch((error: unknown) => {
    throw new CliError(EXIT.usage, messageOf(error));
  });
  try {
    const isArray = given.trimStart().startsWith('[');
    const rows = isArray
      ? parseSpelled(given)
      : given
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map(parseSpelled);
    return rows as EventRow[];
  } catch (error) {
    throw new CliError(EXIT.usage, `the rows are neither a JSON array nor JSON lines: ${messageOf(error)}`);
  }
}

function rebuild({ note, print }: Session, rows: readonly EventRow[]): number {
  // Delivery is at least once.
  const distinct = [...new Map(rows.map((row) => [String(row.RowKey), row])).values()];
  const records = [...Map.groupBy(distinct, ({ RowKey }) => String(RowKey).split('-')[0]).values()].map(recordOf);
  const found = records.filter((record) => record !== undefined);
  for (const record of found) print(record.text);
  const proven = found.filter(({ isProven }) => isProven).length;
  note(
    `${counted(proven, 'record')} proven by RowKey, ${found.length - proven} not; ${records.length - found.length} could not be made.`,
  );
  return proven === records.length ? EXIT.fine : EXIT.problem;
}

/** The record of rows that have one key but for the part; undefined where its text is not among them. */
function recordOf(rows: readonly EventRow[]): Rebuilt | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const parts = rows
    .filter(({ RecordPart }) => typeof RecordPart === 'string' && RecordPart !== '')
    .sort((left, right) => numberOf(left.PartNumber) - numberOf(right.PartNumber));
  if (parts.length === 0) return rebuildRecord(first);
  const isWhole = parts.every(({ PartNumber }, index) => numberOf(PartNumber) === index + 1);
  const count = numberOf(parts.at(-1)?.PartCount);
  return isWhole && count === parts.length
    ? prove(parts.map(({ RecordPart }) => RecordPart as string).join(''), first)
    : undefined;
}

/** A number, or its text. */
function numberOf(value: unknown): number {
  return Number(typeof value === 'object' ? JSON.stringify(value) : value);
}
