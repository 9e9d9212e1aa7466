import { useState } from 'preact/hooks';
import type { Check, PingResult } from '../answers.ts';
import { formatClock, formatCount } from '../model/format.ts';
import { messageOf } from '../model/message-of.ts';
import { Badge } from './badge.tsx';
import { useDesk } from './desk.ts';
import { VendorText } from './vendor-text.tsx';

/** A check of the connections, and when it was made, epoch milliseconds. */
export interface MadePing {
  readonly result: PingResult;
  readonly at: number;
}

interface ConnectionsProps {
  readonly ping: MadePing | undefined;
  readonly onPing: (ping: MadePing) => void;
}

/** Whether everything can be reached and used; asked on demand, because it calls Qualys. */
export function Connections({ ping, onPing }: ConnectionsProps) {
  const { routes } = useDesk();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const check = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    setProblem('');
    try {
      onPing({ result: await routes.ping(), at: Date.now() });
    } catch (thrown) {
      setProblem(messageOf(thrown));
    }
    setBusy(false);
  };
  return (
    <section class="card" aria-labelledby="connections">
      <div class="card-head">
        <h2 id="connections" tabIndex={-1}>
          Connections
        </h2>
        <button type="button" class="button" aria-disabled={isBusy} onClick={() => void check()}>
          {isBusy ? 'Checking…' : 'Check now'}
        </button>
      </div>
      <div role="status">
        {problem !== '' && <p class="field-error">{problem}</p>}
        {ping === undefined ? (
          <p class="muted small">Settings, storage, Qualys and Azure, up to 20 s. Costs a call or two of each API.</p>
        ) : (
          <>
            <ul class="checks">
              {ping.result.checks.map((each) => (
                <CheckLine key={each.name} check={each} />
              ))}
            </ul>
            <p class="muted small">Checked at {formatClock(ping.at)} UTC.</p>
          </>
        )}
      </div>
    </section>
  );
}

function CheckLine({ check: { name, ok, latencyMs, detail } }: { readonly check: Check }) {
  return (
    <li>
      <div class="card-head">
        <strong>{name}</strong>
        <Badge tone={ok ? 'good' : 'bad'} sign={ok ? '✓' : '✕'} text={ok ? `${formatCount(latencyMs)} ms` : 'fails'} />
      </div>
      <p class="muted small">
        <VendorText text={detail} />
      </p>
    </li>
  );
}
