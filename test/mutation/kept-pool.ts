import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from 'vitest/node';

/** So many times tests run in a thread before its memory is given back. */
const RUNS_A_THREAD = 100;

let kept: { readonly thread: Worker; runs: number } | undefined;
let current: KeptWorker | undefined;

/** Keeps its thread, and the modules in it, from run to run. */
class KeptWorker extends EventEmitter implements PoolWorker {
  readonly name = 'kept';
  readonly #options: PoolOptions;

  constructor(options: PoolOptions) {
    super();
    this.#options = options;
  }

  async start(): Promise<void> {
    if (kept !== undefined && kept.runs >= RUNS_A_THREAD) await endThread();
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the thread speaks to the newest only
    current = this;
    kept ??= { thread: startThread(this.#options), runs: 0 };
    kept.runs++;
  }

  send(message: WorkerRequest): void {
    if ('type' in message && message.type === 'stop')
      this.emit('message', { type: 'stopped', __vitest_worker_response__: true });
    else if (current === this) kept?.thread.postMessage(message);
  }

  deserialize(data: unknown): unknown {
    return data;
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

function startThread({ env, execArgv }: PoolOptions): Worker {
  const thread = new Worker(join(import.meta.dirname, 'kept-thread.ts'), { env, execArgv });
  for (const event of ['message', 'error', 'exit']) {
    thread.on(event, (value: unknown) => kept?.thread === thread && current?.emit(event, value));
  }
  thread.unref();
  return thread;
}

async function endThread(): Promise<void> {
  const { thread } = kept!;
  kept = undefined;
  await thread.terminate();
}

/** A pool of one thread that lives on: to load the clients of Azure takes longer than most mutants live. */
export const keptPool: PoolRunnerInitializer = {
  name: 'kept',
  createPoolWorker: (options) => new KeptWorker(options),
};
