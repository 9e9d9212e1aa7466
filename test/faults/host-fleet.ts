import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const SCRIPT = join(import.meta.dirname, 'load-process.ts');
/** A host that takes longer to end is killed. */
const END_MS = 60_000;

/** A line of a host's log. */
export interface HostLine {
  readonly level: string;
  readonly message: string;
}

/** A Functions host in a process of its own. */
export interface FleetHost {
  readonly pid: number;
  /** Ends it by SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Ends it as the platform does. */
  readonly end: () => Promise<void>;
}

/** How hosts are run. */
export interface FleetOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly onLine?: (line: HostLine, place: number) => void;
  /** How long a message that a host has taken stays invisible, in milliseconds; ten minutes when absent, as in Azure. */
  readonly invisibilityMs?: number;
}

/** Starts hosts of app folders over one environment; all begin to work at the same time. */
export async function startHosts(
  appDirs: readonly string[],
  { env, onLine, invisibilityMs }: FleetOptions,
): Promise<FleetHost[]> {
  const children = appDirs.map((appDir) =>
    fork(SCRIPT, [appDir, ...(invisibilityMs === undefined ? [] : [String(invisibilityMs)])], {
      env: { ...process.env, ...env },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  );
  await Promise.all(children.map((child) => once(child, 'message')));
  return children.map((child, place) => {
    child.on('message', (line) => onLine?.(line as HostLine, place));
    child.send('start');
    const stop = async (ask: () => void): Promise<void> => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      ask();
      await exit;
    };
    return {
      pid: child.pid ?? 0,
      kill: () => stop(() => void child.kill('SIGKILL')),
      end: async () => {
        const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
        await stop(() => void child.send('end'));
        clearTimeout(timer);
      },
    };
  });
}
