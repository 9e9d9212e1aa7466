import type { ComponentChildren } from 'preact';
import type { WindowView } from '../answers.ts';
import type { WindowPlace } from '../calls/routes.ts';
import { formatClock, formatCount, formatDuration, formatNear, formatPlural } from '../model/format.ts';
import { completeness, STATES, windowTitle } from '../model/window-words.ts';
import { Badge } from './badge.tsx';
import { Fact } from './fact.tsx';
import { VendorBlock, VendorText } from './vendor-text.tsx';
import { WindowActs } from './window-acts.tsx';

interface WindowDetailsProps {
  readonly place: WindowPlace;
  readonly window: WindowView;
  readonly now: number;
  readonly neighbours: { readonly earlier: string | undefined; readonly later: string | undefined };
  readonly onSelect: (key: string | undefined) => void;
}

/** Everything the app knows of one window. */
export function WindowDetails({ place, window, now, neighbours, onSelect }: WindowDetailsProps) {
  return (
    <section class="details" aria-label="Chosen window">
      <div class="card-head">
        <h3>
          <VendorText text={windowTitle(window)} />
        </h3>
        <WindowBadge window={window} />
      </div>
      <p class="muted small">{STATES[window.state].meaning}</p>
      <Counts window={window} now={now} />
      {window.error !== null && <VendorBlock text={window.error} />}
      <div class="buttons">
        <WindowActs place={place} window={window} />
        <Step label="Earlier" target={neighbours.earlier} onSelect={onSelect} />
        <Step label="Later" target={neighbours.later} onSelect={onSelect} />
        <button type="button" class="button" onClick={() => onSelect(undefined)}>
          Close
        </button>
      </div>
    </section>
  );
}

/** The state of a window; whether a worker holds it. */
export function WindowBadge({ window: { state, inWork, acknowledged } }: { readonly window: WindowView }) {
  const text = inWork && state !== 'running' ? `${state}, in work` : acknowledged ? `${state}, acknowledged` : state;
  return <Badge tone={`state ${state}`} sign={STATES[state].sign} text={text} />;
}

function Step(props: {
  readonly label: string;
  readonly target: string | undefined;
  readonly onSelect: (key: string) => void;
}) {
  const { label, target, onSelect } = props;
  return (
    <button
      type="button"
      class="button"
      aria-disabled={target === undefined}
      onClick={() => target !== undefined && onSelect(target)}
    >
      {label}
    </button>
  );
}

function noteOfFetched({ listed, parts }: WindowView): string {
  if (parts === null) return 'distinct records';
  const hosts = listed === null ? 'hosts' : `of ${formatPlural(listed, 'listed host')}`;
  return `${hosts}, with ${formatCount(parts)} detections`;
}

function Counts({ window, now }: { readonly window: WindowView; readonly now: number }) {
  const { expected, outside, repaired, unchanged, startedAt, closedAt, notBefore } = window;
  const isWaiting = notBefore !== null && Date.parse(notBefore) > now;
  const clock = (time: string): ComponentChildren => (
    <span title={time}>{`${formatNear(time, now)}:${formatClock(time).slice(6)}`}</span>
  );
  return (
    <dl class="facts">
      <Fact
        name="Expected"
        value={expected === null ? '–' : formatCount(expected)}
        note={completeness(window) ?? 'Qualys does not count here'}
      />
      <Fact name="Fetched" value={formatCount(window.fetched)} note={noteOfFetched(window)} />
      {outside > 0 && (
        <Fact name="Outside" value={formatCount(outside)} note="of another time, ingested all the same" />
      )}
      {repaired > 0 && (
        <Fact name="Repaired" value={formatCount(repaired)} note="with characters that may not stand in JSON" />
      )}
      {unchanged > 0 && (
        <Fact name="Unchanged" value={formatCount(unchanged)} note="not sent: the table has them as they are" />
      )}
      <Fact name="Uploaded" value={formatCount(window.uploaded)} note="rows accepted by Azure" />
      <Fact name="Pages" value={formatCount(window.pages)} />
      <Fact name="Calls" value={formatCount(window.calls)} />
      <Fact name="Failures in a row" value={formatCount(window.attempts)} />
      {startedAt !== null && <Fact name="Started" value={clock(startedAt)} />}
      {closedAt === null ? (
        <Fact name="Last progress" value={clock(window.progressAt)} />
      ) : (
        <Fact
          name="Closed"
          value={clock(closedAt)}
          note={startedAt === null ? undefined : tookFor(startedAt, closedAt)}
        />
      )}
      {isWaiting && (
        <Fact
          name="Next try"
          value={clock(notBefore)}
          note={`in ${formatDuration((Date.parse(notBefore) - now) / 1000)}`}
        />
      )}
    </dl>
  );
}

function tookFor(startedAt: string, closedAt: string): string {
  return `after ${formatDuration((Date.parse(closedAt) - Date.parse(startedAt)) / 1000)}`;
}
