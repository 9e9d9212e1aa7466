import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

const CLI = resolve(import.meta.dirname, '../../cli/main.ts');

/** What a command printed and how it ended. */
export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** How a command is run. */
export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Looks at what was printed so far, after each piece; a signal that it returns is sent, once. */
  readonly signalWhen?: (printed: string) => NodeJS.Signals | undefined;
}

/** Runs the command line as its users do: a process of its own, with no environment but what is given. */
export async function runCli(args: readonly string[], { env = {}, signalWhen }: CliOptions = {}): Promise<CliResult> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { out: '', err: '' };
  let isSignalled = false;
  const onPiece = (place: keyof typeof printed) => (piece: string) => {
    printed[place] += piece;
    const signal = isSignalled ? undefined : signalWhen?.(printed.out + printed.err);
    if (signal === undefined) return;
    isSignalled = true;
    child.kill(signal);
  };
  child.stdout.setEncoding('utf8').on('data', onPiece('out'));
  child.stderr.setEncoding('utf8').on('data', onPiece('err'));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, ...printed };
}
