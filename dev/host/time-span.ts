const pattern = /^(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d{1,7})?))?$/;

/** Milliseconds of a .NET time span (`hh:mm`, `hh:mm:ss`, `d.hh:mm:ss`, with fractions); undefined for other text. */
export function parseTimeSpan(text: string): number | undefined {
  const match = pattern.exec(text.trim());
  if (match === null) {
    return undefined;
  }
  const [days, hours, minutes, seconds] = match.slice(1).map((part: string | undefined) => Number(part ?? 0));
  if (hours! > 23 || minutes! > 59 || seconds! >= 60) {
    return undefined;
  }
  return Math.round((((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000);
}
