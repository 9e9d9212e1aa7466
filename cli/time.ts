import { InvalidArgumentError, Option } from 'commander';
import { isExisting } from '../src/lib/setting-kinds.ts';
import { isoSeconds } from '../src/lib/pipeline/window.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};
const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2}))?$/;

/** An option for a span of time, in milliseconds, with its default and its limit as people write them. */
export function spanOption(
  flags: string,
  description: string,
  { usual, most }: { usual: string; most: string },
): Option {
  const parse = (text: string): number => {
    const span = parseSpan(text);
    if (span > parseSpan(most)) throw new InvalidArgumentError(`It must be at most ${most}.`);
    return span;
  };
  return new Option(flags, description).argParser(parse).default(parse(usual), usual);
}

/** Reads a span such as `45s`, `15m`, `24h`, `7d`, `2w`. @returns milliseconds. @throws InvalidArgumentError. */
export function parseSpan(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,5})([smhdw])$/.exec(text.trim()) ?? [];
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined) throw new InvalidArgumentError('It must be a span such as 45s, 15m, 24h, 7d or 2w.');
  return Number(number) * unitMs;
}

/**
 * Reads an instant: ISO 8601 with Z or an offset, a day (its beginning in UTC), `now`, or a span, which means so long ago.
 * @returns ISO 8601 with whole seconds. @throws InvalidArgumentError.
 */
export function parseInstant(text: string, now = Date.now()): string {
  const given = text.trim();
  if (given === 'now') return isoSeconds(now);
  if (/^\d+[a-z]$/.test(given)) return isoSeconds(now - parseSpan(given));
  if (INSTANT.test(given) && isExisting(given)) return isoSeconds(Date.parse(given));
  const isLocal = INSTANT.test(`${given}Z`) && isExisting(`${given}Z`);
  const what = 'a time such as 2026-04-01T00:00:00Z, a day such as 2026-04-01, or a span before now such as 7d or 24h';
  throw new InvalidArgumentError(isLocal ? 'Add Z for UTC, or an offset such as +02:00.' : `It must be ${what}.`);
}
