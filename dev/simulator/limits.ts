import type { SimulatorClock } from './clock.ts';
import type { LiveSettings } from './settings.ts';

/** What one API has seen of its limits. */
export interface LimitStats {
  /** Calls let in. */
  calls: number;
  /** Calls in progress now. */
  running: number;
  /** Most calls in progress at once, a refused one counted as if it had been let in: above the limit, a client broke it. */
  mostAtOnce: number;
  /** Calls refused because too many were in progress. */
  concurrencyRefusals: number;
  /** Calls refused because the window's budget was spent. */
  rateRefusals: number;
}

type LimitHeaders = Readonly<Record<string, string>>;

/** Whether a call may go on. */
export type Admission =
  | { readonly kind: 'admitted'; readonly headers: LimitHeaders; readonly release: () => void }
  | { readonly kind: 'concurrency'; readonly headers: LimitHeaders; readonly callsToFinish: number }
  | { readonly kind: 'rate'; readonly headers: LimitHeaders; readonly secondsToWait: number };

/** Keeps one API's limits over all of its calls. */
export interface Limiter {
  readonly admit: () => Admission;
  readonly stats: Readonly<LimitStats>;
}

type LimitSettings = Pick<LiveSettings, 'concurrencyLimit' | 'rateLimit' | 'rateWindowSeconds'>;

/** Calls of the rolling window, oldest first. */
function dropOld(times: number[], now: number, windowSeconds: number): void {
  const first = times.findIndex((time) => time > now - windowSeconds * 1_000);
  times.splice(0, first === -1 ? times.length : first);
}

function concurrencyHeaders(settings: LimitSettings, others: number): LimitHeaders {
  if (settings.concurrencyLimit === 0) return {};
  return {
    'X-Concurrency-Limit-Limit': String(settings.concurrencyLimit),
    // Recorded answers of a single call say 0: the call itself is not counted.
    'X-Concurrency-Limit-Running': String(others),
  };
}

function rateHeaders(settings: LimitSettings, used: number, secondsToWait: number): LimitHeaders {
  if (settings.rateLimit === 0) return {};
  return {
    'X-RateLimit-Limit': String(settings.rateLimit),
    'X-RateLimit-Window-Sec': String(settings.rateWindowSeconds),
    'X-RateLimit-Remaining': String(Math.max(0, settings.rateLimit - used)),
    'X-RateLimit-ToWait-Sec': String(secondsToWait),
  };
}

/** Concurrency is checked before the rate, and its refusal carries no rate headers. */
export function createLimiter(settings: LimitSettings, clock: SimulatorClock): Limiter {
  const times: number[] = [];
  const stats: LimitStats = { calls: 0, running: 0, mostAtOnce: 0, concurrencyRefusals: 0, rateRefusals: 0 };

  const enter = (now: number): Admission => {
    times.push(now);
    stats.calls += 1;
    const others = stats.running;
    stats.running += 1;
    let isReleased = false;
    const release = (): void => {
      if (!isReleased) stats.running -= 1;
      isReleased = true;
    };
    const headers = { ...rateHeaders(settings, times.length, 0), ...concurrencyHeaders(settings, others) };
    return { kind: 'admitted', headers, release };
  };

  const admit = (): Admission => {
    const now = clock.now();
    dropOld(times, now, settings.rateWindowSeconds);
    stats.mostAtOnce = Math.max(stats.mostAtOnce, stats.running + 1);
    if (settings.concurrencyLimit > 0 && stats.running >= settings.concurrencyLimit) {
      stats.concurrencyRefusals += 1;
      const callsToFinish = stats.running - settings.concurrencyLimit + 1;
      return { kind: 'concurrency', headers: concurrencyHeaders(settings, stats.running), callsToFinish };
    }
    if (settings.rateLimit > 0 && times.length >= settings.rateLimit) {
      stats.rateRefusals += 1;
      const oldest = times[times.length - settings.rateLimit] ?? now;
      const secondsToWait = Math.max(1, Math.ceil((oldest + settings.rateWindowSeconds * 1_000 - now) / 1_000));
      const headers = {
        ...rateHeaders(settings, times.length, secondsToWait),
        ...concurrencyHeaders(settings, stats.running),
      };
      return { kind: 'rate', headers, secondsToWait };
    }
    return enter(now);
  };
  return { admit, stats };
}
