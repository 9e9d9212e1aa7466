import type { BackfillView, StreamStatus } from '../answers.ts';
import type { Reading } from '../live/reading.ts';
import { BackfillForm } from './backfill-form.tsx';
import { BackfillItem } from './backfill-item.tsx';

interface BackfillsProps {
  readonly backfills: Reading<readonly BackfillView[]>;
  /** Enabled streams. */
  readonly streams: readonly StreamStatus[];
  readonly now: number;
  /** Whether the form is shown. */
  readonly isOpen: boolean;
  readonly setOpen: (isOpen: boolean) => void;
}

/** How to get last month, and how far that is. */
export function Backfills({ backfills, streams, now, isOpen, setOpen }: BackfillsProps) {
  const all = backfills.data ?? [];
  return (
    <section class="card" aria-labelledby="backfills">
      <div class="card-head">
        <h2 id="backfills" tabIndex={-1}>
          Backfills
        </h2>
        <button type="button" class="button primary" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Close the form' : 'Start a backfill…'}
        </button>
      </div>
      <p class="muted">
        A backfill reads a range before the watermark again, beside the live windows, which go first. Rows that are
        there already come with the same RowKey.
      </p>
      {isOpen && (
        <BackfillForm
          streams={streams.filter(({ isSnapshot }) => !isSnapshot)}
          now={now}
          onStarted={() => setOpen(false)}
        />
      )}
      {backfills.data !== undefined && all.length === 0 && <p>None so far.</p>}
      <ul class="backfills">
        {all.map((backfill) => (
          <BackfillItem key={backfill.id} backfill={backfill} now={now} />
        ))}
      </ul>
    </section>
  );
}
