import type { InvocationContext } from '@azure/functions';
import { parseAlertItem } from '../alerts/alert-item.ts';
import { recordAlertPoison } from '../alerts/operate-alerts.ts';
import { pushAlert } from '../alerts/push-alert.ts';
import { messageOf, NewerReleaseError } from '../errors.ts';
import { ambientLog, withLogTarget } from '../log.ts';
import type { AlertItem } from '../alerts/ports.ts';
import { LEFT_FOR_SECONDS } from '../pipeline/read-message.ts';
import { getServices } from '../services.ts';

/** Handles a message of the alert queue. What a newer release has sent or stored is put back, for an instance of that release. */
export function pushOne(message: unknown, context: InvocationContext): Promise<void> {
  return withLogTarget(context, async () => {
    try {
      await pushItem(parseAlertItem(message), context.traceContext?.traceParent);
    } catch (error) {
      if (!(error instanceof NewerReleaseError)) throw error;
      ambientLog.warn('AlertLeft', { error: messageOf(error) });
      await getServices().alerts.queue.send(message as AlertItem, LEFT_FOR_SECONDS);
    }
  });
}

async function pushItem(item: AlertItem, traceparent: string | undefined): Promise<void> {
  const { alerts, telemetry } = getServices();
  const about = { stream: 'edr-events', attributes: {}, parent: traceparent };
  await telemetry.invocation('alert', about, () => pushAlert(item, alerts));
}

/** Handles a message of its poison queue. One that is not ours throws, so it stays where it is. */
export function recordPoison(message: unknown, context: InvocationContext): Promise<void> {
  return withLogTarget(context, () => recordAlertPoison(parseAlertItem(message), getServices().alerts));
}
