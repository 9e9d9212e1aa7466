import { InvalidArgumentError, type Command } from 'commander';
import * as z from 'zod';
import { CliError, EXIT } from '../cli-error.ts';
import type { Connector } from '../connector.ts';
import { writeRowTree } from '../row-tree.ts';
import { action, type Session } from '../session.ts';
import { count, counted, printable, table } from '../text.ts';

const rowList = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.object({ at: z.number(), cells: z.array(z.string()) })),
  searched: z.number(),
  before: z.number().nullable(),
});
const wholeRow = z.object({ table: z.string(), row: z.record(z.string(), z.unknown()) });
const tableList = z.array(
  z.object({
    stream: z.string(),
    table: z.string(),
    rows: z.number(),
    bytes: z.number(),
    losses: z
      .object({
        cutFields: z.number(),
        droppedColumns: z.number(),
        unconvertedValues: z.number(),
        replacedTimes: z.number(),
        refused: z.number(),
        columns: z.record(z.string(), z.record(z.string(), z.number())),
      })
      .nullable(),
    refusals: z.array(z.object({ time: z.string(), status: z.number(), code: z.string(), message: z.string() })),
  }),
);

type RowList = z.output<typeof rowList>;
type TableView = z.output<typeof tableList>[number];

interface Options {
  readonly limit: number;
  readonly search?: string;
  readonly host?: string;
  readonly qid?: string;
  readonly hash?: string;
  readonly row?: number;
  readonly rowKey?: string;
}

const MOST_REFUSALS = 3;

/** `rows`: what is in the local tables. */
export function addRows(program: Command): void {
  program
    .command('rows')
    .argument('<stream>', 'name of a stream or of its table')
    .description('show the rows that arrived last in a table of the local app (npm start), or one of them whole')
    .option('--limit <n>', 'how many', (text) => parseCount(text, 500), 20)
    .option('--search <text>', 'only rows that hold it in any value')
    .option('--host <text>', 'only rows of hosts whose name, address or id holds it')
    .option('--qid <number>', 'only rows with this QID, the number of a vulnerability')
    .option('--hash <text>', 'only rows that hold it in a hash')
    .option('--row <n>', 'unfold the n-th row of the list', (text) => parseCount(text, 500))
    .option('--row-key <key>', 'unfold the newest row of this RowKey, given whole')
    .addHelpText(
      'after',
      `
Below the list: how many rows the table holds, and what the local ingestion endpoint cut, dropped, could not convert or refused
since its start, as Azure would. The same in the browser: http://127.0.0.1:7071/local/rows. A deployment keeps its rows in the workspace.

Examples:
  qualys rows edr-events
  qualys rows edr-events --host ws-101 --row 1
  qualys rows vm-detections --qid 39097 --limit 5
  qualys rows edr-events --row-key "$ROW_KEY"`,
    )
    .action(
      action<Options, [string]>(async (session, options, stream) => {
        const isOne = options.row !== undefined || options.rowKey !== undefined;
        await (isOne ? showRow(session, options, stream) : showList(session, options, stream));
        return EXIT.fine;
      }),
    );
}

async function showRow(session: Session, options: Options, stream: string): Promise<void> {
  const { connector, isJson, print, printJson } = session;
  const wanted = options.row ?? 1;
  const { rows } = await list(connector, stream, options, wanted);
  const found = rows[wanted - 1];
  if (found === undefined) {
    throw new CliError(
      EXIT.usage,
      `there is no such row: ${counted(rows.length, 'row')} of ${printable(stream)} found`,
    );
  }
  const query = { stream, at: String(found.at) };
  const { row } = (await connector.ask({ isLocal: true, path: 'row', query, schema: wholeRow })).body;
  if (isJson) printJson(row);
  else for (const line of writeRowTree(row)) print(line);
}

async function showList(session: Session, options: Options, stream: string): Promise<void> {
  const { connector, isJson, print, printJson } = session;
  const found = await list(connector, stream, options, options.limit);
  if (isJson) {
    const { columns, rows } = found;
    printJson(rows.map(({ cells }) => Object.fromEntries(columns.map((name, place) => [name, cells[place] ?? '']))));
    return;
  }
  const tables = (await connector.ask({ isLocal: true, path: 'tables', schema: tableList })).body;
  const view = tables.find((each) => each.stream === stream || each.table === stream);
  if (found.rows.length === 0) print(`0 of ${counted(view?.rows ?? found.searched, 'row')}`);
  else showFound(found, session);
  print();
  if (view !== undefined) showTable(view, session);
}

function showFound(found: RowList, { print, color }: Session): void {
  const head = ['', ...found.columns.map((name) => name.toUpperCase())];
  const [first = '', ...lines] = table(
    head,
    found.rows.map(({ cells }, place) => [String(place + 1), ...cells]),
  );
  print(color('dim', first));
  for (const line of lines) print(line);
}

/** Asks until there are enough rows: a search answers after a second or so with what it has. */
async function list(connector: Connector, stream: string, options: Options, limit: number): Promise<RowList> {
  const { search: text, host, qid, hash, rowKey: key } = options;
  let all: RowList | undefined;
  for (;;) {
    const before = all?.before;
    const query = {
      ...{ stream, text, host, qid, hash, key },
      limit: String(limit - (all?.rows.length ?? 0)),
      before: typeof before === 'number' ? String(before) : undefined,
    };
    const { body } = await connector.ask({ isLocal: true, path: 'list', query, schema: rowList });
    all = { ...body, rows: [...(all?.rows ?? []), ...body.rows] };
    if (all.rows.length >= limit || all.before === null) return all;
  }
}

function showTable({ table: name, rows, bytes, losses, refusals }: TableView, { print, color }: Session): void {
  const size = `${printable(name)}: ${counted(rows, 'row')}, ${count(bytes / 1e6)} MB.`;
  if (losses === null) {
    print(`${size} Nothing was sent to it since the start.`);
    return;
  }
  const { cutFields, droppedColumns, refused, unconvertedValues } = losses;
  const sums = `${count(cutFields)} values cut at 64 KB, ${count(droppedColumns)} dropped, ${count(unconvertedValues)} not converted`;
  print(`${size} Since the start: ${sums}; ${counted(refused, 'call')} refused.`);
  for (const [column, kinds] of Object.entries(losses.columns)) {
    const told = Object.entries(kinds).map(([kind, times]) => `${kind} ${count(times)}`);
    print(color('yellow', `  ${printable(column)}: ${told.join(', ')}`));
  }
  for (const { time, status, code, message } of refusals.slice(-MOST_REFUSALS)) {
    print(color('yellow', `  refused ${time}: HTTP ${status} ${printable(code)}, ${printable(message)}`));
  }
}

function parseCount(text: string, most: number): number {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= most) return number;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
}
