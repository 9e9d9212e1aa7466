import { useState } from 'preact/hooks';
import type { StatusAnswer } from '../answers.ts';
import type { LiveData } from '../live/live-data.ts';
import { dayRange } from '../model/day-range.ts';
import { findProblems, type MadePing } from '../model/problems.ts';
import { Alerts } from './alerts.tsx';
import { Backfills } from './backfills.tsx';
import { Connections } from './connections.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { DisabledStreams } from './disabled-streams.tsx';
import { Glance } from './glance.tsx';
import { Limits } from './limits.tsx';
import { QueueCard } from './queue-card.tsx';
import { StreamCard } from './stream-card.tsx';
import { VerdictCard } from './verdict-card.tsx';

interface SectionsProps {
  readonly data: LiveData;
  readonly status: StatusAnswer;
  readonly ping: MadePing | undefined;
  readonly onPing: (ping: MadePing) => void;
}

/** Everything below the header, in the order in which people ask: is it all there, what failed, how do I get more. */
export function Sections({ data, status, ping, onPing }: SectionsProps) {
  const [isFormOpen, setFormOpen] = useState(false);
  // The app's clock at the reading: a page that rests, or cannot read, must not take its own silence for the planner's.
  const now = Date.parse(status.time);
  const range = dayRange(now);
  const backfills = data.backfills.data ?? [];
  const problems = findProblems({ status, backfills, ping });
  const streams = status.streams.filter(({ enabled }) => enabled);
  return (
    <>
      <VerdictCard status={status} problems={problems} now={now} staleSince={data.status.error && data.status.readAt}>
        <Glance status={status} backfills={backfills} onBackfill={() => setFormOpen(true)} />
      </VerdictCard>
      {streams.map((stream) => (
        <StreamCard
          key={stream.name}
          stream={stream}
          windows={data.windows.get(stream.name) ?? {}}
          range={range}
          now={now}
        />
      ))}
      <DisabledStreams streams={status.streams} />
      <Backfills backfills={data.backfills} streams={streams} now={now} isOpen={isFormOpen} setOpen={setFormOpen} />
      <div class="grid">
        <Limits limits={status.limits} now={now} />
        <Connections ping={ping} onPing={onPing} />
        <div class="stack">
          <QueueCard queue={status.queue} />
          <DeadLetters count={status.deadLetters} letters={data.deadLetters} />
          <Alerts alerts={status.alerts} />
        </div>
      </div>
    </>
  );
}
