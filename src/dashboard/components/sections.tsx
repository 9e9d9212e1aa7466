import { useState } from 'preact/hooks';
import type { StatusAnswer } from '../answers.ts';
import type { LiveData } from '../live/live-data.ts';
import { worstOf } from '../model/judgement.ts';
import { isRead, type ReadStatus } from '../model/read-status.ts';
import { Alerts } from './alerts.tsx';
import { Backfills } from './backfills.tsx';
import { Connections, type MadePing } from './connections.tsx';
import { Cost } from './cost.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { DisabledStreams } from './disabled-streams.tsx';
import { Glance } from './glance.tsx';
import { Limits } from './limits.tsx';
import { PutAside } from './put-aside.tsx';
import { StreamCard } from './stream-card.tsx';
import { StripLegend } from './strip-legend.tsx';
import { VerdictCard } from './verdict-card.tsx';

interface SectionsProps {
  readonly data: LiveData;
  readonly status: StatusAnswer;
  readonly ping: MadePing | undefined;
  readonly onPing: (ping: MadePing) => void;
}

/** Everything below the header: where nothing stored can be read, the judgement and the checks alone. */
export function Sections(props: SectionsProps) {
  const { data, status, ping, onPing } = props;
  if (isRead(status)) return <AllSections {...props} status={status} />;
  return (
    <>
      <VerdictCard status={status} staleSince={data.status.error && data.status.readAt} />
      <Connections ping={ping} onPing={onPing} />
    </>
  );
}

/** All parts in the order in which people ask: is it all there, what failed, how do I get more. */
function AllSections({ data, status, ping, onPing }: SectionsProps & { readonly status: ReadStatus }) {
  const [isFormOpen, setFormOpen] = useState(false);
  // The app's clock at the reading: a page that rests, or cannot read, must not take its own silence for the planner's.
  const now = Date.parse(status.time);
  const backfills = data.backfills.data ?? [];
  const streams = status.streams.filter(({ enabled }) => enabled);
  return (
    <>
      <VerdictCard status={status} staleSince={data.status.error && data.status.readAt}>
        <Glance status={status} backfills={backfills} onBackfill={() => setFormOpen(true)} />
      </VerdictCard>
      <StripLegend />
      {streams.map((stream) => (
        <StreamCard
          key={stream.name}
          stream={stream}
          worst={worstOf(stream, status)}
          windows={data.windows.get(stream.name) ?? {}}
          now={now}
        />
      ))}
      <DisabledStreams streams={status.streams} />
      <DeadLetters count={status.deadLetters} letters={data.deadLetters} />
      <Alerts alerts={status.alerts} />
      <Backfills backfills={data.backfills} streams={streams} now={now} isOpen={isFormOpen} setOpen={setFormOpen} />
      <div class="grid">
        <Limits limits={status.limits} now={now} />
        <Connections ping={ping} onPing={onPing} />
        <Cost cost={data.cost} limit={status.dailyLimit} />
      </div>
      <PutAside status={status} />
    </>
  );
}
