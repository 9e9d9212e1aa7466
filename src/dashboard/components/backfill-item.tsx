import type { BackfillView } from '../answers.ts';
import { formatCount, formatDuration, formatNear, formatPlural, formatRange } from '../model/format.ts';
import { Badge } from './badge.tsx';
import { BackfillWindows } from './backfill-windows.tsx';
import { useDesk, type Intent } from './desk.ts';
import { Meter } from './meter.tsx';
import { VendorText } from './vendor-text.tsx';

const BADGES: Readonly<Record<BackfillView['status'], { tone: string; sign: string }>> = {
  planning: { tone: 'info', sign: '○' },
  running: { tone: 'info', sign: '▶' },
  succeeded: { tone: 'good', sign: '✓' },
  failed: { tone: 'bad', sign: '✕' },
  cancelled: { tone: 'muted', sign: '–' },
};

/** One backfill: what, how far, how long still, and what went wrong. */
export function BackfillItem({ backfill, now }: { readonly backfill: BackfillView; readonly now: number }) {
  const { ask, routes } = useDesk();
  const { id, stream, from, to, status, windows, rows, percent, waits } = backfill;
  const isRunning = status === 'running' || status === 'planning';
  const range = `${stream}, ${formatRange(from, to)} UTC`;
  const cancel: Intent = {
    title: 'Cancel this backfill?',
    text: `${range}. What has been read stays; windows in work run to their end; the rest is not started.`,
    confirmLabel: 'Cancel the backfill',
    isGrave: true,
    run: async () => {
      await routes.cancelBackfill(id);
      return `The backfill of ${range} is cancelled.`;
    },
    focusId: 'backfills',
  };
  return (
    <li class="backfill" data-backfill={id}>
      <div class="card-head">
        <h3>
          {stream} <span class="muted">{formatRange(from, to)} UTC</span>
        </h3>
        <Badge {...BADGES[status]} text={status} />
      </div>
      <Meter
        role="progressbar"
        label={`Progress of ${range}`}
        value={percent}
        max={100}
        text={`${percent} %`}
        tone={BADGES[status].tone}
      />
      <div class="card-head">
        <p class="muted small">
          <strong>{percent} %</strong> · {formatCount(windows.closed)} of {formatPlural(windows.total, 'window')} ·{' '}
          {formatPlural(rows, 'row')}
          {isRunning && ` · ${timeLeft(backfill)}`}
          {!isRunning && ` · ended ${formatNear(backfill.updatedAt, now)} UTC`}
        </p>
        {isRunning && (
          <button
            type="button"
            class="button"
            onClick={() => ask(cancel)}
            aria-label={`Cancel the backfill of ${range}`}
          >
            Cancel
          </button>
        )}
      </div>
      {waits !== null && (
        <p class="small">
          <strong>Waits{waits.until !== null && ` until ${formatNear(waits.until, now)} UTC`}:</strong>{' '}
          <VendorText text={waits.reason} />
        </p>
      )}
      {windows.failed > 0 && <BackfillWindows backfill={backfill} now={now} />}
    </li>
  );
}

function timeLeft({ etaSeconds }: BackfillView): string {
  return etaSeconds === null ? 'time left not known yet' : `about ${formatDuration(etaSeconds)} left`;
}
