/** The function key lives in the tab's session storage only: gone with the tab, never in an address, never sent elsewhere. */
const NAME = 'functionKey';

/** The key that was entered in this tab; undefined before that, and where the browser keeps nothing. */
export function readFunctionKey(): string | undefined {
  try {
    return sessionStorage.getItem(NAME) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the key for this tab; without storage it lives as long as the page. */
export function keepFunctionKey(key: string): void {
  try {
    sessionStorage.setItem(NAME, key);
  } catch {
    // Private modes may refuse: the caller holds the key in memory as well.
  }
}

/** Forgets the key. */
export function forgetFunctionKey(): void {
  try {
    sessionStorage.removeItem(NAME);
  } catch {
    // Nothing was kept.
  }
}
