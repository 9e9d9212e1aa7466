/** Ranges that people ask for, in the form of `datetime-local` fields, in UTC. */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What is to be read again. */
export interface BackfillRange {
  readonly stream: string;
  /** ISO 8601; in the form e.g. `2026-04-01T00:00`, and empty when nothing is entered. */
  readonly from: string;
  readonly to: string;
}

/** A range offered by a button. */
export interface OfferedRange {
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

/** What the fields of the form are called. */
export type FieldName = keyof BackfillRange;

const FIELDS: readonly FieldName[] = ['stream', 'from', 'to'];

/** Ranges that end at the watermark at the latest: what comes after it is live ingestion's. */
export function offeredRanges(now: number, watermark: string | null): OfferedRange[] {
  const end = Math.min(now, watermark === null ? now : Date.parse(watermark));
  const lastDays = (days: number): OfferedRange => ({
    label: days === 1 ? 'Last 24 hours' : `Last ${days} days`,
    ...fields(end - days * DAY_MS, end),
  });
  return [lastDays(1), lastDays(7), lastDays(30), lastMonth(now, end)];
}

function lastMonth(now: number, end: number): OfferedRange {
  const [year, month] = [new Date(now).getUTCFullYear(), new Date(now).getUTCMonth()];
  const [from, to] = [Date.UTC(year, month - 1), Math.min(Date.UTC(year, month), end)];
  const name = new Date(from).toLocaleString('en', { month: 'long', timeZone: 'UTC' });
  return { label: `Last month (${name})`, ...fields(from, to) };
}

function fields(from: number, to: number): { from: string; to: string } {
  return { from: toField(from), to: toField(to) };
}

/** The minute at or before the instant, as a field holds it. */
function toField(time: number): string {
  return new Date(Math.floor(time / MINUTE_MS) * MINUTE_MS).toISOString().slice(0, 16);
}

/** What is sent: the fields mean UTC. */
export function toBackfillRequest({ stream, from, to }: BackfillRange): BackfillRange {
  const toIso = (field: string): string => (field === '' ? '' : `${field}${field.length === 16 ? ':00' : ''}Z`);
  return { stream, from: toIso(from), to: toIso(to) };
}

/** What is missing before anything is sent; the app checks the rest. */
export function findMissing({ stream, from, to }: BackfillRange): Partial<Record<FieldName, string>> {
  return {
    ...(stream === '' ? { stream: 'Choose a stream.' } : {}),
    ...(from === '' ? { from: 'Enter the first instant to read, in UTC.' } : {}),
    ...(to === '' ? { to: 'Enter the first instant after the range, in UTC.' } : {}),
  };
}

/** Puts the app's errors, each of which begins with its field, at the fields; the rest is for the form as a whole. */
export function placeErrors(errors: readonly string[]): { fields: Partial<Record<FieldName, string>>; rest: string[] } {
  const placed: Partial<Record<FieldName, string>> = {};
  const rest: string[] = [];
  for (const error of errors) {
    const field = FIELDS.find((name) => error.startsWith(`${name} `) || error.startsWith(`${name}:`));
    if (field === undefined) rest.push(error);
    else placed[field] = placed[field] === undefined ? error : `${placed[field]}; ${error}`;
  }
  return { fields: placed, rest };
}
