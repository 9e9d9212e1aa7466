import type { TryNowAnswer } from '../http/try-now-answer.ts';
import { WaitError } from '../errors.ts';
import { handle, json } from '../http/handle.ts';
import { ProblemError } from '../http/problem.ts';
import { readQuery } from '../http/read-request.ts';
import { tryNowQuery } from '../http/requests.ts';
import { hurryWindows } from '../pipeline/hurry-windows.ts';
import { getServices, type Services } from '../services.ts';

/**
 * Lets one login out that waits for its time, and hurries all windows that wait for the account or for Azure's identity; 429 when people have
 * asked for as many logins as an hour allows.
 */
export const tryNow = handle(async (request) => {
  const { reason } = readQuery(request, tryNowQuery);
  const services = getServices();
  const login = await grant(services);
  await services.audit.write({ action: 'login-tried', target: 'account', reason });
  const windows = await hurryWindows(services.settings.QUALYS_STREAMS, services);
  return json({ login, windows } satisfies TryNowAnswer);
});

async function grant({ limiter, streams }: Services): Promise<TryNowAnswer['login']> {
  try {
    return await limiter.grantLogin([...new Set(streams.map(({ api }) => api))]);
  } catch (error) {
    throw error instanceof WaitError ? new ProblemError(429, error.message) : error;
  }
}
