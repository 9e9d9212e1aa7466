import { useEffect, useState } from 'preact/hooks';

/** What decides on the colours of a canvas: dark or light, more contrast or colours of the system's own. */
const QUERIES = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)', '(forced-colors: active)'];

function readTheme(): string {
  return QUERIES.map((query) => String(matchMedia(query).matches)).join();
}

/** Changes when the colours do. */
export function useTheme(): string {
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => {
    const lists = QUERIES.map((query) => matchMedia(query));
    const look = (): void => setTheme(readTheme());
    lists.forEach((list) => list.addEventListener('change', look));
    return () => lists.forEach((list) => list.removeEventListener('change', look));
  }, []);
  return theme;
}
