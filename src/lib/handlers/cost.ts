import type { ReceivedHosts } from '../cost/modes.ts';
import { firstDay, viewCost } from '../cost/view-cost.ts';
import { handle, json } from '../http/handle.ts';
import { getServices, type Services } from '../services.ts';
import { vmDetections } from '../streams/vm-detections/index.ts';

/** Tells what streams have sent, as it will be billed, and what that costs. */
export const cost = handle(async () => {
  const services = getServices();
  const { clock, sent, settings } = services;
  const now = clock.now();
  const [rows, hosts] = await Promise.all([sent.since(firstDay(now)), hostsSince(firstDay(now), services)]);
  return json(viewCost(rows, settings.QUALYS_STREAMS, settings, hosts, now));
});

/** Hosts of the windows that have moved since a day. */
async function hostsSince(day: string, { settings, store }: Services): Promise<ReceivedHosts> {
  const { name } = vmDetections;
  const windows = settings.QUALYS_STREAMS.includes(name) ? await store.listWindows(name, 'live') : [];
  const counts = windows.filter(({ progressAt }) => progressAt > day).map((window) => window.counts);
  return {
    received: counts.reduce((sum, { fetched }) => sum + fetched, 0),
    unchanged: counts.reduce((sum, { unchanged = 0 }) => sum + unchanged, 0),
  };
}
