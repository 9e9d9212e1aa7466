import type { LimitHeaders } from '../../pipeline/ports.ts';

/** The limit headers of one answer, with what only its classification needs. */
export interface AnswerLimits extends LimitHeaders {
  /** Calls running, this one included (`X-Concurrency-Limit-Running`). */
  readonly concurrencyRunning?: number;
  /** Seconds until the next call is allowed (`X-RateLimit-ToWait-Sec`); absent when the vendor does not ask to wait. */
  readonly toWaitSeconds?: number;
}

/**
 * Reads the vendor's limit headers in both spellings (`X-Concurrency-Limit-*`, `X-ConcurrencyLimit-*`).
 * Empty, non-numeric and zero limits count as absent: on a concurrency block the rate figures come as 0 although nothing is spent.
 */
export function readLimitHeaders(headers: Headers): AnswerLimits {
  const rateLimit = positive(headers.get('x-ratelimit-limit'));
  const rateRemaining = wholeNumber(headers.get('x-ratelimit-remaining'));
  return present({
    concurrencyLimit: positive(concurrency(headers, 'limit')),
    concurrencyRunning: wholeNumber(concurrency(headers, 'running')),
    rateLimit,
    rateRemaining: rateRemaining === 0 && rateLimit === undefined ? undefined : rateRemaining,
    rateWindowSeconds: positive(headers.get('x-ratelimit-window-sec')),
    toWaitSeconds: positive(headers.get('x-ratelimit-towait-sec')),
  });
}

function concurrency(headers: Headers, figure: 'limit' | 'running'): string | null {
  return (
    [`x-concurrency-limit-${figure}`, `x-concurrencylimit-${figure}`]
      .map((name) => headers.get(name))
      .find((value) => wholeNumber(value) !== undefined) ?? null
  );
}

function wholeNumber(value: string | null): number | undefined {
  return value !== null && /^\s*\d{1,12}\s*$/.test(value) ? Number(value) : undefined;
}

function positive(value: string | null): number | undefined {
  const number = wholeNumber(value);
  return number === 0 ? undefined : number;
}

function present(figures: { [Key in keyof AnswerLimits]: number | undefined }): AnswerLimits {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined));
}
