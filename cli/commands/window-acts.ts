import { type Command, Option } from 'commander';
import { ACCEPTABLE } from '../../src/lib/http/requests.ts';
import { window } from '../../src/lib/openapi/operations/windows.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { Connector } from '../connector.ts';
import { action, type Session } from '../session.ts';
import { printable } from '../text.ts';
import { listWindows, type Window } from './windows.ts';

interface Options {
  readonly stream: string;
  /** `live`, or the id of a backfill. */
  readonly run: string;
  readonly reason?: string;
}

interface RetryOptions extends Options {
  readonly failed?: true;
  readonly accept?: string;
}

/** `retry`: reads windows again. */
export function addRetry(program: Command): void {
  addOptions(program.command('retry').argument('[windows...]', 'keys of windows, as the list gives them'))
    .description('read failed, waiting or incomplete windows again at once')
    .option('--failed', 'all failed windows of the stream, besides those named')
    .addOption(
      new Option(
        '--accept <what>',
        'let pass what stops the window: all rows that Azure refuses, or records of another time',
      ).choices(ACCEPTABLE),
    )
    .option('--reason <text>', 'why, for the audit log')
    .addHelpText(
      'after',
      `
Failed windows are tried again by themselves, after up to an hour; this saves the wait. A failed or incomplete
window is read from its start; rows that come again have the same RowKey. A window that waits because Azure
refuses its rows goes on with --accept dead-letters; look at the data collection rule first. One that failed because
Qualys ignores the time filter goes on with --accept outside; look at EDR_TIME_TOKEN and EDR_TIME_FIELD first.

Examples:
  qualys retry --stream edr-events --failed
  qualys retry --stream edr-events 20260501T115300Z-20260501T115800Z
  qualys retry --stream edr-events --run 9d3f0c1b77a2-1 20260401T000000Z-20260401T001500Z   # of a backfill`,
    )
    .action(
      action<RetryOptions, [string[]]>(async (session, options, given) => {
        if (options.failed !== true) {
          if (given.length === 0) throw new CliError(EXIT.usage, 'name the windows to retry, or say --failed');
          return actOnAll('retry', given, options, session);
        }
        const keys = [...given, ...(await failedKeys(session.connector, options))];
        if (keys.length === 0 && !session.isJson) session.print('No failed window.');
        return actOnAll('retry', keys, options, session);
      }),
    );
}

/** `waive`: gives windows up. */
export function addWaive(program: Command): void {
  addOptions(program.command('waive').argument('<windows...>', 'keys of windows, as the list gives them'))
    .description('give windows up: the watermark passes them, and what they hold is not ingested')
    .requiredOption('--reason <text>', 'why, for the audit log')
    .addHelpText(
      'after',
      `
Waiving an incomplete window acknowledges the gap: status shows it no longer. A backfill of the same time can be
started any time later.

Example:
  qualys waive --stream edr-events --reason "Qualys case 4711" 20260501T115300Z-20260501T115800Z`,
    )
    .action(action<Options, [string[]]>((session, options, keys) => actOnAll('waive', keys, options, session)));
}

function addOptions(command: Command): Command {
  return command
    .requiredOption('--stream <name>', 'stream of the windows')
    .option('--run <id>', 'id of the backfill that the windows belong to', 'live');
}

async function failedKeys(connector: Connector, { stream, run }: Options): Promise<string[]> {
  if (run !== 'live') throw new CliError(EXIT.usage, '--failed finds live windows only: name those of a backfill');
  const windows = await listWindows(connector, stream, '1');
  return windows.filter(({ state }) => state === 'failed').map(({ key }) => key);
}

/** Acts on each window. One that is refused, because a worker has it, is no reason to leave the others. */
async function actOnAll(
  act: 'retry' | 'waive',
  keys: readonly string[],
  { stream, run, reason, accept }: RetryOptions,
  { connector, isJson, print, printJson, note }: Session,
): Promise<number> {
  const changed: Window[] = [];
  let code: number = EXIT.fine;
  for (const key of new Set(keys)) {
    const path = `windows/${encodeURIComponent(stream)}/${encodeURIComponent(key)}/${act}`;
    try {
      const query = { run, reason, accept };
      const { body } = await connector.ask({ method: 'POST', path, query, schema: window });
      changed.push(body);
      if (!isJson) print(`${act === 'retry' ? 'Retried' : 'Waived'} ${printable(body.key)}: ${body.state}`);
    } catch (error) {
      if (!(error instanceof CliError) || error.exitCode === EXIT.unreachable) throw error;
      note(`${printable(key)}: ${error.message}`);
      code = Math.max(code, error.exitCode);
    }
  }
  if (isJson) printJson({ windows: changed });
  return code;
}
