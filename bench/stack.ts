import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const root = resolve(import.meta.dirname, '..');

/** A part of the local stack as a process of its own, so that its work is not counted as ours. */
export interface Part {
  /** First line it printed: its address. */
  readonly line: string;
  /** Its process id; undefined only when the system gave none. */
  readonly pid: number | undefined;
  readonly stop: () => Promise<void>;
}

/** Starts a script of `dev/` and waits for its first line. */
export async function startPart(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Part> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, script), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await firstLine(child, script);
  return { line, pid: child.pid, stop: () => stopPart(child) };
}

async function firstLine(child: ChildProcess, script: string): Promise<string> {
  if (child.stdout === null) throw new Error(`${script} has no output`);
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${script} ended before it was ready`);
  });
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  ended.catch(() => undefined);
  lines.on('line', () => undefined);
  return line;
}

async function stopPart(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
}

/** Simulator, Azurite and ingestion endpoint, each in its own process. */
export interface Stack {
  readonly qualysUrl: string;
  readonly ingestionUrl: string;
  /** Settings of a host that uses them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** Starts the stack; `simulator` holds options as `--name value` pairs. */
export async function startStack(simulator: Readonly<Record<string, number>>): Promise<Stack> {
  const flags = Object.entries(simulator).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const parts = await Promise.all([
    startPart('dev/simulator/main.ts', flags),
    startPart('dev/azurite/main.ts', ['--in-memory']),
    startPart('dev/ingestion/main.ts', ['--keep', 'calls']),
  ]);
  const [qualys, azurite, ingestion] = parts;
  return {
    qualysUrl: qualys.line,
    ingestionUrl: ingestion.line,
    settings: {
      QUALYS_USERNAME: 'qualys-reader',
      QUALYS_PASSWORD: 'simulated-password',
      QUALYS_API_URL: qualys.line,
      QUALYS_GATEWAY_URL: qualys.line,
      AzureWebJobsStorage: azurite.line,
      LOGS_INGESTION_ENDPOINT: ingestion.line,
      LOGS_INGESTION_RULE_ID: 'dcr-00000000000000000000000000000000',
    },
    stop: async () => {
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}
