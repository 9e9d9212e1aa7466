/** Wakes one waiter; a call while nobody waits is kept for the next wait. */
export interface Signal {
  readonly notify: () => void;
  /** Resolves at the next `notify`, or after so many milliseconds. */
  readonly wait: (timeoutMs?: number) => Promise<void>;
}

/** Creates a signal that is not set. */
export function createSignal(): Signal {
  let isSet = false;
  let wake: (() => void) | undefined;
  return {
    notify: () => {
      isSet = true;
      wake?.();
    },
    wait: async (timeoutMs) => {
      let timer: NodeJS.Timeout | undefined;
      if (!isSet) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
        });
      }
      clearTimeout(timer);
      wake = undefined;
      isSet = false;
    },
  };
}
