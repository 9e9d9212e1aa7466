import type { InvocationContext } from '@azure/functions';
import { parseAlertItem } from '../alerts/alert-item.ts';
import { recordAlertPoison } from '../alerts/operate-alerts.ts';
import { pushAlert } from '../alerts/push-alert.ts';
import { failureOf, messageOf, NewerReleaseError } from '../errors.ts';
import { ambientLog, withLogTarget } from '../log.ts';
import type { AlertItem } from '../alerts/ports.ts';
import { LEFT_FOR_SECONDS } from '../pipeline/read-message.ts';
import { getServices } from '../services.ts';

/** Handles a message of the alert queue. What a newer release has sent or stored is put back, for an instance of that release. */
export function pushOne(message: unknown, context: InvocationContext): Promise<void> {
  return withLogTarget(context, async () => {
    const newer = await failureOf(NewerReleaseError, pushItem(message, context.traceContext?.traceParent));
    if (newer === undefined) return;
    ambientLog.warn('AlertLeft', { error: messageOf(newer) });
    await getServices().alerts.queue.send(message as AlertItem, LEFT_FOR_SECONDS);
  });
}

async function pushItem(message: unknown, traceparent: string | undefined): Promise<void> {
  const item = parseAlertItem(message);
  const { alerts, telemetry } = getServices();
  const about = { stream: 'edr-events', attributes: {}, parent: traceparent };
  await telemetry.invocation('alert', about, () => pushAlert(item, alerts));
}

/** Handles a message of its poison queue. One that is not ours throws, so it stays where it is. */
export function recordPoison(message: unknown, context: InvocationContext): Promise<void> {
  return withLogTarget(context, () => recordAlertPoison(parseAlertItem(message), getServices().alerts));
}
