/** Texts for times and numbers. All times are UTC, as in log lines and KQL. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const numbers = new Intl.NumberFormat('en');

/** A whole number with separators: `48,211`. */
export function formatCount(count: number): string {
  return numbers.format(count);
}

/** `1 window`, `2 windows`. */
export function formatPlural(count: number, one: string): string {
  return `${formatCount(count)} ${one}${count === 1 ? '' : 's'}`;
}

/** A length of time in its two largest units: `45 s`, `9 min`, `2 h 28 min`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min`;
  if (whole < DAY) return withRest(`${Math.floor(whole / HOUR)} h`, Math.floor((whole % HOUR) / MINUTE), 'min');
  return withRest(`${Math.floor(whole / DAY)} d`, Math.floor((whole % DAY) / HOUR), 'h');
}

function withRest(length: string, rest: number, unit: string): string {
  return rest === 0 ? length : `${length} ${rest} ${unit}`;
}

/** Time of day: `11:58`. */
export function formatTime(time: string | number): string {
  return isoOf(time).slice(11, 16);
}

/** Time of day with seconds: `11:58:04`. */
export function formatClock(time: string | number): string {
  return isoOf(time).slice(11, 19);
}

/** Day and time: `2026-05-01 11:58`. */
export function formatDayTime(time: string | number): string {
  return isoOf(time).slice(0, 16).replace('T', ' ');
}

/** Time alone on the day of `now`, else with its day. */
export function formatNear(time: string | number, now: number): string {
  return isoOf(time).slice(0, 10) === isoOf(now).slice(0, 10) ? formatTime(time) : formatDayTime(time);
}

/** An interval: `2026-05-01 11:53 – 11:58`, with the second day where it is another one, with seconds where it is below a minute. */
export function formatRange(from: string, to: string): string {
  const isOneDay = isoOf(from).slice(0, 10) === isoOf(to).slice(0, 10);
  return `${isoOf(from).slice(0, 10)} ${timeIn(from, to)(from)} – ${isOneDay ? timeIn(from, to)(to) : formatDayTime(to)}`;
}

/** The times of an interval: `11:53–11:58`, and `11:53:10–11:53:40` where it is below a minute. */
export function formatTimes(from: string, to: string): string {
  return [from, to].map(timeIn(from, to)).join('–');
}

function timeIn(from: string, to: string): (time: string) => string {
  return Date.parse(to) - Date.parse(from) < MINUTE * 1000 ? formatClock : formatTime;
}

/** What the page shows where a time cannot be read. */
function isoOf(time: string | number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '????-??-??T??:??:??' : date.toISOString();
}

/** `1.2 KB`, `3.4 MB`, `5.6 GB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} KB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

/** An amount without its currency: `1,203.40`. */
export function formatMoney(amount: number): string {
  return amount.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
