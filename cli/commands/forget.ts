import type { Command } from 'commander';
import { forgetAnswer } from '../../src/lib/openapi/operations/windows.ts';
import { EXIT } from '../cli-error.ts';
import { action } from '../session.ts';
import { counted } from '../text.ts';

interface Options {
  readonly stream: string;
  readonly reason?: string;
}

/** `forget`: has hosts sent again that have not changed. */
export function addForget(program: Command): void {
  program
    .command('forget')
    .argument('[ids...]', 'Qualys ids of hosts; all without')
    .description('forget what was sent of hosts: they are sent again when Qualys processes them next')
    .requiredOption('--stream <name>', 'stream that remembers: vm-detections')
    .option('--reason <text>', 'why, for the audit log')
    .addHelpText(
      'after',
      `
Without VM_INGEST=all a host is sent when something of it has changed, and once a week otherwise. After rows
were dropped by Azure, or deleted, let the connector forget the hosts. A backfill sends them at once.

Examples:
  qualys forget --stream vm-detections --reason "the rule dropped rows on Monday"
  qualys forget --stream vm-detections 100234 100235`,
    )
    .action(
      action<Options, [string[]]>(async ({ connector, isJson, print, printJson }, { stream, reason }, ids) => {
        const { body } = await connector.ask({
          method: 'POST',
          path: `memory/${encodeURIComponent(stream)}/forget`,
          query: { ids: ids.length === 0 ? undefined : ids.join(','), reason },
          schema: forgetAnswer,
        });
        if (isJson) printJson(body);
        else
          print(`Forgot ${body.forgotten === null ? 'all hosts' : counted(body.forgotten, 'host')} of ${body.stream}.`);
        return EXIT.fine;
      }),
    );
}
