/** Answers that refuse an account come at once: a call that has run for so long was let in. */
const LET_IN_MS = 500;

/** Lets so many calls of this process go out that nobody has let in yet; the others wait for them. */
export interface LoginGate {
  /** @returns what tells that the call has its answer; told twice it does nothing more. */
  readonly enter: (most: number) => Promise<() => void>;
}

/** Makes a gate. While the account works it costs nobody more than a moment; when it does not, few calls find that out. */
export function createLoginGate(letInMs = LET_IN_MS): LoginGate {
  let out = 0;
  const waiting: { readonly most: number; readonly go: () => void }[] = [];
  const leave = (): void => {
    out--;
    while (waiting[0] !== undefined && out < waiting[0].most) waiting.shift()?.go();
  };
  const begin = (): (() => void) => {
    out++;
    let isOut = true;
    const end = (): void => {
      clearTimeout(timer);
      if (isOut) leave();
      isOut = false;
    };
    const timer = setTimeout(end, letInMs);
    return end;
  };
  return {
    enter: (most) =>
      out < most && waiting.length === 0
        ? Promise.resolve(begin())
        : new Promise((resolve) => waiting.push({ most, go: () => resolve(begin()) })),
  };
}
