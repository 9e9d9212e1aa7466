import type { Fault } from '../../../dev/simulator/faults.ts';
import type { SimulatorOptions } from '../../../dev/simulator/settings.ts';
import { startSimulator, type Simulator } from '../../../dev/simulator/start-simulator.ts';
import { startLocalApp, untilCaughtUp, type LocalApp, type StatusOfStream } from '../../support/local-app.ts';

/** The key that the app of the browser tests asks for. */
export const KEY = 'key-of-the-tests';

const HOUR_MS = 3_600_000;
const STREAMS = ['edr-events', 'vm-detections'];

/** The whole app with a vendor. */
export interface Scene {
  readonly app: LocalApp;
  readonly simulator: Simulator;
  /** Address of the page. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** What a scene can have of its own. */
export interface SceneOptions {
  readonly simulator?: SimulatorOptions;
  readonly settings?: Readonly<Record<string, string>>;
  readonly faults?: readonly Fault[];
}

/** Starts a scene; nothing has been waited for. */
export async function startScene({ simulator: options, settings, faults = [] }: SceneOptions = {}): Promise<Scene> {
  const simulator = await startSimulator({ eventCount: 1500, hostCount: 60, rateLimit: 0, ...options });
  simulator.setFaults(...faults);
  const app = await startLocalApp(simulator.url, {
    FUNCTIONS_KEY: KEY,
    EDR_WINDOW_MINUTES: '60',
    VM_WINDOW_MINUTES: '120',
    ...settings,
  });
  return {
    app,
    simulator,
    url: `${app.host.url}/api/dashboard`,
    close: async () => {
      await app.close();
      await simulator.close();
    },
  };
}

/** Starts a scene and waits until both streams have caught up. */
export async function startCalmScene(options: SceneOptions = {}): Promise<Scene> {
  const scene = await startScene(options);
  for (const stream of STREAMS) await untilCaughtUp(scene.app, stream);
  return scene;
}

/** What status tells of the windows of a stream. */
export async function countWindows(
  { app }: Scene,
  stream: string,
): Promise<{ readonly open: number; readonly failed: number; readonly incomplete: number } | undefined> {
  const { streams } = (await app.get('status')).body as { readonly streams: readonly StatusOfStream[] };
  return streams.find(({ name }) => name === stream)?.windows;
}

/** The whole hour so many hours ago, epoch milliseconds. */
export function hoursAgo(hours: number): number {
  return (Math.floor(Date.now() / HOUR_MS) - hours) * HOUR_MS;
}

/** A regular expression for EDR calls whose window lies in the hour from `time` on. */
export function edrRoute(time: number): string {
  return `/ioc/events.*\\['${new Date(time).toISOString().slice(0, 13)}`;
}
