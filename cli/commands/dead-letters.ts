import type { Command } from 'commander';
import { deadLetterList, replayResult } from '../../src/lib/pipeline/dead-letter-answers.ts';
import { EXIT } from '../cli-error.ts';
import { limitOption } from '../limit-option.ts';
import { action } from '../session.ts';
import { count, counted, printable, table } from '../text.ts';

interface Options {
  readonly limit: string;
}

/** `dead-letters`: rows that Azure refuses. */
export function addDeadLetters(program: Command): void {
  const parent = program
    .command('dead-letters')
    .description('list rows that Azure refuses, or send them again')
    .addHelpText('after', `\nWhat they are and what to do: docs/operate.md, "Dead letters".`);
  parent
    .command('list', { isDefault: true })
    .description('list dead letters with the reasons, not the rows themselves')
    .addOption(limitOption())
    .addHelpText('after', '\nExamples:\n  qualys dead-letters\n  qualys dead-letters list --limit 1000 --json')
    .action(
      action<Options>(async ({ connector, isJson, print, printJson, color }, { limit }) => {
        const { body } = await connector.ask({ path: 'dead-letters', query: { limit }, schema: deadLetterList });
        const letters = body.deadLetters;
        if (isJson) printJson(body);
        else if (letters.length === 0) print('No dead letters.');
        else {
          const rows = letters.map(({ at, stream, window, table: name, bytes, reason, broken }) => [
            ...[at, stream, window, name],
            count(bytes),
            broken === undefined ? reason : `broken: ${broken}`,
          ]);
          const [first = '', ...lines] = table(['AT', 'STREAM', 'WINDOW', 'TABLE', 'BYTES', 'REASON'], rows);
          print(color('dim', first));
          for (const line of lines) print(line);
        }
        return EXIT.fine;
      }),
    );
  parent
    .command('replay')
    .description('send dead letters again, after a fix; each goes only after its rows were accepted')
    .addOption(limitOption())
    .addHelpText(
      'after',
      '\nExit code 1 when some are refused again; they stay.\n\nExample:\n  qualys dead-letters replay --timeout 5m',
    )
    .action(
      action<Options>(async ({ connector, isJson, print, printJson, color }, { limit }) => {
        const path = 'dead-letters/replay';
        const { body } = await connector.ask({ method: 'POST', path, query: { limit }, schema: replayResult });
        if (isJson) printJson(body);
        else {
          print(
            `${counted(body.replayed, 'dead letter')} with ${counted(body.rows, 'row')} accepted, ${count(body.failed.length)} refused again`,
          );
          for (const { name, error } of body.failed) print(color('red', `  ${printable(name)}: ${printable(error)}`));
        }
        return body.failed.length === 0 ? EXIT.fine : EXIT.problem;
      }),
    );
}
