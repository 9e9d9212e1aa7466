import type { AlertStatus } from '../answers.ts';
import { formatCount, formatPlural } from '../model/format.ts';
import { useDesk, type Intent } from './desk.ts';
import { Fact } from './fact.tsx';
import { openAlerts } from './put-aside.tsx';
import { VendorBlock } from './vendor-text.tsx';

/** Alerts that one press queues again. */
const REPLAYED = 100;

/** Alerts that the SOAR webhook has not taken; nothing where it has taken all. */
export function Alerts({ alerts }: { readonly alerts: AlertStatus }) {
  const { waiting, undelivered, uncertain, poison, lastError } = alerts;
  if (openAlerts(alerts) === 0) return null;
  return (
    <section class="card" aria-labelledby="alerts">
      <h2 id="alerts" tabIndex={-1}>
        Alerts
      </h2>
      <dl class="facts">
        <Fact name="Waiting" value={formatCount(waiting)} note="tried again by itself" />
        <Fact name="Undelivered" value={formatCount(undelivered)} note="refused for a day" />
        <Fact name="Uncertain" value={formatCount(uncertain)} note="perhaps taken" />
        <Fact name="Poison" value={formatCount(poison)} note="given up by the host" />
      </dl>
      {lastError !== null && <VendorBlock text={lastError} />}
      <div class="buttons">
        <ReplayAlerts state="undelivered" count={undelivered} />
        <ReplayAlerts state="uncertain" count={uncertain} />
      </div>
    </section>
  );
}

function ReplayAlerts({ state, count }: { readonly state: 'undelivered' | 'uncertain'; readonly count: number }) {
  const { ask, routes } = useDesk();
  if (count === 0) return null;
  const isDoubtful = state === 'uncertain';
  const intent: Intent = {
    title: `Send ${state} alerts again?`,
    text: `Up to ${REPLAYED} are queued. ${isDoubtful ? 'The webhook may have taken them before: they may come twice.' : 'Each is posted once.'}`,
    confirmLabel: 'Replay',
    isGrave: isDoubtful,
    run: async () => `${formatPlural(await routes.replayAlerts(state, REPLAYED), 'alert')} in the queue again.`,
    focusId: 'alerts',
  };
  return (
    <button type="button" class="button" onClick={() => ask(intent)}>
      Replay {state}
    </button>
  );
}
