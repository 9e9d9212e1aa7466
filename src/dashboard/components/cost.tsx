import type { CostAnswer, StatusAnswer } from '../answers.ts';
import type { Reading } from '../live/reading.ts';
import { formatBytes, formatCount, formatDayTime, formatMoney, formatPlural } from '../model/format.ts';
import { Fact } from './fact.tsx';

type Month = CostAnswer['total']['month'];
type StreamCauses = CostAnswer['streams'][number]['causes'];

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
        <Fact
          name="A month"
          value={month === null ? 'after an hour' : priceOf(month)}
          note={`at ${formatMoney(pricePerGb)} a GB`}
        />
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
        {streams.map((stream) => (
          <StreamCost key={stream.name} {...stream} />
        ))}
      </ul>
      <p class="small muted">
        Billed bytes as sent since {formatDayTime(countedFrom)} UTC. Backfills, repeats and the catch-up of a new stream
        are among them, and make a month too much. What a filter in Azure drops is not known here.
      </p>
    </>
  );
}

/** Other modes are told once a month can be: within the first hour nothing is known of one. */
function StreamCost({ causes, modes, month, name, week }: CostAnswer['streams'][number]) {
  const others = month === null ? [] : modes.filter(({ isSet }) => !isSet);
  return (
    <li>
      {`${name}: ${formatBytes(week.bytes)} in 7 days${month === null ? '' : `, ${priceOf(month)} a month`}`}
      {causes !== null && <CausesOf {...causes} />}
      {others.length > 0 && (
        <ul class="muted">
          {others.map(({ basis, month: ofMode, setting, value }) => (
            <li key={`${setting}=${value}`}>
              <code>{`${setting}=${value}`}</code>
              {`: ${priceOf(ofMode)}${basis === 'estimated' ? ', estimated' : ''}`}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

/** Fields that are shown. */
const MOST_FIELDS = 3;

function CausesOf({ changed, refresh, sample, uncompared, unknown }: NonNullable<StreamCauses>) {
  const saving = sample?.fields.filter(({ saved }) => saved !== null && saved.gigabytes > 0) ?? [];
  return (
    <p class="muted">
      {`Hosts sent: ${formatCount(changed)} changed, ${formatCount(unknown)} new or not known, ${formatCount(refresh)} for VM_REFRESH_DAYS, ${formatCount(uncompared)} not compared.`}
      {sample !== null && ` ${changesOf(sample)}`}
      {saving.map(
        ({ name, saved }) => ` ${name} in VM_PASSING_FIELDS would save ${priceOf(saved)} a month, estimated.`,
      )}
    </p>
  );
}

function changesOf({ compared, fields }: NonNullable<NonNullable<StreamCauses>['sample']>): string {
  const shown = fields
    .slice(0, MOST_FIELDS)
    .map(({ name, records }) => `${FIELD_NAMES.get(name) ?? name} in ${Math.round((100 * records) / compared)} %`);
  return `Of ${formatPlural(compared, 'sampled changed host')}: ${shown.join(', ')}.`;
}

/** What is no element. */
const FIELD_NAMES: ReadonlyMap<string, string> = new Map([
  ['DETECTION_LIST', 'detections came or went'],
  ['order', 'nothing but the order'],
  ['other', 'other fields'],
]);

function priceOf(month: Month): string {
  return month === null ? 'not known' : formatMoney(month.price);
}
