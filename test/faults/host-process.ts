// A Functions host in a process of its own, to be killed: waits for settings and the time, then runs the app.
import { startHost } from '../../dev/host/start-host.ts';
import { warpTime } from './warped-time.ts';

/** What the parent sends. */
export interface HostOrder {
  readonly appDir: string;
  readonly offsetMs: number;
  readonly settings: Readonly<Record<string, string>>;
}

process.once('message', (order: HostOrder) => {
  warpTime(order.offsetMs);
  const { appDir, settings } = order;
  startHost({ appDir, port: 0, settings, log: () => undefined }).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.send?.('ready');
