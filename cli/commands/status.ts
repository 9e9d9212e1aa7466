import type { Command } from 'commander';
import type * as z from 'zod';
import { status } from '../../src/lib/openapi/operations/health.ts';
import { EXIT } from '../cli-error.ts';
import { action, type Session } from '../session.ts';
import { ago, count, counted, printable, span, table } from '../text.ts';

type Status = z.output<typeof status>;

/** `status`: how late is it, and what needs attention? */
export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show how late each stream is, and what needs attention')
    .addHelpText(
      'after',
      `
LAG is now minus the watermark; everything before the watermark is in the tables. Up to twice the interval
of the schedule plus the safety lag is normal. Exit code 1 when something needs attention.

Examples:
  qualys status
  qualys status --json | jq '.streams[].lagSeconds'`,
    )
    .action(
      action(async (session) => {
        const { body } = await session.connector.ask({ path: 'status', schema: status });
        const troubles = findTroubles(body, session);
        if (session.isJson) session.printJson(body);
        else show(body, troubles, session);
        return troubles.length === 0 ? EXIT.fine : EXIT.problem;
      }),
    );
}

function show(body: Status, troubles: readonly string[], { connector, print, color }: Session): void {
  print(`${color('bold', `Qualys connector ${printable(body.version)}`)} at ${connector.url}`);
  print();
  const head = ['STREAM', 'LAG', 'WATERMARK', 'LAST TICK', 'OPEN', 'FAILED', 'INCOMPLETE', 'ROWS IN 24 H'];
  const [first = '', ...lines] = table(head, body.streams.map(toRow));
  print(color('dim', first));
  for (const line of lines) print(line);
  print();
  const { queue, deadLetters } = body;
  print(
    `${counted(queue.waiting, 'work item')} waiting, ${count(queue.poison)} poisoned; ${counted(deadLetters, 'dead letter')}`,
  );
  for (const trouble of troubles) print(color('red', `! ${trouble}`));
}

function toRow({
  name,
  enabled,
  lagSeconds,
  watermark,
  lastTick,
  windows,
  rowsLast24h,
}: Status['streams'][number]): string[] {
  if (!enabled) return [name, 'disabled'];
  return [
    name,
    lagSeconds === null ? '–' : span(lagSeconds),
    watermark ?? 'not started',
    ago(lastTick),
    count(windows.open),
    count(windows.failed),
    count(windows.incomplete),
    count(rowsLast24h),
  ];
}

/** What needs attention, with where to look. */
function findTroubles({ streams, queue, deadLetters, alerts }: Status, { commandLine }: Session): string[] {
  const ofStreams = streams
    .filter(({ enabled }) => enabled)
    .flatMap(({ name, start, windows, lastError }) => {
      if (start?.state === 'waiting') return [`${printable(name)} waits: ${printable(start.note)}`];
      const look = (state: string): string => commandLine('windows', '--stream', name, '--state', state);
      const last = lastError === null ? '' : `\n  ${printable(lastError)}`;
      return [
        ...(windows.failed === 0
          ? []
          : [`${printable(name)}: ${counted(windows.failed, 'failed window')}: ${look('failed')}${last}`]),
        ...(windows.incomplete === 0
          ? []
          : [`${printable(name)}: ${counted(windows.incomplete, 'incomplete window')}: ${look('incomplete')}`]),
      ];
    });
  const unposted = alerts.undelivered + alerts.uncertain + alerts.poison;
  return [
    ...ofStreams,
    ...(queue.poison === 0
      ? []
      : [`${counted(queue.poison, 'poisoned work item')}: docs/operate.md, "poison-messages"`]),
    ...(deadLetters === 0 ? [] : [`${counted(deadLetters, 'dead letter')}: ${commandLine('dead-letters')}`]),
    ...(unposted === 0 ? [] : [`${counted(unposted, 'alert')} not known to be posted: GET /api/alerts`]),
  ];
}
