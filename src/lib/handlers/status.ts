import { handle, json } from '../http/handle.ts';
import { normalLagSeconds } from '../pipeline/normal-lag.ts';
import { viewStatus, type StatusAnswer, type StreamStatus } from '../pipeline/view-status.ts';
import { getServices, VERSION, type Services } from '../services.ts';
import { STREAMS } from '../streams/index.ts';
import { SCHEDULES } from '../streams/schedules.ts';

/** Tells where each stream stands. */
export const status = handle(async () => {
  const services = getServices();
  const apis = [...new Set(services.streams.map(({ api }) => api))];
  const [streams, limits, queue, deadLetters] = await Promise.all([
    Promise.all(STREAMS.map((stream) => streamStatus(stream, services))),
    Promise.all(apis.map((api) => services.limiter.view(api))),
    services.queue.lengths(),
    services.deadLetters.count(),
  ]);
  const time = services.clock.now().toISOString();
  return json({ version: VERSION, time, streams, limits, queue, deadLetters } satisfies StatusAnswer);
});

function streamStatus({ name, api, plan }: (typeof STREAMS)[number], services: Services): Promise<StreamStatus> {
  const { settings, streams } = services;
  const isEnabled = streams.some((each) => each.name === name);
  const normalLag = normalLagSeconds(scheduleOf(name, services), plan(settings));
  return viewStatus({ name, api, enabled: isEnabled, normalLagSeconds: normalLag }, services);
}

/** The schedule of a stream's planner; a stream without one is never called late. */
function scheduleOf(name: string, { settings }: Services): string {
  const schedule = SCHEDULES.find(({ stream }) => stream === name);
  return schedule === undefined ? '' : settings[schedule.setting];
}
