import { describeError } from '../describe-error.ts';
import { createAppHookContext, runHooks, type AppRegistry } from './app-registry.ts';
import type { HttpServer } from './http-server.ts';
import type { Invoker } from './invoke.ts';
import type { CategoryLog } from './log.ts';
import type { QueueListener } from './queue-listener.ts';
import type { Triggers } from './triggers.ts';

/** What there is to end. */
export interface Ending {
  readonly app: AppRegistry;
  readonly invoker: Invoker;
  readonly log: CategoryLog;
  readonly triggers: Triggers;
  readonly listeners: readonly QueueListener[];
  readonly server: HttpServer;
  readonly timeoutMs: number;
}

async function runEndHooks(app: AppRegistry, log: CategoryLog): Promise<void> {
  try {
    await runHooks(app, 'appTerminate', createAppHookContext(app));
  } catch (error) {
    log('error', `A hook for the end of the app failed: ${describeError(error)}`);
  }
}

/** Ends a host: no further work, then the running functions (bounded), the end hooks, and the connections. */
export async function endHost({ app, invoker, log, triggers, listeners, server, timeoutMs }: Ending): Promise<void> {
  server.stop();
  triggers.timers.forEach((timer) => timer.stop());
  const stopped = listeners.map((listener) => listener.stop(timeoutMs));
  const stillRunning = await invoker.drain(timeoutMs);
  if (stillRunning > 0) {
    log('warning', `${stillRunning} function(s) still ran after ${timeoutMs} ms; their messages are given back.`);
  }
  await Promise.all(stopped);
  await runEndHooks(app, log);
  await server.close();
}
