/** Steps of the page keys. */
const PAGE = 12;

/** The key that an arrow, page or end key leads to; undefined for other keys and an empty list. */
export function stepThrough(keys: readonly string[], current: string | undefined, pressed: string): string | undefined {
  const index = current === undefined ? keys.length : keys.indexOf(current);
  const targets: Readonly<Record<string, number>> = {
    ArrowLeft: index - 1,
    ArrowUp: index - 1,
    ArrowRight: index + 1,
    ArrowDown: index + 1,
    PageUp: index - PAGE,
    PageDown: index + PAGE,
    Home: 0,
    End: keys.length - 1,
  };
  const target = targets[pressed];
  return target === undefined ? undefined : keys[Math.min(keys.length - 1, Math.max(0, target))];
}
