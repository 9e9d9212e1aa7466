/** `qualys`: looks at a deployment of the connector and works it, over its HTTP routes. */
import { Command, CommanderError, Option } from 'commander';
import { styleText } from 'node:util';
import packageJson from '../package.json' with { type: 'json' };
import { messageOf } from '../src/lib/errors.ts';
import { CliError, EXIT } from './cli-error.ts';
import { addAlerts } from './commands/alerts.ts';
import { addBackfill } from './commands/backfill.ts';
import { addBackfills } from './commands/backfills.ts';
import { addCost } from './commands/cost.ts';
import { addDeadLetters } from './commands/dead-letters.ts';
import { addForget } from './commands/forget.ts';
import { addPing } from './commands/ping.ts';
import { addRebuild } from './commands/rebuild.ts';
import { addRows } from './commands/rows.ts';
import { addStatus } from './commands/status.ts';
import { addTryNow } from './commands/try-now.ts';
import { addTrace } from './commands/trace.ts';
import { addRetry, addWaive } from './commands/window-acts.ts';
import { addWindows } from './commands/windows.ts';
import { LOCAL_URL } from './session.ts';
import { spanOption } from './time.ts';

const HELP = `
Begin with:
  export CONNECTOR_URL=https://func-qualys.azurewebsites.net   # not needed for the local app (npm start)
  export CONNECTOR_KEY=…                                       # a function key; not in the history, not in the process list
  # or, where callers sign in with Entra ID:
  export CONNECTOR_TOKEN=$(az account get-access-token --resource api://<client id> --query accessToken -o tsv)
  qualys ping

Behind a proxy also set NODE_USE_ENV_PROXY=1 and HTTPS_PROXY; for an authority of your own NODE_EXTRA_CA_CERTS.

Exit codes:
  0  done, and all is well
  1  the connector tells of a problem: a failed check or window, a backfill that did not succeed, Qualys failing
  2  wrong usage: an option, a time, an id or a key of a window that does not exist
  3  the connector cannot be reached, refuses the key or the sign-in, or something else answers in its place
  130, 143  ended by Ctrl-C or a signal; a backfill goes on`;

function createProgram(): Command {
  const program = new Command('qualys')
    .description('Looks at a deployment of the Qualys connector for Microsoft Sentinel, and works it.')
    .version(packageJson.version)
    .addOption(new Option('--url <address>', 'address of the function app').env('CONNECTOR_URL').default(LOCAL_URL))
    .addOption(new Option('--key <key>', 'function key; better in the environment').env('CONNECTOR_KEY'))
    .addOption(new Option('--token <token>', 'token of a sign-in; better in the environment').env('CONNECTOR_TOKEN'))
    .addOption(spanOption('--timeout <span>', 'how long to wait for an answer', { usual: '60s', most: '1h' }))
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', HELP)
    .showHelpAfterError('(add --help for options and examples)')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  const commands = [
    addPing,
    addStatus,
    addCost,
    addWindows,
    addRetry,
    addWaive,
    addBackfill,
    addBackfills,
    addDeadLetters,
    addForget,
    addAlerts,
    addTryNow,
    addTrace,
    addRebuild,
    addRows,
  ];
  for (const add of commands) add(program);
  return program;
}

/** @returns the exit code. */
function tellFailure(error: unknown): number {
  // Commander has told it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  const tell = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  const message = error instanceof CliError ? error.message : `this is a defect, please report it: ${messageOf(error)}`;
  tell(styleText('red', `error: ${message}`, { stream: process.stderr }));
  if (error instanceof CliError && error.hint !== undefined) tell(error.hint);
  return error instanceof CliError ? error.exitCode : EXIT.problem;
}

// Whoever reads the output may stop early (`| head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.fine : EXIT.problem),
);
try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = tellFailure(error);
}
