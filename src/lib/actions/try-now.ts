import { WaitError } from '../errors.ts';
import { ProblemError } from '../http/problem.ts';
import { hurryWindows } from '../pipeline/hurry-windows.ts';
import { getServices, type Services } from '../services.ts';
import type { TryNowAnswer } from './try-now-answer.ts';

/**
 * Lets one login out that waits for its time, and hurries all windows that wait for the account or for Azure's identity.
 * @throws ProblemError (429) when people have asked for as many logins as an hour allows.
 */
export async function tryNow(reason: string | undefined): Promise<TryNowAnswer> {
  const services = getServices();
  const login = await grant(services);
  await services.audit.write({ action: 'login-tried', target: 'account', reason });
  const windows = await hurryWindows(services.settings.QUALYS_STREAMS, services);
  return { login, windows };
}

async function grant({ limiter, streams }: Services): Promise<TryNowAnswer['login']> {
  try {
    return await limiter.grantLogin([...new Set(streams.map(({ api }) => api))]);
  } catch (error) {
    throw error instanceof WaitError ? new ProblemError(429, error.message) : error;
  }
}
