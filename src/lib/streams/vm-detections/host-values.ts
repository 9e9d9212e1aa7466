const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(\.\d{1,7})?(Z|[+-]\d\d:?\d\d)?)?$/;
const MAX_INT = 2 ** 31 - 1;

/**
 * A vendor time as an ISO 8601 text in UTC; undefined when it is none, or lies outside the years 1 to 9999 that the
 * table can hold. A time without zone is UTC: the vendor gives no other.
 */
export function toUtcTime(text: string): string | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [, year = '', month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const local = `${year}-${month ?? ''}-${day ?? ''}T${hour}:${minute}:${second}`;
  // Date.parse takes 30 February for 1 or 2 March; a time that is not its own is none.
  const instant = new Date(`${local}Z`);
  if (year === '0000' || Number.isNaN(instant.getTime()) || !instant.toISOString().startsWith(local)) return undefined;
  return zone === 'Z' ? `${local}${fraction}Z` : shift(instant, fraction, zone);
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

/** Whether `id` comes after `other`: ids go beyond 2^53, so they are compared as texts. Undefined when one is no number. */
export function compareHostIds(id: string, other: string): number | undefined {
  if (!/^\d+$/.test(id) || !/^\d+$/.test(other)) return undefined;
  const [a, b] = [id.replace(/^0+(?=\d)/, ''), other.replace(/^0+(?=\d)/, '')];
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}
