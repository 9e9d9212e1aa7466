import type { AlertStatus } from '../answers.ts';
import { formatCount } from '../model/format.ts';
import type { ReadStatus } from '../model/read-status.ts';
import { Fact } from './fact.tsx';

/** What waits and what was put aside, in one row; what a person has to look at has a part of its own above. */
export function PutAside({ status: { queue, deadLetters, alerts } }: { readonly status: ReadStatus }) {
  const { waiting, poison } = queue;
  return (
    <section class="card" aria-labelledby="queue">
      <h2 id="queue" tabIndex={-1}>
        Queue
      </h2>
      <dl class="facts large">
        <Fact name="Work items" value={formatCount(waiting)} note="waiting or in work, about" />
        <Fact name="Poison" value={poison > 0 ? `! ${formatCount(poison)}` : '0'} note="given up by the host" />
        <Fact
          name="Dead letters"
          value={formatCount(deadLetters)}
          note="rows that Azure refuses"
          id={deadLetters === 0 ? 'dead-letters' : undefined}
        />
        <AlertFact alerts={alerts} />
      </dl>
      {poison > 0 && (
        <p class="small">
          Their windows come back with the next tick; a message that stays is not the connector’s own. See “poison
          messages” and “foreign messages” in the operator’s guide.
        </p>
      )}
    </section>
  );
}

function AlertFact({ alerts }: { readonly alerts: AlertStatus }) {
  const { enabled, queued, summarised } = alerts;
  if (!enabled) return <Fact name="Alerts" value="–" note="no webhook is set" />;
  const open = openAlerts(alerts);
  return (
    <Fact
      name="Alerts not posted"
      value={formatCount(open)}
      note={`${formatCount(queued)} queued, ${formatCount(summarised)} summarised in 24 h`}
      id={open === 0 ? 'alerts' : undefined}
    />
  );
}

/** Alerts that the webhook has not taken, whatever becomes of them. */
export function openAlerts({ waiting, undelivered, uncertain, poison }: AlertStatus): number {
  return waiting + undelivered + uncertain + poison;
}
