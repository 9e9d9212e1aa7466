interface Field {
  readonly from: number;
  readonly to: number;
  /** Short names of its values, from the first on. */
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Second, minute, hour, day, month, weekday. */
const FIELDS: readonly Field[] = [
  { from: 0, to: 59 },
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  { from: 1, to: 12, names: MONTHS },
  { from: 0, to: 6, names: WEEKDAYS },
];

/** Whether the Functions host reads a text as a schedule: six NCRONTAB fields, seconds first. */
export function isSchedule(text: string): boolean {
  const fields = text.trim().split(/\s+/);
  return (
    fields.length === FIELDS.length &&
    FIELDS.every((field, index) => (fields[index] ?? '').split(',').every((part) => valuesOf(part, field).length > 0))
  );
}

/** What each of the six fields of a schedule holds, ascending: `0-23` and `*` are the same. */
export function scheduleValues(schedule: string): number[][] {
  const texts = schedule.trim().split(/\s+/);
  return FIELDS.map((field, index) => {
    const values = (texts[index] ?? '').split(',').flatMap((part) => valuesOf(part, field));
    return [...new Set(values)].sort((left, right) => left - right);
  });
}

/** The values of `*`, a value or a range, each with steps where there is a slash; none for what is no such part. */
function valuesOf(part: string, field: Field): number[] {
  const [values = '', step = '1', ...rest] = part.split('/');
  if (rest.length > 0 || !/^\d{1,2}$/.test(step) || Number(step) < 1 || Number(step) > field.to) return [];
  const [first = NaN, last = first, ...more] =
    values === '*' ? [field.from, field.to] : values.split('-').map((value) => valueOf(value, field));
  if (more.length > 0 || !(first >= field.from && first <= last && last <= field.to)) return [];
  return Array.from({ length: Math.floor((last - first) / Number(step)) + 1 }, (_, n) => first + n * Number(step));
}

function valueOf(text: string, { from, names = [] }: Field): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return from + named;
  return /^\d{1,2}$/.test(text) ? Number(text) : NaN;
}
