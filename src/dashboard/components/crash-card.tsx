import { messageOf } from '../model/message-of.ts';
import { VendorText } from './vendor-text.tsx';

/** In place of a page that has failed, because an empty one would hide that: an answer of another release, or a defect. */
export function CrashCard({ failure }: { readonly failure: unknown }) {
  return (
    <main class="gate">
      <section class="card gate-card" role="alert">
        <h1>The dashboard has failed</h1>
        <p>
          Nothing it has shown counts any more. Ingestion does not depend on it. Right after an update an answer may
          still come from the other release: load the page again.
        </p>
        <p class="muted small">
          <VendorText text={messageOf(failure)} />
        </p>
        <button type="button" class="button primary" onClick={() => location.reload()}>
          Load the page again
        </button>
      </section>
    </main>
  );
}
