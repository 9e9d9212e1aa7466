import { listAlerts, replayAlerts } from '../alerts/operate-alerts.ts';
import { testAlert } from '../alerts/test-alert.ts';
import { ConfigError } from '../errors.ts';
import { handle, json } from '../http/handle.ts';
import { readQuery } from '../http/read-request.ts';
import { alertsQuery, replayAlertsQuery } from '../http/requests.ts';
import { hasSecret, hasWebhook } from '../setting-rules.ts';
import { getServices } from '../services.ts';

/** Lists alerts that are not posted, with the reasons. */
export const listAll = handle(async (request) => {
  const { limit } = readQuery(request, alertsQuery);
  const { alerts, settings } = getServices();
  return json({ alerts: await listAlerts(Number(limit), alerts.store), isWebhookSet: hasWebhook(settings) });
});

/** Queues alerts again that were given up. */
export const replay = handle(async (request) => {
  const { state, limit } = readQuery(request, replayAlertsQuery);
  const { alerts, audit } = getServices();
  const replayed = await replayAlerts(state, Number(limit), alerts);
  await audit.write({ action: 'alerts-replayed', target: `${replayed} ${state}` });
  return json({ replayed });
});

/** Posts one alert that says it is a test, and tells what came back. */
export const test = handle(async () => {
  const { alerts, audit, clock, settings } = getServices();
  if (alerts.post === undefined) {
    throw new ConfigError('ALERT_WEBHOOK_URL must be set: there is no webhook to test');
  }
  const tested = await testAlert({
    post: alerts.post,
    isSigned: hasSecret('ALERT_WEBHOOK_SECRET', settings),
    now: clock.now,
  });
  await audit.write({ action: 'alert-tested', target: `${tested.ticketId} ${tested.outcome}` });
  return json(tested);
});
