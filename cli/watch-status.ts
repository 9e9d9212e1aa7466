import { setTimeout as delay } from 'node:timers/promises';
import type { StatusAnswer } from '../src/lib/health/health-answers.ts';
import { CliError } from './cli-error.ts';
import { readStatus } from './read-status.ts';
import type { Session } from './session.ts';
import { showStatus } from './show-status.ts';

/** Exit codes of a command that a signal ended, as shells have them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
const LEAST_INTERVAL_MS = 1000;
/** Clears a terminal. */
const CLEAR = '\u001b[2J\u001b[H';

/**
 * Shows the status until a signal ends it: on a terminal as it is, elsewhere whenever the judgement is another one. A connector that
 * cannot be reached for a while does not end it.
 * @returns the exit code.
 */
export async function watchStatus(session: Session, intervalMs: number): Promise<number> {
  const stop = new AbortController();
  let code: number = SIGNALS.SIGINT;
  const onSignal = (signal: keyof typeof SIGNALS): void => {
    code = SIGNALS[signal];
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  const show = createView(session);
  const isStopped = (): boolean => stop.signal.aborted;
  while (!isStopped()) {
    await readStatus(session.connector, stop.signal).then(show, (error: unknown) => {
      if (isStopped()) return;
      if (!(error instanceof CliError) || error.passing === undefined) throw error;
      session.note(`${error.message}. Trying again …`);
    });
    await delay(Math.max(LEAST_INTERVAL_MS, intervalMs), undefined, { signal: stop.signal }).catch(() => undefined);
  }
  return code;
}

function createView(session: Session): (status: StatusAnswer) => void {
  const isTerminal = process.stdout.isTTY && !session.isJson;
  let last = '';
  return (status) => {
    const { verdict, problems } = status;
    const seen = JSON.stringify([verdict, problems.map(({ code, stream, api }) => [code, stream, api])]);
    if (isTerminal) process.stdout.write(CLEAR);
    else if (seen === last) return;
    last = seen;
    if (session.isJson) session.printJson(status);
    else showStatus(status, session);
  };
}
