import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isSoundSecret, webhookHeaders } from '../../../src/lib/alerts/sign-alert.ts';
import { isGenuine } from '../../support/alerts-page.ts';

const AT = new Date(1_614_265_330_999);

describe('the headers of a post', () => {
  test('are those of Standard Webhooks, by their published example', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    expect(webhookHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', secret, AT)).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  test('take another secret as it stands, in UTF-8', () => {
    const headers = webhookHeaders('id', 'grüße', 'a secret of umlauts: ü', AT);
    const digest = createHmac('sha256', 'a secret of umlauts: ü').update('id.1614265330.grüße').digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${digest}`);
  });

  test('have no signature without a secret', () => {
    expect(Object.keys(webhookHeaders('id', '{}', undefined, AT))).toEqual(['webhook-id', 'webhook-timestamp']);
  });
});

describe('a secret with whsec_', () => {
  test('is the base64 of at least 24 bytes, padded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(isSoundSecret(`whsec_${text}`)).toBe(bytes.length >= 24);
      }),
    );
  });

  test.for([
    ['no base64 at all', '!'.repeat(40)],
    ['a character that base64 does not have', `MfKQ9r8GKYqrTwjU.D8ILPZIo2LaLaSw`],
    ['the alphabet for addresses', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_'],
    ['no padding', Buffer.alloc(25, 1).toString('base64').replace(/=+$/, '')],
    ['too much padding', `${Buffer.alloc(24, 1).toString('base64')}==`],
    ['bits behind the last byte', `${Buffer.alloc(25, 1).toString('base64').slice(0, -3)}R==`],
    ['a line break', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n'],
    ['text behind the padding', `${Buffer.alloc(25, 1).toString('base64')}${Buffer.alloc(25, 1).toString('base64')}`],
  ] as const)('is refused with %s', ([, text]) => {
    expect(isSoundSecret(`whsec_${text}`)).toBe(false);
  });
});

describe('the check of docs/alerts.md', () => {
  const secrets = fc.oneof(
    fc.string({ minLength: 16, unit: 'grapheme' }).filter((text) => !text.startsWith('whsec_')),
    fc.uint8Array({ minLength: 24, maxLength: 64 }).map((bytes) => `whsec_${Buffer.from(bytes).toString('base64')}`),
  );

  test('takes each post, with both kinds of secret', () => {
    fc.assert(
      fc.property(secrets, fc.string(), fc.string({ unit: 'grapheme' }), (secret, id, body) => {
        expect(isSoundSecret(secret)).toBe(true);
        expect(isGenuine({ ...webhookHeaders(id, body, secret, AT) }, body, secret, AT.getTime())).toBe(true);
      }),
    );
  });

  test.for(['a-secret-of-some-length', 'whsec_0123456789abcdef0123456789abcdef'])(
    'refuses what is forged, changed, unsigned or old (%s)',
    (secret) => {
      const check = (changes: object, body = '{}', at = AT.getTime()): boolean =>
        isGenuine({ ...webhookHeaders('id', '{}', secret, AT), ...changes }, body, secret, at);
      expect(check({})).toBe(true);
      expect(check({}, '{ }')).toBe(false);
      expect(check({ 'webhook-id': 'other' })).toBe(false);
      expect(check({ 'webhook-timestamp': undefined })).toBe(false);
      expect(check({ 'webhook-timestamp': 'now' })).toBe(false);
      expect(check({ 'webhook-signature': undefined })).toBe(false);
      expect(check(webhookHeaders('id', '{}', `${secret.slice(0, -1)}0`, AT))).toBe(false);
      expect(check({}, '{}', AT.getTime() + 302_000)).toBe(false);
    },
  );
});
