import type { StatusAnswer } from '../answers.ts';
import { formatCount } from '../model/format.ts';
import { Fact } from './fact.tsx';

/** Length of both queues. */
export function QueueCard({ queue: { waiting, poison } }: { readonly queue: NonNullable<StatusAnswer['queue']> }) {
  return (
    <section class="card" aria-labelledby="queue">
      <h2 id="queue" tabIndex={-1}>
        Queue
      </h2>
      <dl class="facts">
        <Fact name="Work items" value={formatCount(waiting)} note="waiting or in work, about" />
        <Fact name="Poison" value={poison > 0 ? `! ${formatCount(poison)}` : '0'} note="given up by the host" />
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
