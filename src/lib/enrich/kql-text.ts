/**
 * A value as a KQL string literal that cannot end early: all but ASCII letters, digits and a few harmless characters are written as
 * `\uXXXX`, which the language reads as the character itself.
 */
export function kqlText(value: string): string {
  const escaped = value.replace(
    /[^A-Za-z0-9 ._:/@-]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `'${escaped}'`;
}

/** A time as a KQL literal. @throws RangeError for an invalid date. */
export function kqlTime(time: Date): string {
  return `datetime(${time.toISOString()})`;
}
