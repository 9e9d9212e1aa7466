import type { InvocationContext } from '@azure/functions';
import { parseAlertItem } from '../alerts/alert-item.ts';
import { recordAlertPoison } from '../alerts/operate-alerts.ts';
import { pushAlert } from '../alerts/push-alert.ts';
import { withLogTarget } from '../log.ts';
import { getServices } from '../services.ts';

/** Handles a message of the alert queue. */
export function pushOne(message: unknown, context: InvocationContext): Promise<void> {
  return withLogTarget(context, async () => {
    const item = parseAlertItem(message);
    const { alerts, telemetry } = getServices();
    const about = { stream: 'edr-events', attributes: {}, parent: context.traceContext?.traceParent };
    await telemetry.invocation('alert', about, () => pushAlert(item, alerts));
  });
}

/** Handles a message of its poison queue. One that is not ours throws, so it stays where it is. */
export function recordPoison(message: unknown, context: InvocationContext): Promise<void> {
  return withLogTarget(context, () => recordAlertPoison(parseAlertItem(message), getServices().alerts));
}
