const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** First and last instant that a time column can hold: years 1 to 9999. */
const EARLIEST_MS = -62_135_596_800_000;
const LATEST_MS = 253_402_300_799_999;
/** Times outside of these years (1971 to 9998) are the vendor's placeholders for "unknown" or "never". */
const FIRST_PLAUSIBLE_MS = 31_536_000_000;
const LAST_PLAUSIBLE_MS = 253_370_764_799_999;
const DAYS_BEFORE_MONTH: readonly number[] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/**
 * Reads a time from the bytes `[start, end)`: `2020-08-17T04:15:06.000+0000` as the vendor writes it, the offset also
 * as `+00:00`, `+00` or `Z`; without one it is `zoneMinutes` ahead of UTC; seconds, fraction and time of day may be missing; or milliseconds
 * since 1970 in digits. Fractions are cut to milliseconds. The vendor's placeholder for unknown, 1970-01-01T00:00:00Z,
 * counts as unreadable.
 * @returns milliseconds since 1970, NaN when unreadable or not within the years 1 to 9999.
 */
export function readTime(source: Uint8Array, start: number, end: number, zoneMinutes = 0): number {
  const time =
    source[start + 4] === 0x2d ? readIsoTime(source, start, end, zoneMinutes) : readEpoch(source, start, end);
  return time >= EARLIEST_MS && time <= LATEST_MS && time !== 0 ? time : Number.NaN;
}

/** Whether the time may be that of an event, and not a placeholder such as 1970, year 1 or year 9999. */
export function isPlausible(time: number): boolean {
  return time >= FIRST_PLAUSIBLE_MS && time <= LAST_PLAUSIBLE_MS;
}

/**
 * Whether a readable time is written `YYYY-MM-DDTHH:MM:SS.mmm` with an offset of zero, as the vendor does: its first
 * 23 bytes and `Z` are the ISO form.
 */
export function isNearlyIso(source: Uint8Array, start: number, end: number): boolean {
  const zone = start + 23;
  if (source[start + 10] !== 0x54 || source[start + 19] !== 0x2e) return false;
  if (source[zone] === 0x5a) return end === zone + 1;
  if (source[zone] !== 0x2b && source[zone] !== 0x2d) return false;
  for (let at = zone + 1; at < end; at++) if (source[at] !== 0x30 && source[at] !== 0x3a) return false;
  return true;
}

function readEpoch(source: Uint8Array, start: number, end: number): number {
  const first = source[start] === 0x2d ? start + 1 : start;
  if (end === first || end - first > 15 || skipDigits(source, first) !== end) return Number.NaN;
  let time = 0;
  for (let at = first; at < end; at++) time = time * 10 + digit(source, at);
  return first === start ? time : -time;
}

function readIsoTime(source: Uint8Array, start: number, end: number, zoneMinutes: number): number {
  const day = readDay(source, start, end);
  if (end === start + 10) return day - zoneMinutes * MINUTE_MS;
  const hours = pair(source, start + 11);
  const minutes = pair(source, start + 14);
  const separator = source[start + 10];
  const isTime = (separator === 0x54 || separator === 0x20) && source[start + 13] === 0x3a;
  if (!isTime || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return Number.NaN;
  let at = start + 16;
  let milliseconds = 0;
  if (source[at] === 0x3a) {
    const seconds = pair(source, at + 1);
    if (seconds < 0 || seconds > 59) return Number.NaN;
    milliseconds = seconds * 1000;
    at += 3;
    if (source[at] === 0x2e) {
      const fraction = skipDigits(source, at + 1);
      if (fraction === at + 1) return Number.NaN;
      milliseconds += readFraction(source, at + 1, fraction);
      at = fraction;
    }
  }
  return day + (hours * 60 + minutes - readOffset(source, at, end, zoneMinutes)) * MINUTE_MS + milliseconds;
}

/** Midnight of a date, by the Gregorian calendar. */
function readDay(source: Uint8Array, start: number, end: number): number {
  const [century, yearOfCentury] = [pair(source, start), pair(source, start + 2)];
  const month = pair(source, start + 5);
  const day = pair(source, start + 8);
  if (source[start + 7] !== 0x2d || end < start + 10 || century < 0 || yearOfCentury < 0) return Number.NaN;
  const year = century * 100 + yearOfCentury;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const before = DAYS_BEFORE_MONTH[month - 1];
  const after = DAYS_BEFORE_MONTH[month];
  if (before === undefined || after === undefined || day < 1) return Number.NaN;
  if (day > after - before + (isLeap && month === 2 ? 1 : 0)) return Number.NaN;
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  const daysOfYear = before + day - 1 + (isLeap && month > 2 ? 1 : 0);
  return (past * 365 + leapDays + daysOfYear) * DAY_MS + EARLIEST_MS;
}

/** Offset from UTC in minutes, that of the zone when none stands there; NaN when something else does. */
function readOffset(source: Uint8Array, at: number, end: number, zoneMinutes: number): number {
  const sign = source[at];
  const size = end - at;
  if (size === 0) return zoneMinutes;
  if (sign === 0x5a) return size === 1 ? 0 : Number.NaN;
  const hasMinutes = size === 5 || (size === 6 && source[at + 3] === 0x3a);
  const hours = pair(source, at + 1);
  const minutes = hasMinutes ? pair(source, end - 2) : 0;
  if ((sign !== 0x2b && sign !== 0x2d) || !(hasMinutes || size === 3) || hours < 0 || minutes < 0) return Number.NaN;
  return sign === 0x2d ? -hours * 60 - minutes : hours * 60 + minutes;
}

/** Milliseconds of a fraction of at least one digit; those behind the third are cut. */
function readFraction(source: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < start + 3; at++) value = value * 10 + (at < end ? digit(source, at) : 0);
  return value;
}

function skipDigits(source: Uint8Array, from: number): number {
  let at = from;
  while (digit(source, at) >= 0) at++;
  return at;
}

/** The number in two digits; negative when they are none. */
function pair(source: Uint8Array, at: number): number {
  const tens = digit(source, at);
  const ones = digit(source, at + 1);
  return tens < 0 || ones < 0 ? -1 : tens * 10 + ones;
}

function digit(source: Uint8Array, at: number): number {
  const value = (source[at] ?? 0) - 0x30;
  return value <= 9 ? value : -1;
}
