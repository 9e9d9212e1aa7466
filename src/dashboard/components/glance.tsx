import type { BackfillView } from '../answers.ts';
import type { ReadStatus } from '../model/read-status.ts';
import { formatCount } from '../model/format.ts';

interface GlanceProps {
  readonly status: ReadStatus;
  readonly backfills: readonly BackfillView[];
  readonly onBackfill: () => void;
}

/** What the rest of the page holds, each a way there; and the way to earlier data. */
export function Glance({ status: { limits, queue, deadLetters }, backfills, onBackfill }: GlanceProps) {
  const running = backfills.filter(({ status }) => status === 'running' || status === 'planning').length;
  const calls = limits.flatMap(({ api, budget }) =>
    budget === null ? [] : [`${api.toUpperCase()} ${formatCount(budget.left)}`],
  );
  const ways = [
    { target: 'backfills', text: running === 0 ? 'No backfill runs' : `Backfills running: ${formatCount(running)}` },
    { target: 'limits', text: calls.length === 0 ? 'Calls left not told yet' : `Calls left: ${calls.join(', ')}` },
    { target: 'queue', text: `Queue: ${formatCount(queue.waiting)}, poison ${formatCount(queue.poison)}` },
    { target: 'dead-letters', text: `Dead letters: ${formatCount(deadLetters)}` },
  ];
  return (
    <nav class="glance" aria-label="More on this page">
      <ul>
        {ways.map(({ target, text }) => (
          <li key={target}>
            <a href={`#${target}`}>{text}</a>
          </li>
        ))}
      </ul>
      <button type="button" class="button" onClick={onBackfill}>
        Start a backfill…
      </button>
    </nav>
  );
}
