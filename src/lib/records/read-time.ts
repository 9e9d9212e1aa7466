const MINUTE_MS = 60_000;
/** First and last instant that a time column can hold: years 1 to 9999. */
const EARLIEST_MS = -62_135_596_800_000;
const LATEST_MS = 253_402_300_799_999;
/** Times outside of these years (1971 to 9998) are the vendor's placeholders for "unknown" or "never". */
const FIRST_PLAUSIBLE_MS = 31_536_000_000;
const LAST_PLAUSIBLE_MS = 253_370_764_799_999;
/** A time as the vendor writes it; the last days of a month, and what stands for no time, are looked at more closely. */
export const USUAL_TIME =
  /^(?!0000|1970)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}(?:Z|[+-]00:?00)$/;
const EPOCH = /^-?\d{1,15}$/;
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/**
 * Reads a time: `2020-08-17T04:15:06.000+0000` as the vendor writes it, the offset also
 * as `+00:00`, `+00` or `Z`; without one it is `zoneMinutes` ahead of UTC; seconds, fraction and time of day may be missing; or milliseconds
 * since 1970 in digits. Fractions are cut to milliseconds. The vendor's placeholder for unknown, 1970-01-01T00:00:00Z,
 * counts as unreadable.
 * @returns milliseconds since 1970, NaN when unreadable or not within the years 1 to 9999.
 */
export function readTime(text: string, zoneMinutes = 0): number {
  if (USUAL_TIME.test(text)) return Date.parse(`${text.slice(0, 23)}Z`);
  const time = EPOCH.test(text) ? Number(text) : readIsoTime(text, zoneMinutes);
  return time >= EARLIEST_MS && time <= LATEST_MS && time !== 0 ? time : Number.NaN;
}

/** Whether the time may be that of an event, and not a placeholder such as 1970, year 1 or year 9999. */
export function isPlausible(time: number): boolean {
  return time >= FIRST_PLAUSIBLE_MS && time <= LAST_PLAUSIBLE_MS;
}

function readIsoTime(text: string, zoneMinutes: number): number {
  const match = ISO.exec(text);
  if (match === null) return Number.NaN;
  const [, day = '', hours = '00', minutes = '00', seconds = '00', fraction = '', zone] = match;
  const time = Date.parse(`${day}T${hours}:${minutes}:${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}Z`);
  // `Date` takes 30 February for the second of March.
  const isDay = Number(day.slice(8)) < 29 || (!Number.isNaN(time) && new Date(time).toISOString().startsWith(day));
  return isDay ? time - offsetOf(zone, zoneMinutes) * MINUTE_MS : Number.NaN;
}

/** Offset from UTC in minutes, that of the zone when none is told. */
function offsetOf(told: string | undefined, zoneMinutes: number): number {
  if (told === undefined) return zoneMinutes;
  if (told === 'Z') return 0;
  const minutes = Number(told.slice(1, 3)) * 60 + Number(told.slice(3).replace(':', ''));
  return told.startsWith('-') ? -minutes : minutes;
}
