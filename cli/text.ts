/** Text for people. */

/** What moves the cursor, hides or turns text around: control characters and marks of direction. */
const TREACHEROUS = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Makes text from elsewhere safe for a terminal: what could act on it becomes visible, e.g. `\x1b`. */
export function printable(text: string): string {
  return text.replace(TREACHEROUS, (character) => {
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** Columns under their heads, two spaces apart. Cells are made printable. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) =>
    lines.reduce((widest, line) => Math.max(widest, line[column]?.length ?? 0), 0),
  );
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** A number with separators: `91,204`. */
export function count(number: number): string {
  return number.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

/** A number with its noun: `1 window`, `2 windows`. */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** Bytes in the unit that fits, by powers of ten as Azure bills: `1.2 KB`, `43.9 MB`, `1.3 GB`. */
export function size(bytes: number): string {
  if (bytes < 1e6) return `${count(bytes / 1e3)} KB`;
  return bytes < 1e9 ? `${count(bytes / 1e6)} MB` : `${count(bytes / 1e9)} GB`;
}

const UNITS = [
  { letter: 'd', seconds: 86_400 },
  { letter: 'h', seconds: 3_600 },
  { letter: 'm', seconds: 60 },
  { letter: 's', seconds: 1 },
] as const;

/** A span of time in its two largest units: `3h 5m`, `45s`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const first = UNITS.findIndex((unit) => whole >= unit.seconds);
  const [large, small] = first < 0 ? [UNITS[3], undefined] : [UNITS[first], UNITS[first + 1]];
  if (large === undefined) return '0s';
  const rest = small === undefined ? 0 : Math.floor((whole % large.seconds) / small.seconds);
  const head = `${Math.floor(whole / large.seconds)}${large.letter}`;
  return small === undefined || rest === 0 ? head : `${head} ${rest}${small.letter}`;
}

/** How long ago an instant was: `12s ago`; a dash for null. */
export function ago(instant: string | null, now = Date.now()): string {
  return instant === null ? '–' : `${span((now - Date.parse(instant)) / 1000)} ago`;
}
