/** The span a time literal stands for, both ends included, in milliseconds since 1970. */
export interface TimeSpan {
  readonly start: number;
  readonly end: number;
}

/** How finely the search sees times. */
export type TimeResolution = 'millisecond' | 'second';

const DAY_MS = 86_400_000;

const LITERAL =
  /^(?<day>\d{4}-\d\d-\d\d)(?:T(?<time>\d\d:\d\d:\d\d)(?<fraction>\.\d{1,9})?)?(?<zone>Z|[+-]\d\d:?\d\d)?$/iu;

const RELATIVE = /^now(?:(?<sign>[+-])(?<amount>\d{1,6})(?<unit>[yMwdhms]))?$/u;

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
  w: 7 * DAY_MS,
  M: 30 * DAY_MS,
  y: 365 * DAY_MS,
};

function relativeTime(text: string, now: number): TimeSpan | undefined {
  const parts = RELATIVE.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const { sign, amount, unit } = parts;
  const distance = Number(amount ?? 0) * (UNIT_MS[unit ?? 's'] ?? 0);
  const instant = sign === '-' ? now - distance : now + distance;
  return { start: instant, end: instant };
}

function widthOf(time: string | undefined, fraction: string | undefined): number {
  if (time === undefined) return DAY_MS;
  return fraction === undefined ? 1_000 : 1;
}

/**
 * Reads a time literal of a filter: a day, a second or a fraction of it, in UTC unless it names an offset, or `now`
 * with or without a distance. Undefined for anything else.
 *
 * Which instants the bound `10:00:00` takes in is not documented; at a resolution of seconds it stands for that
 * whole second, otherwise for its first millisecond.
 */
export function parseTime(text: string, now: number, resolution: TimeResolution): TimeSpan | undefined {
  const parts = LITERAL.exec(text)?.groups;
  if (parts === undefined) return relativeTime(text, now);
  const { day, time, fraction, zone } = parts;
  const offset = (zone ?? 'Z').toUpperCase().replace(/(\d\d)(\d\d)$/u, '$1:$2');
  const start = Date.parse(`${day ?? ''}T${time ?? '00:00:00'}${(fraction ?? '').slice(0, 4)}${offset}`);
  if (Number.isNaN(start)) return undefined;
  return { start, end: resolution === 'second' ? start + widthOf(time, fraction) - 1 : start };
}
