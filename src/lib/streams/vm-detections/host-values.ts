const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(\.\d{1,7})?(Z|[+-]\d\d:?\d\d)?)?$/;
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
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] =
    match;
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  if (!isTime || !isDate(Number(year), Number(month), Number(day))) return undefined;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  return zone === 'Z' ? `${local}${fraction}Z` : shift(new Date(`${local}Z`), fraction, zone);
}

/** `Date` would take 30 February for the first or second of March. */
function isDate(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2) return day <= (isLeap ? 29 : 28);
  return day <= (month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
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
