/** The function key lives in the tab's session storage only: gone with the tab, never in an address, never sent elsewhere. */
const NAME = 'functionKey';

/** The key that was entered in this tab; undefined before that, and where the browser keeps nothing. */
export function readFunctionKey(): string | undefined {
  return inStorage((storage) => storage.getItem(NAME)) ?? undefined;
}

/** Keeps the key for this tab; without storage it lives as long as the page. */
export function keepFunctionKey(key: string): void {
  inStorage((storage) => storage.setItem(NAME, key));
}

/** Forgets the key. */
export function forgetFunctionKey(): void {
  inStorage((storage) => storage.removeItem(NAME));
}

/** Private modes may refuse: the caller holds the key in memory as well. */
function inStorage<T>(use: (storage: Storage) => T): T | undefined {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}
