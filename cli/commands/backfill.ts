import type { Command } from 'commander';
import { estimate, started } from '../../src/lib/pipeline/backfill-answer.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { Connector } from '../connector.ts';
import { describeEstimate } from '../describe-estimate.ts';
import { readStreams } from '../read-status.ts';
import { action } from '../session.ts';
import { parseInstant } from '../time.ts';
import { addWaitOptions, waitAndShow, type WaitOptions } from '../wait-for-backfill.ts';

interface Options extends WaitOptions {
  readonly stream: string;
  readonly from: string;
  readonly to?: string;
  readonly wait?: true;
  readonly dryRun?: true;
}

/** `backfill`: reads a range again. */
export function addBackfill(program: Command): void {
  const command = program
    .command('backfill')
    .description('read a range of time again, or one from before the start')
    .requiredOption('--stream <name>', 'stream to read, e.g. edr-events')
    .requiredOption('--from <time>', 'first instant of the range', instant)
    .option('--to <time>', 'first instant after the range (default: the watermark)', instant)
    .option('--dry-run', 'say what it would cost, and start nothing')
    .option('--wait', 'stay and show the progress until it has ended');
  addWaitOptions(command)
    .addHelpText(
      'after',
      `
Times: 2026-04-01T00:00:00Z, a day such as 2026-04-01 (its beginning in UTC), or a span before now: 7d, 24h, 90m.
The range must lie before the watermark, because live ingestion covers what is later. It never moves the watermark,
and rows read again have the same RowKey. The same range is not started twice while it runs.

Examples:
  qualys backfill --stream edr-events --from 7d --dry-run
  qualys backfill --stream edr-events --from 7d --wait
  qualys backfill --stream vm-detections --from 2026-04-01 --to 2026-04-08
  qualys backfills                                # all, with their progress
  qualys backfills wait 9d3f0c1b77a2-1            # go on waiting for one`,
    )
    .action(
      action<Options>(async (session, options) => {
        const { connector, isJson, print, printJson, commandLine } = session;
        const { stream, from } = options;
        const to = options.to ?? (await readWatermark(connector, stream, from));
        const body = { stream, from, to };
        if (options.dryRun === true || !isJson) {
          const { body: cost } = await connector.ask({ path: 'backfill-estimate', query: body, schema: estimate });
          if (isJson) printJson(cost);
          else print(`${cost.stream}, ${cost.from} to ${cost.to}: ${describeEstimate(cost)}`);
          if (options.dryRun === true) return EXIT.fine;
        }
        const { status: code, body: backfill } = await connector.ask({
          method: 'POST',
          path: 'backfill',
          body,
          schema: started,
        });
        if (!isJson) {
          const verb = code === 200 ? 'runs already' : 'started';
          print(`Backfill ${backfill.id} ${verb}: ${backfill.stream}, ${backfill.from} to ${backfill.to}`);
        }
        if (options.wait === true) return waitAndShow(backfill.id, session, options);
        if (isJson) printJson(backfill);
        else {
          print(`Watch it:  ${commandLine('backfills', 'wait', backfill.id)}`);
          print(`Cancel it: ${commandLine('backfills', 'cancel', backfill.id)}`);
        }
        return EXIT.fine;
      }),
    );
}

function instant(text: string): string {
  return parseInstant(text);
}

/** The watermark of a stream, which is as far as a range from `from` on can reach. */
async function readWatermark(connector: Connector, stream: string, from: string): Promise<string> {
  const streams = await readStreams(connector);
  const found = streams.find(({ name }) => name === stream);
  if (found === undefined) {
    const names = streams.map(({ name }) => name).join(', ');
    throw new CliError(EXIT.usage, `there is no stream ${JSON.stringify(stream)}; there are ${names}`);
  }
  const { watermark } = found;
  // The connector refuses any range then, and says whether the stream is off, tells the present only, or has not begun.
  if (watermark === null) return new Date().toISOString();
  if (Date.parse(from) < Date.parse(watermark)) return watermark;
  throw new CliError(EXIT.usage, `--from ${from} must be before the watermark ${watermark}`, {
    hint: 'Live ingestion covers what is later.',
  });
}
