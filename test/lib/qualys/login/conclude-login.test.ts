import { expect, test } from 'vitest';
import { ClaimLostError, FatalError, RetryableError } from '../../../../src/lib/errors.ts';
import { concludeLogin, loginOf } from '../../../../src/lib/qualys/login/conclude-login.ts';
import { createCredentials } from '../../../../src/lib/qualys/login/credentials.ts';
import type { LoginTurn } from '../../../../src/lib/pipeline/account.ts';
import { fixedSecret } from '../../../../src/lib/secret-value.ts';

async function endedBy(error: unknown): Promise<boolean[]> {
  const credentials = createCredentials('qualys-reader', fixedSecret('secret'));
  const login = loginOf(credentials, await credentials.current());
  const told: boolean[] = [];
  const turn: LoginTurn = {
    accepted: () => Promise.reject(new Error('not accepted')),
    refused: () => Promise.reject(new Error('not refused')),
    ended: (isAnswered) => Promise.resolve(void told.push(isAnswered)),
  };
  expect(await concludeLogin(turn, login, 'https://qualysapi.qualys.com/', error)).toBe(error);
  return told;
}

test.each<readonly [string, Error, boolean]>([
  ['a claim that was lost before the answer came', new ClaimLostError('lost'), false],
  ['a connection that broke', new RetryableError('reset'), false],
  ['an abort', new DOMException('aborted', 'AbortError'), false],
  ['an answer of 503', new RetryableError('HTTP 503', { fault: { status: 503 } }), true],
  ['a refusal of the request', new FatalError('HTTP 404'), true],
])('%s tells whether the login may have been refused', async (_, error, isAnswered) => {
  expect(await endedBy(error)).toEqual([isAnswered]);
});
