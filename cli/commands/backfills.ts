import type { Command } from 'commander';
import { backfillList } from '../../src/lib/openapi/operations/backfills.ts';
import { backfill, type BackfillView } from '../../src/lib/pipeline/backfill-answer.ts';
import { EXIT } from '../cli-error.ts';
import { action } from '../session.ts';
import { ago, count, span, table } from '../text.ts';
import { addWaitOptions, describeWait, waitAndShow, type WaitOptions } from '../wait-for-backfill.ts';

/** `backfills`: those that run or ran. */
export function addBackfills(program: Command): void {
  const parent = program.command('backfills').description('list backfills, wait for one, or cancel one');
  parent
    .command('list', { isDefault: true })
    .description('list all backfills with their progress, newest first')
    .addHelpText('after', '\nExamples:\n  qualys backfills\n  qualys backfills --json')
    .action(
      action(async ({ connector, isJson, print, printJson, color }) => {
        const { body } = await connector.ask({ path: 'backfill', schema: backfillList });
        if (isJson) printJson(body);
        else if (body.length === 0) print('No backfills.');
        else {
          const head = ['ID', 'STREAM', 'FROM', 'TO', 'STATUS', 'DONE', 'WINDOWS', 'FAILED', 'ROWS', 'STARTED', 'LEFT'];
          const [first = '', ...lines] = table(head, body.map(toRow));
          print(color('dim', first));
          for (const [index, line] of lines.entries()) {
            print(line);
            const waits = body[index]?.waits;
            if (waits !== null && waits !== undefined) print(color('yellow', `  ${describeWait(waits)}`));
          }
        }
        return EXIT.fine;
      }),
    );
  const wait = parent
    .command('wait')
    .argument('<id>', 'id of the backfill')
    .description('show the progress of a backfill until it has ended');
  addWaitOptions(wait)
    .addHelpText(
      'after',
      `
Exit code 0 when it succeeded, 1 when it failed or was cancelled. Ctrl-C ends the waiting, not the backfill.

Example:
  qualys backfills wait 9d3f0c1b77a2-1`,
    )
    .action(action<WaitOptions, [string]>((session, options, id) => waitAndShow(id, session, options)));
  parent
    .command('cancel')
    .argument('<id>', 'id of the backfill')
    .description('cancel what has not started; windows in work run to their end')
    .addHelpText('after', '\nExample:\n  qualys backfills cancel 9d3f0c1b77a2-1')
    .action(
      action<object, [string]>(async ({ connector, isJson, print, printJson }, _options, id) => {
        const path = `backfill/${encodeURIComponent(id)}`;
        const { body } = await connector.ask({ method: 'DELETE', path, schema: backfill });
        if (isJson) printJson(body);
        else
          print(
            `Backfill ${body.id} is ${body.status}, ${count(body.windows.closed)} of ${count(body.windows.total)} windows read`,
          );
        return EXIT.fine;
      }),
    );
}

function toRow({
  id,
  stream,
  from,
  to,
  status,
  percent,
  windows,
  rows,
  startedAt,
  etaSeconds,
}: BackfillView): string[] {
  return [
    ...[id, stream, from, to, status, `${percent}%`],
    `${count(windows.closed)}/${count(windows.total)}`,
    count(windows.failed),
    count(rows),
    ago(startedAt),
    etaSeconds === null ? '–' : span(etaSeconds),
  ];
}
