import { useState } from 'preact/hooks';
import { namedReadings } from '../live/live-data.ts';
import type { LiveView } from '../live/use-live-data.ts';
import { useNow } from '../live/use-now.ts';
import { formatClock, formatDuration } from '../model/format.ts';

/** Data older than this is stale, whatever the reason: four missed readings, or a machine that slept. */
const STALE_MS = 60_000;

interface HeaderProps {
  readonly live: LiveView;
  readonly hasKey: boolean;
  readonly onForget: () => void;
}

/** Name, age of what is shown, and what a person can do about that. */
export function Header({ live, hasKey, onForget }: HeaderProps) {
  const { isPaused, setPaused, refresh, data } = live;
  const [isReading, setReading] = useState(false);
  // On a phone the verdict comes first: there the acts unfold.
  const [isMenuOpen, setMenuOpen] = useState(false);
  const readNow = (): void => {
    setReading(true);
    void refresh().finally(() => setReading(false));
  };
  return (
    <header class="top">
      <a class="skip visually-hidden" href="#main">
        Skip to the content
      </a>
      <p class="brand">
        <img src="dashboard/icon.svg" alt="" width="24" height="24" />
        <span class="brand-name">
          <strong>Qualys connector</strong>{' '}
          {data.status.data !== undefined && <span class="muted small">{data.status.data.version}</span>}
        </span>
      </p>
      <Age live={live} />
      <button
        type="button"
        class="button menu"
        aria-expanded={isMenuOpen}
        aria-controls="page-acts"
        onClick={() => setMenuOpen(!isMenuOpen)}
      >
        Menu
      </button>
      <div id="page-acts" class={`buttons acts ${isMenuOpen ? 'open' : ''}`}>
        <button type="button" class="button" onClick={readNow} aria-disabled={isReading}>
          Refresh
        </button>
        <button type="button" class="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? 'Resume' : 'Pause'}
        </button>
        {hasKey && (
          <button type="button" class="button" onClick={onForget}>
            Forget key
          </button>
        )}
      </div>
    </header>
  );
}

/** How old the page is: in words and with a sign. */
function Age({ live: { data, isPaused } }: { readonly live: LiveView }) {
  const now = useNow(1000);
  const { readAt } = data.status;
  if (readAt === undefined) return <p class="age muted">no data yet</p>;
  const ageMs = Math.max(0, now - readAt);
  const hasFailed = namedReadings(data).some(({ reading }) => reading.error !== undefined);
  const [tone, sign, word] =
    hasFailed || (ageMs > STALE_MS && !isPaused)
      ? ['bad', '⚠', 'stale']
      : isPaused
        ? ['warn', 'Ⅱ', 'paused']
        : ['good', '●', 'live'];
  return (
    <p class={`age ${tone}`}>
      <span aria-hidden="true">{sign}</span> <strong>{word}</strong>
      <span class="muted">
        {' '}
        as of {formatClock(readAt)} UTC{ageMs > 20_000 ? `, ${formatDuration(ageMs / 1000)} ago` : ''}
      </span>
    </p>
  );
}
