import { createHmac } from 'node:crypto';

/** Prefix of secrets that are base64, as tools for Standard Webhooks make them. */
const BASE64_PREFIX = 'whsec_';

/**
 * The headers that identify and sign a post, as Standard Webhooks has them: HMAC-SHA256 over id, timestamp and body, joined by dots.
 * Without a secret there is no signature.
 * @param id constant over all posts of an alert.
 * @see https://www.standardwebhooks.com
 */
export function webhookHeaders(
  id: string,
  body: string,
  secret: string | undefined,
  now: Date,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (secret === undefined) return headers;
  const digest = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${digest}` };
}

function keyOf(secret: string): Buffer {
  if (!secret.startsWith(BASE64_PREFIX)) return Buffer.from(secret, 'utf8');
  return Buffer.from(secret.slice(BASE64_PREFIX.length), 'base64');
}
