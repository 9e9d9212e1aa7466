import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createWebhookPoster } from '../../../src/lib/alerts/webhook-poster.ts';
import { WaitError } from '../../../src/lib/errors.ts';
import { fixedSecret, type SecretValue } from '../../../src/lib/secret-value.ts';
import { serveHttp, type ArrivedRequest } from '../../support/http-server.ts';

const ITEM = { v: 1, id: 'event-1', payload: '{"a":1}', queuedAt: '2026-01-31T12:00:00Z' } as never;
const SECRETS = ['first-secret-of-16-characters', 'second-secret-of-16-characters'] as const;

/** A secret that is another one after a refusal. */
function replaced([first, second]: readonly [string, string]): SecretValue {
  let value = first;
  return {
    current: () => Promise.resolve(value),
    refresh: () => Promise.resolve((value = second) !== first),
    known: () => [first, second],
  };
}

function isSignedWith({ headers, body }: ArrivedRequest, secret: string): boolean {
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body.toString()}`;
  return headers['webhook-signature'] === `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`;
}

const poster = (url: SecretValue, secret: SecretValue | undefined) =>
  createWebhookPoster({ url, secret, isPrivateAllowed: true, clock: { now: () => new Date() } });

describe('a post that the receiver refuses', () => {
  test.each([401, 403])('with %i is signed anew where there is another secret', async (status) => {
    const { url, arrived } = await serveHttp((request, response) =>
      response.writeHead(isSignedWith(request, SECRETS[1]) ? 200 : status).end(),
    );
    expect(await poster(fixedSecret(url), replaced(SECRETS))(ITEM)).toMatchObject({ kind: 'accepted' });
    expect(arrived.map((request) => isSignedWith(request, SECRETS[0]))).toEqual([true, false]);
  });

  test('goes to the new address where there is one', async () => {
    const { url } = await serveHttp(({ url: path }, response) => response.writeHead(path === '/new' ? 200 : 404).end());
    expect(await poster(replaced([`${url}/old`, `${url}/new`]), undefined)(ITEM)).toMatchObject({ kind: 'accepted' });
  });

  test('is posted once where nothing is new, or where it is refused for another reason', async () => {
    const { url, arrived } = await serveHttp((_, response, count) => response.writeHead(count === 1 ? 401 : 500).end());
    expect(await poster(fixedSecret(url), fixedSecret(SECRETS[0]))(ITEM)).toMatchObject({
      kind: 'refused',
      status: 401,
    });
    expect(await poster(fixedSecret(url), replaced(SECRETS))(ITEM)).toMatchObject({ kind: 'refused', status: 500 });
    expect(arrived).toHaveLength(2);
  });
});

test('an alert whose secret cannot be read is tried again, not lost', async () => {
  const out: SecretValue = {
    ...fixedSecret(''),
    current: () => Promise.reject(new WaitError('the vault is out', 1000)),
  };
  const { url } = await serveHttp((_, response) => response.writeHead(200).end());
  expect(await poster(fixedSecret(url), out)(ITEM)).toEqual({ kind: 'refused', reason: 'the vault is out' });
});
