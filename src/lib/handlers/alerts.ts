import { listAlerts, replayAlerts } from '../alerts/operate-alerts.ts';
import { handle, json } from '../http/handle.ts';
import { readQuery } from '../http/read-request.ts';
import { alertsQuery, replayAlertsQuery } from '../http/requests.ts';
import { getServices } from '../services.ts';

/** Lists alerts that are not posted, with the reasons. */
export const listAll = handle(async (request) => {
  const { limit } = readQuery(request, alertsQuery);
  return json({ alerts: await listAlerts(Number(limit), getServices().alerts.store) });
});

/** Queues alerts again that were given up. */
export const replay = handle(async (request) => {
  const { state, limit } = readQuery(request, replayAlertsQuery);
  const { alerts, audit } = getServices();
  const replayed = await replayAlerts(state, Number(limit), alerts);
  await audit.write({ action: 'alerts-replayed', target: `${replayed} ${state}` });
  return json({ replayed });
});
