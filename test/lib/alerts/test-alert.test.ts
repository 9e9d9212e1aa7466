import { expect, test } from 'vitest';
import { testAlert } from '../../../src/lib/alerts/test-alert.ts';
import { createWebhookPoster } from '../../../src/lib/alerts/webhook-poster.ts';
import { fixedSecret } from '../../../src/lib/secret-value.ts';
import { isGenuine } from '../../support/alerts-page.ts';
import { serveHttp } from '../../support/http-server.ts';

const SECRET = 'a-secret-of-some-length';
const now = (): Date => new Date();

function postTo(url: string) {
  const webhook = { url: fixedSecret(url), secret: fixedSecret(SECRET), isPrivateAllowed: true, clock: { now } };
  return testAlert({ post: createWebhookPoster(webhook), isSigned: true, now });
}

test('a test of the webhook is one signed post that says it is a test', async () => {
  const { url, arrived } = await serveHttp((_, response) => response.writeHead(202).end());
  const tested = await postTo(url);
  expect(tested).toMatchObject({ outcome: 'accepted', status: 202, error: null, isSigned: true });
  expect(arrived).toHaveLength(1);
  const [{ headers, body } = { headers: {}, body: Buffer.from('') }] = arrived;
  expect(isGenuine(headers, body.toString(), SECRET)).toBe(true);
  expect(JSON.parse(body.toString())).toMatchObject({
    version: 1,
    ticket_id: tested.ticketId,
    test: true,
    entities: [],
  });
  expect(tested.ticketId).toMatch(/^test-/);
});

test('a test that is refused tells the answer and the host, not the address', async () => {
  const { url } = await serveHttp((_, response) => response.writeHead(403).end());
  const tested = await postTo(`${url}/hook?key=in-the-address`);
  expect(tested).toMatchObject({ outcome: 'refused', status: 403, error: `${new URL(url).host} answered 403` });
});
