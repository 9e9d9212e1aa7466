import type { AlertItem } from './ports.ts';
import { alertItemOf } from './alert-record.ts';
import { claimAlert, type ClaimDependencies } from './claim-alert.ts';
import { concludeAlert } from './conclude-alert.ts';
import type { PostOutcome } from './post-webhook.ts';

/** What pushing an alert needs. */
export interface PushDependencies extends ClaimDependencies {
  /** Posts an alert; undefined where no webhook is set. */
  readonly post: ((item: AlertItem) => Promise<PostOutcome>) | undefined;
}

/**
 * Posts the alert of a message unless it was posted before: claim, post, done. The claim is stored before anything is sent, so two
 * messages for one event never lead to two posts. A post that was surely not taken is tried again for a day; one whose end nobody knows,
 * because the process died or the webhook never answered, is not, and stands in the list until a person decides.
 * @throws RetryableError or ConfigError when the storage fails: the host delivers the message again.
 */
export async function pushAlert(item: AlertItem, deps: PushDependencies): Promise<void> {
  const log = deps.log.with({ alert: item.id });
  const record = await claimAlert(item, { ...deps, log });
  if (record === undefined) return;
  // A summary knows only with its claim what it tells.
  const due = alertItemOf(record) ?? item;
  const outcome: PostOutcome = (await deps.post?.(due)) ?? {
    kind: 'refused',
    reason: 'ALERT_WEBHOOK_URL is not set',
  };
  await concludeAlert(record, { ...due, queuedAt: item.queuedAt }, outcome, { ...deps, log });
}
