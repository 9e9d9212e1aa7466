/** Before the first answer. */
export function Loading({ hasFailed }: { readonly hasFailed: boolean }) {
  return (
    <section class="card" aria-busy={!hasFailed}>
      <h1>Qualys connector</h1>
      <p class="muted">
        {hasFailed ? 'Nothing could be read yet. It is tried again by itself.' : 'Reading the status…'}
      </p>
    </section>
  );
}
