import { countAlerts, type AlertCounts } from '../alerts/operate-alerts.ts';
import { viewStatus, type StreamStatus } from '../pipeline/view-status.ts';
import { getServices, VERSION } from '../services.ts';
import { STREAMS } from '../streams/index.ts';

/** What status tells. */
export interface ConnectorStatus {
  readonly version: string;
  readonly streams: readonly StreamStatus[];
  readonly queue: { readonly waiting: number; readonly poison: number };
  readonly deadLetters: number;
  /** Alerts that are not posted; `queued` and `poison` are messages. */
  readonly alerts: AlertCounts & { readonly enabled: boolean; readonly queued: number; readonly poison: number };
}

/** Tells where each stream stands, and what waits for a person. */
export async function viewConnector(): Promise<ConnectorStatus> {
  const services = getServices();
  const enabled = new Set(services.streams.map(({ name }) => name));
  const [streams, queue, deadLetters, alertQueue, alertCounts] = await Promise.all([
    Promise.all(STREAMS.map(({ name }) => viewStatus({ name, enabled: enabled.has(name) }, services))),
    services.queue.lengths(),
    services.deadLetters.count(),
    services.alerts.queue.lengths(),
    countAlerts(services.alerts.store),
  ]);
  const enabledAlerts = services.alerts.post !== undefined;
  const alerts = { enabled: enabledAlerts, queued: alertQueue.waiting, poison: alertQueue.poison, ...alertCounts };
  return { version: VERSION, streams, queue, deadLetters, alerts };
}
