/** Longest limit window of the vendor's; nobody is waited for any longer, whatever is told. */
export const LONGEST_WAIT_MS = 86_400_000;
const LONGEST_GUESS_SECONDS = 3600;
const FIRST_GUESS_SECONDS = 60;

/**
 * Milliseconds that `Retry-After` asks for, given in seconds or as a date; undefined when absent or unreadable.
 * A moment that has passed counts as one second.
 */
export function readRetryAfter(value: string | null | undefined, now: Date): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return boundedWait(Number(text));
  const at = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : boundedWait((at - now.getTime()) / 1000);
}

/** Milliseconds to wait for a figure in seconds, within one second and 24 hours. */
export function boundedWait(seconds: number): number {
  return Math.ceil(Math.min(Math.max(seconds, 1), LONGEST_WAIT_MS / 1000)) * 1000;
}

/**
 * Milliseconds to wait when the vendor gives no figure: 60 s, doubled for each repeat, at most one hour.
 * @param repeats how often in a row the caller was told to wait before.
 */
export function guessWait(repeats: number): number {
  return Math.min(FIRST_GUESS_SECONDS * 2 ** Math.min(Math.max(repeats, 0), 20), LONGEST_GUESS_SECONDS) * 1000;
}
