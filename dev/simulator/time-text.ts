const DAY_SECONDS = 86_400;

/** Texts already made: writing a time anew costs as much as all the rest of a short record. */
const dayTexts = new Map<number, string>();
const clockTexts = new Array<string | undefined>(DAY_SECONDS);
const MOST_DAYS = 10_000;

function dayText(day: number): string {
  let text = dayTexts.get(day);
  if (text === undefined) {
    text = new Date(day * DAY_SECONDS * 1_000).toISOString().split('T')[0] ?? '';
    if (dayTexts.size >= MOST_DAYS) dayTexts.clear();
    dayTexts.set(day, text);
  }
  return text;
}

function clockText(second: number): string {
  return (clockTexts[second] ??= new Date(second * 1_000).toISOString().slice(10, 19));
}

/** `YYYY-MM-DDTHH:MM:SS` in UTC, of milliseconds since 1970. */
export function timeText(instant: number): string {
  const seconds = Math.floor(instant / 1_000);
  const day = Math.floor(seconds / DAY_SECONDS);
  return dayText(day) + clockText(seconds - day * DAY_SECONDS);
}
