const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;

/** Milliseconds of `2d`, `1h30m`, `10s`. @throws Error for anything else. */
export function toMilliseconds(duration: string): number {
  if (!/^(\d+[dhms])+$/.test(duration)) throw new Error(`${duration} is no duration`);
  const parts = [...duration.matchAll(/(\d+)([dhms])/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS], 0);
}

/** A time as ISO text: it stands as such, or as its distance from `base` (`-8m`, `+2h`). @throws Error for anything else. */
export function toTime(text: string, base: string): string {
  const [, sign, distance = ''] = /^([+-])(.*)$/.exec(text) ?? [];
  if (sign === undefined) return new Date(text).toISOString();
  return new Date(Date.parse(base) + (sign === '-' ? -1 : 1) * toMilliseconds(distance)).toISOString();
}
