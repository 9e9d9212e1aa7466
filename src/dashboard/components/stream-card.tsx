import { useState } from 'preact/hooks';
import type { Problem, StreamStatus, WindowView } from '../answers.ts';
import type { Reading } from '../live/reading.ts';
import { dayRange } from '../model/day-range.ts';
import { formatCount, formatDuration, formatNear, formatPlural } from '../model/format.ts';
import { SEVERITY_LOOKS, streamSectionId } from '../model/judgement.ts';
import { rowsPerHour } from '../model/rows-per-hour.ts';
import { isLookBack, needsAttention, waitsForTry } from '../model/window-words.ts';
import { Badge } from './badge.tsx';
import { Fact } from './fact.tsx';
import { RowsChart } from './rows-chart.tsx';
import { StateCounts } from './state-counts.tsx';
import { WindowDetails } from './window-details.tsx';
import { WindowList } from './window-list.tsx';
import { WindowStrip } from './window-strip.tsx';

interface StreamCardProps {
  readonly stream: StreamStatus;
  /** The worst that the app says of it. */
  readonly worst: Problem | undefined;
  readonly windows: Reading<readonly WindowView[]>;
  readonly now: number;
}

/** One stream: how late, what of the last day is there, and what is not. */
export function StreamCard(props: StreamCardProps) {
  const { stream, worst, windows, now } = props;
  const id = streamSectionId(stream.name);
  return (
    <section class="card stream" aria-labelledby={id} data-stream={stream.name}>
      <div class="card-head">
        <h2 id={id} tabIndex={-1}>
          {stream.name}
        </h2>
        <StreamBadge worst={worst} />
      </div>
      <Facts stream={stream} now={now} />
      {stream.start?.state === 'assumed' && <p class="muted">Began {stream.start.note}.</p>}
      {windows.data === undefined ? (
        <p class="muted">Reading the windows…</p>
      ) : (
        // What looks back is shown where it needs a look.
        <Windows {...props} all={windows.data.filter((each) => needsAttention(each) || !isLookBack(each))} />
      )}
    </section>
  );
}

interface WindowsProps extends StreamCardProps {
  readonly all: readonly WindowView[];
}

function Windows({ stream, all, now }: WindowsProps) {
  const [selectedKey, select] = useState<string>();
  const range = dayRange(now);
  const { name, isSnapshot } = stream;
  const selected = all.find(({ key }) => key === selectedKey);
  return (
    <>
      <StateCounts windows={all} />
      <WindowStrip windows={all} range={range} now={now} stream={stream} selectedKey={selectedKey} onSelect={select} />
      {/* The rows of a snapshot belong to no hour. */}
      {!isSnapshot && <RowsChart name={name} hours={rowsPerHour(all, range)} range={range} />}
      {selected !== undefined && (
        <WindowDetails
          place={{ stream: name, run: 'live', key: selected.key }}
          window={selected}
          now={now}
          neighbours={neighboursOf(all, selected)}
          onSelect={select}
        />
      )}
      <WindowList
        title="Windows that need a look"
        stream={name}
        run="live"
        windows={all.filter(needsAttention)}
        waiting={all.filter((window) => waitsForTry(window, now))}
        now={now}
      />
    </>
  );
}

function StreamBadge({ worst }: { readonly worst: Problem | undefined }) {
  if (worst === undefined) return <Badge tone="good" sign="✓" text="on time" />;
  const { tone, sign } = SEVERITY_LOOKS[worst.severity];
  return <Badge tone={tone} sign={sign} text={worst.code.replaceAll('-', ' ')} />;
}

function Facts({ stream, now }: { readonly stream: StreamStatus; readonly now: number }) {
  const { watermark, lagSeconds, lastTick, windows, rowsLast24h, unchangedLast24h, normalLagSeconds } = stream;
  const unchanged = unchangedLast24h > 0 ? `, and ${formatPlural(unchangedLast24h, 'unchanged host')} not` : '';
  return (
    <dl class="facts large">
      <Fact
        name="Behind now"
        value={lagSeconds === null ? '–' : formatDuration(lagSeconds)}
        note={describeLag(lagSeconds, normalLagSeconds)}
      />
      <Fact
        name="Complete up to"
        value={watermark === null ? '–' : formatNear(watermark, now)}
        note="UTC, the watermark"
      />
      <Fact name="Rows, last 24 hours" value={formatCount(rowsLast24h)} note={`uploaded${unchanged}`} />
      <Fact
        name="To do"
        value={formatPlural(windows.open, 'window')}
        note={lastTick === null ? 'not planned yet' : `planned last at ${formatNear(lastTick, now)} UTC`}
      />
    </dl>
  );
}

function neighboursOf(all: readonly WindowView[], selected: WindowView) {
  const index = all.indexOf(selected);
  return { earlier: all[index - 1]?.key, later: all[index + 1]?.key };
}

/** What is beyond the normal is told by itself: rounded, both may look the same. */
function describeLag(lagSeconds: number | null, normalLagSeconds: number): string {
  const overSeconds = (lagSeconds ?? 0) - normalLagSeconds;
  if (overSeconds <= 0) return `normal: up to ${formatDuration(normalLagSeconds)}`;
  return `${formatDuration(overSeconds)} more than is normal`;
}
