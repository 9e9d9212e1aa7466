/**
 * Reads an iterator before its parts are asked for, up to `mostBytes` of them, so that whoever sends is not held up by a slow reader.
 * An error is thrown once the parts before it have been read. What is read ahead starts with the first call of `next`.
 */
export function readAhead(parts: AsyncIterator<Uint8Array, void>, mostBytes: number): AsyncIterator<Uint8Array, void> {
  const ready: Uint8Array[] = [];
  let readyBytes = 0;
  let ended: { readonly error?: unknown } | undefined;
  let reading: Promise<void> | undefined;

  async function readOne(): Promise<void> {
    try {
      const part = await parts.next();
      if (part.done === true) ended ??= {};
      else {
        ready.push(part.value);
        readyBytes += part.value.byteLength;
      }
    } catch (error) {
      ended ??= { error };
    }
    reading = undefined;
    goOn();
  }

  function goOn(): void {
    if (ended === undefined && readyBytes < mostBytes) reading ??= readOne();
  }

  return {
    next: async () => {
      goOn();
      if (ready.length === 0 && ended === undefined) await reading;
      const value = ready.shift();
      if (value !== undefined) {
        readyBytes -= value.byteLength;
        goOn();
        return { value, done: false };
      }
      if (ended !== undefined && 'error' in ended) throw ended.error;
      return { value: undefined, done: true };
    },
    return: () => {
      ended = {};
      ready.length = 0;
      // Not awaited: a read that is under way ends only when the sender says something.
      void parts.return?.().catch(() => undefined);
      return Promise.resolve({ value: undefined, done: true });
    },
  };
}
