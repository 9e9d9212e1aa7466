const DATE_TIME =
  /^(?!0000)(\d{4}-\d\d-\d\d)(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(\.\d{1,7})?(Z|[+-]\d\d:?\d\d)?)?$/;
/** What nearly all times look like; the last days of a month are looked at more closely. */
const USUAL_TIME = /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const MAX_INT = 2 ** 31 - 1;

/**
 * A vendor time as an ISO 8601 text in UTC; undefined when it is none, or lies outside the years 1 to 9999 that the
 * table can hold. A time without zone is UTC: the vendor gives no other.
 */
export function toUtcTime(text: string): string | undefined {
  if (USUAL_TIME.test(text)) return text;
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [, day = '', clock = '00:00:00', fraction = '', zone = 'Z'] = match;
  const local = new Date(`${day}T${clock}Z`);
  // `Date` takes 30 February for the first or second of March.
  if (Number.isNaN(local.getTime()) || !local.toISOString().startsWith(day)) return undefined;
  return zone === 'Z' ? `${day}T${clock}${fraction}Z` : shift(local, fraction, zone);
}

function shift(local: Date, fraction: string, zone: string): string | undefined {
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 14 || minutes > 59) return undefined;
  const offsetMs = (hours * 60 + minutes) * 60_000 * (zone.startsWith('-') ? -1 : 1);
  const utc = new Date(local.getTime() - offsetMs).toISOString();
  return /^(?!0000)\d{4}-/.test(utc) ? `${utc.slice(0, 19)}${fraction}Z` : undefined;
}

/** A count as JSON text; undefined when the text is none or above 32 bits. */
export function toIntText(text: string): string | undefined {
  if (!/^-?\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return Math.abs(value) <= MAX_INT ? String(value) : undefined;
}
