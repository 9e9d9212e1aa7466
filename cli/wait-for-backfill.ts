import type { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import { backfill, type BackfillView, type BackfillWait } from '../src/lib/pipeline/backfill-answer.ts';
import { CliError, EXIT } from './cli-error.ts';
import type { Connector } from './connector.ts';
import { createProgressView, type ProgressView } from './progress-view.ts';
import type { Session } from './session.ts';
import { counted, count, printable, span } from './text.ts';
import { spanOption } from './time.ts';

/** How to wait. Both in milliseconds. */
export interface WaitOptions {
  readonly interval: number;
  readonly patience: number;
}

/** Exit codes of a command that a signal ended, as shells have them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
const LEAST_INTERVAL_MS = 1000;
/** However long it asks to stay away. */
const LONGEST_PAUSE_MS = 60_000;

/** Adds the options of waiting to a command. */
export function addWaitOptions(command: Command): Command {
  return command.addOption(spanOption('--interval <span>', 'how often to ask', { usual: '5s', most: '1h' })).addOption(
    spanOption('--patience <span>', 'how long to go on trying while the connector cannot be reached', {
      usual: '10m',
      most: '7d',
    }),
  );
}

/** Waits for the end of a backfill and shows its progress. @returns the exit code. */
export async function waitAndShow(id: string, session: Session, options: WaitOptions): Promise<number> {
  const view = createProgressView(session);
  const stop = new AbortController();
  let code: number = EXIT.fine;
  const onSignal = (signal: keyof typeof SIGNALS): void => {
    code = SIGNALS[signal];
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  try {
    const ended = await waitForEnd(id, session.connector, { ...options, view, signal: stop.signal });
    view.close();
    return tellEnd(ended, session);
  } catch (error) {
    view.close();
    const how = `Go on waiting: ${session.commandLine('backfills', 'wait', id)}`;
    if (stop.signal.aborted) {
      session.note(`The backfill goes on. ${how}`);
      return code;
    }
    if (error instanceof CliError && error.passing !== undefined) session.note(`The backfill itself goes on. ${how}`);
    throw error;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
  }
}

interface Waiting extends WaitOptions {
  readonly view: ProgressView;
  readonly signal: AbortSignal;
}

async function waitForEnd(
  id: string,
  connector: Connector,
  { view, signal, interval, patience }: Waiting,
): Promise<BackfillView> {
  let failingSince: number | undefined;
  let waitsFor: string | undefined;
  for (;;) {
    let pauseMs = Math.max(LEAST_INTERVAL_MS, interval);
    try {
      const path = `backfill/${encodeURIComponent(id)}`;
      const { body } = await connector.ask({ path, schema: backfill, signal });
      if (failingSince !== undefined) view.note('The connector answers again.');
      failingSince = undefined;
      view.show(body);
      // A wait whose times move on is no other one.
      const reason = body.waits?.reason.replace(/\d+/g, '0');
      if (body.waits !== null && reason !== waitsFor) view.note(`It ${describeWait(body.waits)}`);
      else if (waitsFor !== undefined && body.waits === null) view.note('It goes on.');
      waitsFor = reason;
      if (!['planning', 'running'].includes(body.status)) return body;
    } catch (error) {
      if (!(error instanceof CliError) || error.passing === undefined) throw error;
      const now = performance.now();
      if (failingSince === undefined) view.note(`${error.message}. Trying again for ${span(patience / 1000)} …`);
      failingSince ??= now;
      if (now - failingSince >= patience) throw error;
      const asked = Math.min(LONGEST_PAUSE_MS, error.passing.retryAfterMs, failingSince + patience - now);
      pauseMs = Math.max(pauseMs, asked);
    }
    await delay(pauseMs, undefined, { signal });
  }
}

/** Why a backfill stands still, and until when. */
export function describeWait({ until, reason }: BackfillWait): string {
  return `waits${until === null ? '' : ` until ${until}`}: ${printable(reason)}`;
}

function tellEnd(ended: BackfillView, { isJson, print, printJson, color }: Session): number {
  const { id, status, windows, rows, startedAt, updatedAt } = ended;
  const isFine = status === 'succeeded';
  if (isJson) printJson(ended);
  else {
    const seconds = (Date.parse(updatedAt) - Date.parse(startedAt)) / 1000;
    const what = `${count(windows.closed)} of ${counted(windows.total, 'window')}, ${counted(rows, 'row')}, ${span(seconds)}`;
    print(color(isFine ? 'green' : 'red', `Backfill ${id} ${status}: ${what}`));
    if (status === 'failed') {
      print(
        `${counted(windows.failed, 'window')} could not be read, or not wholly. Why: docs/operate.md, "A failed backfill".`,
      );
      print('After the repair start the same range again, or retry the windows with --run.');
    }
  }
  return isFine ? EXIT.fine : EXIT.problem;
}
