/**
 * Waits for a promise, but not longer than until the signal is aborted; then throws the signal's reason.
 * The promise itself goes on. Needed beside fetch's own signal, because fetch does not settle in every state
 * (seen in Node 22: a damaged gzip body that ends with the connection).
 */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
  });
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
