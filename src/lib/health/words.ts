/** How problems say times and numbers. All times are UTC. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const numbers = new Intl.NumberFormat('en');

/** `1 window`, `2,000 windows`. */
export function counted(count: number, noun: string): string {
  return `${numbers.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `2 windows and 1 backfill wait`; empty where nothing does. */
export function waiting(windows: number, backfills: number): string {
  const parts = [
    ...(windows === 0 ? [] : [counted(windows, 'window')]),
    ...(backfills === 0 ? [] : [counted(backfills, 'backfill')]),
  ];
  return parts.length === 0 ? '' : `${parts.join(' and ')} ${windows + backfills === 1 ? 'waits' : 'wait'}`;
}

/** `45 s`, `9 min`, `2 h 28 min`, `3 d 4 h`. */
export function lasting(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min`;
  const [unit, part, names] = whole < DAY ? [HOUR, MINUTE, ['h', 'min']] : [DAY, HOUR, ['d', 'h']];
  const rest = Math.floor((whole % unit) / part);
  return `${Math.floor(whole / unit)} ${names[0]}${rest === 0 ? '' : ` ${rest} ${names[1]}`}`;
}

/** `12:40 UTC`; with seconds where that is less than two minutes after `now`, so that it never seems over; with its day where that is not the day of `now`. */
export function at(time: string, now: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return 'an unknown time';
  const left = date.getTime() - now;
  const end = left > 0 && left < 2 * MINUTE * 1000 ? 19 : 16;
  const [day, clock] = [date.toISOString().slice(0, 10), date.toISOString().slice(11, end)];
  return day === new Date(now).toISOString().slice(0, 10) ? `${clock} UTC` : `${day} ${clock} UTC`;
}

/** Sentences that are there, one after the other, each with its stop. */
export function sentences(...parts: readonly (string | null | undefined)[]): string {
  return parts
    .flatMap((part) => (part === null || part === undefined || part.trim() === '' ? [] : [part.trim()]))
    .map((part) => (/[.!?…]$/.test(part) ? part : `${part}.`))
    .join(' ');
}
