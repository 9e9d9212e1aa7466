import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { webhookHeaders } from '../../../src/lib/alerts/sign-alert.ts';

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
