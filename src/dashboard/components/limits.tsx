import type { LimitView } from '../answers.ts';
import { formatCount, formatDuration, formatNear } from '../model/format.ts';
import { Badge } from './badge.tsx';
import { Meter } from './meter.tsx';
import { VendorText } from './vendor-text.tsx';

/** Share of the budget below which it is worth a look. */
const LOW = 0.2;

/** What Qualys lets the connector do, for each API. */
export function Limits({ limits, now }: { readonly limits: readonly LimitView[]; readonly now: number }) {
  return (
    <section class="card" aria-labelledby="limits">
      <h2 id="limits" tabIndex={-1}>
        Qualys limits
      </h2>
      {limits.map((limit) => (
        <ApiLimits key={limit.api} limit={limit} now={now} />
      ))}
    </section>
  );
}

interface LimitProps {
  readonly limit: LimitView;
  readonly now: number;
}

function ApiLimits({ limit, now }: LimitProps) {
  const { api, permits, inUse, pausedUntil, pauseReason, outages } = limit;
  const isPaused = pausedUntil !== null && Date.parse(pausedUntil) > now;
  return (
    <div class="limit">
      <div class="card-head">
        <h3>{api.toUpperCase()} API</h3>
        {outages.length > 0 && <Badge tone="bad" sign="✕" text="does not answer" />}
        {isPaused && <Badge tone="warn" sign="Ⅱ" text={`waits until ${formatNear(pausedUntil, now)} UTC`} />}
      </div>
      {isPaused && pauseReason !== null && (
        <p class="small">
          <VendorText text={pauseReason} />
        </p>
      )}
      {outages.map(({ route, since, nextTryAt, error }) => (
        <p class="small" key={route}>
          <strong>{route}</strong>
          {` is out since ${formatNear(since, now)} UTC and is tried at ${formatNear(nextTryAt, now)} UTC: `}
          <VendorText text={error} />
        </p>
      ))}
      <Budget limit={limit} now={now} />
      <p class="small">
        Permits in use: <strong>{`${inUse} of ${permits}`}</strong>
      </p>
    </div>
  );
}

function Budget({ limit: { api, budget }, now }: LimitProps) {
  if (budget === null) return <p class="small muted">Calls left: Qualys has not told yet</p>;
  const { left, limit, windowSeconds, seenAt } = budget;
  const text = `${formatCount(left)} of ${formatCount(limit)}`;
  return (
    <>
      <Meter
        role="meter"
        label={`Calls left, ${api.toUpperCase()} API`}
        value={left}
        max={limit}
        text={text}
        tone={left < limit * LOW ? 'warn' : 'info'}
      />
      <p class="small">
        Calls left: <strong>{text}</strong>{' '}
        <span class="muted">
          in {formatDuration(windowSeconds)}, told at {formatNear(seenAt, now)} UTC
        </span>
      </p>
    </>
  );
}
