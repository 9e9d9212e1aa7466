// A Functions host in a process of its own: `node load-process.ts <appDir> [invisibilityMs]`, settings from the environment. It starts with
// the first message from the parent and ends with the second; each line of its log goes there.
import { once } from 'node:events';
import { startHost } from '../../dev/host/start-host.ts';

const [appDir = '', invisibilityMs] = process.argv.slice(2);
const started = once(process, 'message');
process.send?.('ready');
await started;
const host = await startHost({
  appDir,
  port: 0,
  log: ({ level, message }) => process.send?.({ level, message }),
  ...(invisibilityMs === undefined ? {} : { invisibilityMs: Number(invisibilityMs) }),
});
process.on('message', () => {
  void host.close().then(() => process.exit(0));
});
