import { parentPort } from 'node:worker_threads';
import { init, runBaseTests, setupEnvironment } from 'vitest/worker';

// The thread of kept-pool.ts. It is told to start once a file: only the newest channel of calls to Vitest may listen.

type Listen = (message: unknown) => void;

const port = parentPort!;
let [requests, calls]: (Listen | undefined)[] = [];

init({
  post: (message) => port.postMessage(message),
  on: (listen) => {
    if (requests === undefined) requests = listen;
    else calls = listen;
  },
  off: () => undefined,
  setup: setupEnvironment,
  runTests: (state, traces) => runBaseTests('run', state, traces),
  collectTests: (state, traces) => runBaseTests('collect', state, traces),
});

port.on('message', (message: unknown) => {
  requests?.(message);
  calls?.(message);
});
