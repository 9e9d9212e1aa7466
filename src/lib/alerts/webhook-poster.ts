import { messageOf } from '../errors.ts';
import type { AlertItem } from './ports.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { SecretValue } from '../secret-value.ts';
import { alertKey } from './alert-record.ts';
import { type PostOutcome, postWebhook } from './post-webhook.ts';
import { webhookHeaders } from './sign-alert.ts';

/** Where alerts are posted and what signs them; both may be replaced while the app runs. */
export interface Webhook {
  readonly url: SecretValue;
  /** Undefined: posts are not signed. */
  readonly secret: SecretValue | undefined;
  readonly isPrivateAllowed: boolean;
  readonly clock: Clock;
}

/** What a receiver says to a wrong signature or key, and to an address that is no more. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 404, 410]);

/** Makes what posts an alert: once more where a newer address or secret may help. Never rejects: an alert is claimed before. */
export function createWebhookPoster({ url, secret, isPrivateAllowed, clock }: Webhook) {
  const post = async ({ id, payload }: AlertItem, address: string, key: string | undefined): Promise<PostOutcome> =>
    postWebhook(address, payload, webhookHeaders(alertKey(id), payload, key, clock.now()), { isPrivateAllowed });
  return async (item: AlertItem): Promise<PostOutcome> => {
    try {
      const [address, key] = await Promise.all([url.current(), secret?.current()]);
      const outcome = await post(item, address, key);
      if (outcome.kind !== 'refused' || !REFUSALS.has(outcome.status ?? 0)) return outcome;
      const newer = await Promise.all([url.refresh(address), key !== undefined && secret?.refresh(key)]);
      return newer.includes(true) ? await post(item, await url.current(), await secret?.current()) : outcome;
    } catch (error) {
      return { kind: 'refused', reason: messageOf(error) };
    }
  };
}
