import type { StatusAnswer } from '../answers.ts';
import type { LiveData } from '../live/live-data.ts';
import { useNow } from '../live/use-now.ts';
import { dayRange } from '../model/day-range.ts';
import { findProblems, type MadePing } from '../model/problems.ts';
import { Backfills } from './backfills.tsx';
import { Connections } from './connections.tsx';
import { DeadLetters } from './dead-letters.tsx';
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
  const here = useNow(10_000);
  // The app's clock counts, not this machine's.
  const appTime = Date.parse(status.time);
  const now = appTime + Math.max(0, here - (data.status.readAt ?? here));
  const range = dayRange(now);
  const backfills = data.backfills.data ?? [];
  const problems = findProblems({ status: { ...status, time: new Date(now).toISOString() }, backfills, ping });
  const streams = [...status.streams].sort((one, two) => Number(two.enabled) - Number(one.enabled));
  return (
    <>
      <VerdictCard status={status} problems={problems} now={now} staleSince={data.status.error && data.status.readAt} />
      {streams.map((stream) => (
        <StreamCard
          key={stream.name}
          stream={stream}
          windows={data.windows.get(stream.name) ?? {}}
          range={range}
          now={now}
        />
      ))}
      <Backfills backfills={data.backfills} streams={status.streams} now={now} />
      <div class="grid">
        <Limits limits={status.limits} now={now} />
        <Connections ping={ping} onPing={onPing} />
        <div class="stack">
          <QueueCard queue={status.queue} />
          <DeadLetters count={status.deadLetters} letters={data.deadLetters} />
        </div>
      </div>
    </>
  );
}
