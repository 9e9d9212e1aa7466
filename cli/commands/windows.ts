import { InvalidArgumentError, type Command } from 'commander';
import type * as z from 'zod';
import { status } from '../../src/lib/openapi/operations/health.ts';
import { window, WINDOW_STATES, windowList } from '../../src/lib/openapi/operations/windows.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { Connector } from '../connector.ts';
import { action, type Session } from '../session.ts';
import { count, counted, printable, table } from '../text.ts';
import { spanOption } from '../time.ts';

type Window = z.output<typeof window>;
const HOUR_MS = 3_600_000;
/** As much as the route takes. */
const MOST = '999h';

interface ListOptions {
  readonly stream?: string;
  readonly state?: readonly string[];
  /** In milliseconds. */
  readonly since: number;
}

interface ActOptions {
  readonly stream: string;
  readonly run: string;
  readonly reason?: string;
  readonly failed?: true;
}

/** `windows`, `retry` and `waive`: what is read, and what an operator does about it. */
export function addWindows(program: Command): void {
  addList(program);
  addAct(program, 'retry', 'Retried')
    .description('read failed, waiting or incomplete windows again at once')
    .option('--failed', 'all failed windows of the stream, besides those named')
    .option('--reason <text>', 'why, for the audit log')
    .addHelpText(
      'after',
      `
Failed windows are tried again by themselves, after up to an hour; this saves the wait. An incomplete window is
read from its start, and its rows come again with the same RowKey.

Examples:
  qualys retry --stream edr-events --failed
  qualys retry --stream edr-events 20260501T115300Z-20260501T115800Z
  qualys retry --stream edr-events --run 9d3f0c1b77a2-1 20260401T000000Z-20260401T001500Z   # of a backfill`,
    );
  addAct(program, 'waive', 'Waived')
    .description('give windows up: the watermark passes them, and what they hold is not ingested')
    .requiredOption('--reason <text>', 'why, for the audit log')
    .addHelpText(
      'after',
      `
Waiving an incomplete window acknowledges the gap: status shows it no longer. A backfill of the same time can be
started any time later.

Example:
  qualys waive --stream edr-events --reason "Qualys case 4711" 20260501T115300Z-20260501T115800Z`,
    );
}

function addList(program: Command): void {
  program
    .command('windows')
    .description('list windows of time: those of the last hours, and all that need attention')
    .option('--stream <name>', 'only of this stream')
    .option('--state <states>', `only in these states, comma-separated: ${WINDOW_STATES.join(', ')}`, parseStates)
    .addOption(
      spanOption('--since <span>', 'finished ones that end within this span before now', { usual: '24h', most: MOST }),
    )
    .addHelpText(
      'after',
      `
EXPECTED is Qualys' own count (EDR; VM does not count), FETCHED what came (VM: hosts), UPLOADED the rows that
Azure accepted. Finished windows are kept for eight days.

Examples:
  qualys windows --stream edr-events --since 2h
  qualys windows --state failed,incomplete
  qualys windows --json | jq '.[].windows[] | select(.attempts > 0)'`,
    )
    .action(
      action<ListOptions>(async (session, { stream, state, since }) => {
        const { connector, isJson, printJson } = session;
        const hours = Math.max(1, Math.ceil(since / HOUR_MS));
        const found: { stream: string; windows: Window[] }[] = [];
        for (const name of stream === undefined ? await enabledStreams(connector) : [stream]) {
          const windows = await listWindows(connector, name, String(hours));
          found.push({ stream: name, windows: windows.filter((each) => state?.includes(each.state) ?? true) });
        }
        if (isJson) printJson(found);
        else showWindows(found, session);
        return EXIT.fine;
      }),
    );
}

function addAct(program: Command, name: 'retry' | 'waive', done: string): Command {
  return program
    .command(name)
    .argument(name === 'retry' ? '[windows...]' : '<windows...>', 'keys of windows, as the list gives them')
    .requiredOption('--stream <name>', 'stream of the windows')
    .option('--run <id>', 'id of the backfill that the windows belong to', 'live')
    .action(
      action<ActOptions, [string[]]>(async ({ connector, isJson, print, printJson, note }, options, given) => {
        const { stream, run, reason } = options;
        const keys = [...given, ...(options.failed === true ? await failedKeys(connector, options) : [])];
        if (keys.length === 0 && options.failed !== true) throw new CliError(EXIT.usage, `name the windows to ${name}`);
        const changed: Window[] = [];
        let code: number = EXIT.fine;
        for (const key of new Set(keys)) {
          const path = `windows/${encodeURIComponent(stream)}/${encodeURIComponent(key)}/${name}`;
          try {
            const { body } = await connector.ask({ method: 'POST', path, query: { run, reason }, schema: window });
            changed.push(body);
            if (!isJson) print(`${done} ${printable(body.key)}: ${body.state}`);
          } catch (error) {
            // A window that is refused, because a worker has it, is no reason to leave the others.
            if (!(error instanceof CliError) || error.exitCode === EXIT.unreachable) throw error;
            note(`${printable(key)}: ${error.message}`);
            code = Math.max(code, error.exitCode);
          }
        }
        if (isJson) printJson({ windows: changed });
        else if (keys.length === 0) print('No failed window.');
        return code;
      }),
    );
}

async function failedKeys(connector: Connector, { stream, run }: ActOptions): Promise<string[]> {
  if (run !== 'live') throw new CliError(EXIT.usage, '--failed finds live windows only: name those of a backfill');
  const windows = await listWindows(connector, stream, '1');
  return windows.filter(({ state }) => state === 'failed').map(({ key }) => key);
}

async function enabledStreams(connector: Connector): Promise<string[]> {
  const { body } = await connector.ask({ path: 'status', schema: status });
  return body.streams.filter(({ enabled }) => enabled).map(({ name }) => name);
}

async function listWindows(connector: Connector, stream: string, hours: string): Promise<Window[]> {
  const path = `windows/${encodeURIComponent(stream)}`;
  return (await connector.ask({ path, query: { hours }, schema: windowList })).body.windows;
}

function showWindows(found: readonly { stream: string; windows: Window[] }[], { print, color }: Session): void {
  for (const { stream, windows } of found) {
    print(color('bold', `${printable(stream)}: ${counted(windows.length, 'window')}`));
    const head = ['WINDOW', 'STATE', 'EXPECTED', 'FETCHED', 'UPLOADED', 'PAGES', 'CALLS', 'TRIES'];
    const [first = '', ...lines] = table(head, windows.map(toRow));
    if (windows.length > 0) print(color('dim', first));
    for (const [index, line] of lines.entries()) {
      const { state, error } = windows[index] ?? {};
      print(state === 'failed' ? color('red', line) : state === 'incomplete' ? color('yellow', line) : line);
      if (typeof error === 'string') print(`  ${printable(error)}`);
    }
  }
}

function toRow({ key, state, inWork, expected, fetched, uploaded, pages, calls, attempts }: Window): string[] {
  const shown = inWork ? `${state} (in work)` : state;
  return [
    key,
    shown,
    expected === null ? '–' : count(expected),
    ...[fetched, uploaded, pages, calls, attempts].map(count),
  ];
}

function parseStates(text: string): readonly string[] {
  const states = text.split(',').map((state) => state.trim());
  const unknown = states.find((state) => !(WINDOW_STATES as readonly string[]).includes(state));
  if (unknown === undefined) return states;
  throw new InvalidArgumentError(
    `There is no state ${JSON.stringify(unknown)}; there are ${WINDOW_STATES.join(', ')}.`,
  );
}
