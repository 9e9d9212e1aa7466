import { createHmac } from 'node:crypto';

/** Prefix of secrets that are base64, as tools for Standard Webhooks make them. */
const BASE64_PREFIX = 'whsec_';
/** Shortest key that Standard Webhooks allows, in bytes. */
const MIN_KEY_BYTES = 24;
/** Shortest secret of any other form, in characters. */
const MIN_PLAIN_LENGTH = 16;

/** What a secret has to be. */
export const ALLOWED_SECRET = `must be a text of at least ${MIN_PLAIN_LENGTH} characters, or whsec_ and the base64 of at least ${MIN_KEY_BYTES} bytes`;

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

/** Whether a secret gives a key that is worth one: text that is no base64 would decode to a short key, or to none. */
export function isSoundSecret(secret: string): boolean {
  if (!secret.startsWith(BASE64_PREFIX)) return secret.length >= MIN_PLAIN_LENGTH;
  const key = keyOf(secret);
  return key.length >= MIN_KEY_BYTES && key.toString('base64') === secret.slice(BASE64_PREFIX.length);
}

function keyOf(secret: string): Buffer {
  if (!secret.startsWith(BASE64_PREFIX)) return Buffer.from(secret, 'utf8');
  return Buffer.from(secret.slice(BASE64_PREFIX.length), 'base64');
}
