import type { Command } from 'commander';
import { EXIT } from '../cli-error.ts';
import { readStatus } from '../read-status.ts';
import { action } from '../session.ts';
import { showStatus } from '../show-status.ts';
import { spanOption } from '../time.ts';
import { watchStatus } from '../watch-status.ts';

interface Options {
  readonly watch?: boolean;
  /** In milliseconds. */
  readonly interval: number;
}

/** `status`: is it all there, what is wrong, how late is it? */
export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show whether everything is ingested, what is wrong and what to do, and how late each stream is')
    .option('--watch', 'go on showing it until Ctrl-C; without a terminal, whenever something else is wrong')
    .addOption(spanOption('--interval <span>', 'how often to ask with --watch', { usual: '5s', most: '1h' }))
    .addHelpText(
      'after',
      `
The judgement is the connector's own, the same as on its dashboard and in its alarms:
  ok            everything that is due is ingested
  catching-up   not everything is here yet, it comes
  waiting       for Qualys, or for the next try
  attention     a person is needed
  down          a stream stands still until a person acts
Exit code 1 with attention and down. Each problem is explained in docs/operate.md under its name.
LAG is now minus the watermark; everything before the watermark is in the tables.

Examples:
  qualys status
  qualys status --watch
  qualys status --json | jq '.problems[] | .code, .text'`,
    )
    .action(
      action<Options>(async (session, { watch, interval }) => {
        if (watch === true) return watchStatus(session, interval);
        const status = await readStatus(session.connector);
        if (session.isJson) session.printJson(status);
        else showStatus(status, session);
        return status.ok ? EXIT.fine : EXIT.problem;
      }),
    );
}
