// A Functions host in a process of its own for the load test: `node load-process.ts <appDir>`, settings from the environment.
// Each line of its log goes to the parent; a message from there ends it.
import { startHost } from '../../dev/host/start-host.ts';

const [appDir = ''] = process.argv.slice(2);
const host = await startHost({ appDir, port: 0, log: ({ level, message }) => process.send?.({ level, message }) });
process.on('message', () => {
  void host.close().then(() => process.exit(0));
});
