/** Makes what runs at the first call and gives the same to all later ones; after a failure, the next call runs it again. */
export function onceDone<T>(run: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= run().catch((thrown: unknown) => {
      done = undefined;
      throw thrown;
    });
    return done;
  };
}
