import type { Command } from 'commander';
import { tryNowAnswer } from '../../src/lib/http/try-now-answer.ts';
import { EXIT } from '../cli-error.ts';
import { action } from '../session.ts';
import { counted } from '../text.ts';

interface Options {
  readonly reason?: string;
}

/** `try-now`: after a repair of the account or the identity, all that waits goes on. */
export function addTryNow(program: Command): void {
  program
    .command('try-now')
    .description('after a repair of the account or of the identity: try it, and let all windows that wait for it go on')
    .option('--reason <text>', 'why, for the audit log')
    .addHelpText(
      'after',
      `
A secret that Qualys refuses is tried three times in all, so that the account is not locked; this lets one more login
out, three times an hour. A new secret needs it not: that is tried at once.

Example:
  qualys try-now --reason "unlocked in the console"`,
    )
    .action(
      action<Options>(async ({ connector, isJson, print, printJson }, { reason }) => {
        const { body } = await connector.ask({
          method: 'POST',
          path: 'try-now',
          query: { reason },
          schema: tryNowAnswer,
        });
        if (isJson) printJson(body);
        else {
          const login = body.login === 'granted' ? 'One login may go out now' : 'No login is kept back';
          print(`${login}; ${counted(body.windows, 'window')} that waited go on.`);
        }
        return EXIT.fine;
      }),
    );
}
