import { countAlerts, type AlertCounts } from '../alerts/operate-alerts.ts';
import { normalLagSeconds, secondsBetweenTicks } from '../pipeline/normal-lag.ts';
import type { LimitView } from '../pipeline/limit-view.ts';
import { viewStatus, type StreamStatus } from '../pipeline/view-status.ts';
import { getServices, VERSION, type Services } from '../services.ts';
import { STREAMS } from '../streams/index.ts';
import { SCHEDULES } from '../streams/schedules.ts';

/** What status answers. */
export interface StatusAnswer {
  readonly version: string;
  /** The app's clock, ISO 8601. */
  readonly time: string;
  readonly streams: readonly StreamStatus[];
  /** Limits of the APIs that enabled streams read. */
  readonly limits: readonly LimitView[];
  /** Messages in the queues, about. */
  readonly queue: { readonly waiting: number; readonly poison: number };
  readonly deadLetters: number;
  /** Alerts that are not posted; `queued` and `poison` are messages. */
  readonly alerts: AlertCounts & {
    readonly enabled: boolean;
    /** Events that Qualys processed from then on are posted; null where no webhook is set. */
    readonly from: string | null;
    readonly queued: number;
    readonly poison: number;
  };
}

/** Tells where each stream stands, and what waits for a person. */
export async function viewConnector(): Promise<StatusAnswer> {
  const services = getServices();
  const apis = [...new Set(services.streams.map(({ api }) => api))];
  const [streams, limits, queue, deadLetters, alertQueue, alertCounts, alertsFrom] = await Promise.all([
    Promise.all(STREAMS.map((stream) => streamStatus(stream, services))),
    Promise.all(apis.map((api) => services.limiter.view(api))),
    services.queue.lengths(),
    services.deadLetters.count(),
    services.alerts.queue.lengths(),
    countAlerts(services.alerts.store, services.clock.now()),
    services.alerts.from?.(),
  ]);
  const enabled = services.alerts.post !== undefined;
  const from = alertsFrom?.toISOString() ?? null;
  const alerts = { enabled, from, queued: alertQueue.waiting, poison: alertQueue.poison, ...alertCounts };
  const time = services.clock.now().toISOString();
  return { version: VERSION, time, streams, limits, queue, deadLetters, alerts };
}

function streamStatus(
  { name, api, plan, isSnapshot = false }: (typeof STREAMS)[number],
  services: Services,
): Promise<StreamStatus> {
  const { settings, streams } = services;
  const schedule = scheduleOf(name, services);
  const about = {
    name,
    api,
    isSnapshot,
    enabled: streams.some((each) => each.name === name),
    scheduleSeconds: secondsBetweenTicks(schedule),
    normalLagSeconds: normalLagSeconds(schedule, plan(settings)),
  };
  return viewStatus(about, services);
}

/** The schedule of a stream's planner; a stream without one is taken for one that is planned once a day. */
function scheduleOf(name: string, { settings }: Services): string {
  const schedule = SCHEDULES.find(({ stream }) => stream === name);
  return schedule === undefined ? '' : settings[schedule.setting];
}
