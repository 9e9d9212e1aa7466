import { type Command, Option } from 'commander';
import { ACCEPTABLE } from '../../src/lib/http/requests.ts';
import { retriedWindows } from '../../src/lib/openapi/operations/windows.ts';
import { window, type WindowView } from '../../src/lib/pipeline/window-answer.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { action, type Session } from '../session.ts';
import { counted, printable } from '../text.ts';

interface Options {
  readonly stream: string;
  /** `live`, or the id of a backfill. */
  readonly run: string;
  readonly reason?: string;
}

interface RetryOptions extends Options {
  readonly all?: true;
  readonly accept?: string;
}

/** `retry`: reads windows again. */
export function addRetry(program: Command): void {
  addOptions(program.command('retry').argument('[windows...]', 'keys of windows, as the list gives them'))
    .description('read failed, waiting or incomplete windows again at once')
    .option('--all', 'all of the stream that failed, are incomplete or wait for their next try')
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
What failed or waits is tried again by itself, after up to an hour; this saves the wait. What waits for Qualys or for
a refused account goes on waiting there: that is what try-now is for. A failed or incomplete
window is read from its start; rows that come again have the same RowKey. A window that waits because Azure
refuses its rows goes on with --accept dead-letters; look at the data collection rule first. One that failed because
Qualys ignores the time filter goes on with --accept outside; look at EDR_TIME_TOKEN and EDR_TIME_FIELD first.

Examples:
  qualys retry --stream edr-events --all
  qualys retry --stream edr-events 20260501T115300Z-20260501T115800Z
  qualys retry --stream edr-events --run 9d3f0c1b77a2-1 20260401T000000Z-20260401T001500Z   # of a backfill`,
    )
    .action(
      action<RetryOptions, [string[]]>(async (session, options, given) => {
        if (options.all === true) return retryAll(given, options, session);
        if (given.length === 0) throw new CliError(EXIT.usage, 'name the windows to retry, or say --all');
        return actOnAll('retry', given, options, session);
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

async function retryAll(
  given: readonly string[],
  { stream, run, reason, accept }: RetryOptions,
  { connector, isJson, print, printJson }: Session,
): Promise<number> {
  if (given.length > 0) throw new CliError(EXIT.usage, 'name the windows to retry, or say --all, not both');
  if (accept !== undefined) throw new CliError(EXIT.usage, '--accept is for windows that are named, not for --all');
  const path = `windows/${encodeURIComponent(stream)}/retry`;
  const query = { run, reason };
  const { body } = await connector.ask({ method: 'POST', path, query, schema: retriedWindows });
  if (isJson) printJson(body);
  else if (body.retried === 0) print('Nothing failed, is incomplete or waits.');
  else print(`Retried ${counted(body.retried, 'window')} of ${printable(stream)}.`);
  return EXIT.fine;
}

/** Acts on each window. One that is refused, because a worker has it, is no reason to leave the others. */
async function actOnAll(
  act: 'retry' | 'waive',
  keys: readonly string[],
  { stream, run, reason, accept }: RetryOptions,
  { connector, isJson, print, printJson, note }: Session,
): Promise<number> {
  const changed: WindowView[] = [];
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
