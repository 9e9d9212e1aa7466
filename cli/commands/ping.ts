import type { Command } from 'commander';
import { pingResult } from '../../src/lib/http/ping-answers.ts';
import { EXIT } from '../cli-error.ts';
import { action } from '../session.ts';
import { table } from '../text.ts';

/** `ping`: can the connector reach and use everything? */
export function addPing(program: Command): void {
  program
    .command('ping')
    .description('check that the connector reaches and may use everything: storage, Qualys, Azure')
    .addHelpText(
      'after',
      `
Exit code 1 when a check fails. What to do then: docs/operate.md, "Ping says no".

Examples:
  qualys ping
  qualys ping --json | jq '.checks[] | select(.ok | not)'`,
    )
    .action(
      action(async ({ connector, isJson, print, printJson, color }) => {
        const { body } = await connector.ask({ method: 'POST', path: 'ping', schema: pingResult, alsoGood: 503 });
        if (isJson) printJson(body);
        else {
          const rows = body.checks.map(({ name, ok, latencyMs, detail }) => [
            ok ? 'ok' : 'FAILED',
            name,
            `${latencyMs} ms`,
            detail,
          ]);
          const [head = '', ...lines] = table(['', 'CHECK', 'TIME', 'DETAIL'], rows);
          print(color('dim', head));
          for (const [index, line] of lines.entries())
            print(body.checks[index]?.ok === true ? line : color('red', line));
        }
        return body.ok ? EXIT.fine : EXIT.problem;
      }),
    );
}
