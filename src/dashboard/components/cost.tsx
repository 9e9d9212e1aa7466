import type { CostAnswer, StatusAnswer } from '../answers.ts';
import type { Reading } from '../live/reading.ts';
import { formatBytes, formatCount, formatDayTime, formatMoney } from '../model/format.ts';
import { Fact } from './fact.tsx';

type Month = CostAnswer['total']['month'];

interface CostProps {
  readonly cost: Reading<CostAnswer>;
  readonly limit: StatusAnswer['dailyLimit'];
}

/** What ingestion costs, as sent. */
export function Cost({ cost: { data, error }, limit }: CostProps) {
  return (
    <section class="card" aria-labelledby="cost">
      <h2 id="cost" tabIndex={-1}>
        Cost
      </h2>
      {data === undefined ? (
        <p class="muted">{error === undefined ? 'Not read yet.' : 'What was sent could not be read.'}</p>
      ) : (
        <CostOf {...data} limit={limit} />
      )}
    </section>
  );
}

function CostOf({ countedFrom, limit, pricePerGb, streams, total }: CostAnswer & Pick<CostProps, 'limit'>) {
  if (countedFrom === null) return <p class="muted">Nothing was sent in the last seven days.</p>;
  const { today, yesterday, week, month } = total;
  return (
    <>
      <dl class="facts">
        <Fact name="A month" value={priceOf(month)} note={`at ${formatMoney(pricePerGb)} a GB`} />
        <Fact name="Last 7 days" value={formatBytes(week.bytes)} note={`${formatCount(week.rows)} rows`} />
        <Fact name="Yesterday" value={formatBytes(yesterday.bytes)} />
        <Fact
          name="Today"
          value={formatBytes(today.bytes)}
          note={
            limit === null ? undefined : `${limit.isReached ? 'limit reached: ' : 'of '}${limit.gigabytes} GB a day`
          }
        />
      </dl>
      <ul class="small">
        {streams.map(({ name, week: { bytes }, month: ofStream, modes }) => (
          <li key={name}>
            {`${name}: ${formatBytes(bytes)} in 7 days, ${priceOf(ofStream)} a month`}
            {modes.some(({ isSet }) => !isSet) && (
              <ul class="muted">
                {modes
                  .filter(({ isSet }) => !isSet)
                  .map((mode) => (
                    <li key={`${mode.setting}=${mode.value}`}>
                      <code>{`${mode.setting}=${mode.value}`}</code>
                      {`: ${priceOf(mode.month)}${mode.basis === 'estimated' ? ', estimated' : ''}`}
                    </li>
                  ))}
              </ul>
            )}
          </li>
        ))}
      </ul>
      <p class="small muted">
        Billed bytes as sent since {formatDayTime(countedFrom)} UTC, backfills and repeats included. What a filter in
        Azure drops is not known here.
      </p>
    </>
  );
}

function priceOf(month: Month): string {
  return month === null ? 'not known' : formatMoney(month.price);
}
