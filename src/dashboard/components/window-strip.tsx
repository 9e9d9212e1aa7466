import { useId, useState } from 'preact/hooks';
import type { StreamStatus, WindowView } from '../answers.ts';
import { placeOf, type DayRange } from '../model/day-range.ts';
import { barAt, layOutStrip, stripMarks, type StripBar } from '../model/strip-layout.ts';
import { needsAttention, STATE_SIGNS, windowLabel } from '../model/window-words.ts';
import { stepThrough } from './step-through.ts';

interface WindowStripProps {
  readonly name: string;
  readonly windows: readonly WindowView[];
  readonly range: DayRange;
  readonly now: number;
  readonly stream: StreamStatus;
  readonly selectedKey: string | undefined;
  readonly onSelect: (key: string | undefined) => void;
}

/** Signs nearer than this share of the strip are drawn as one. */
const MARK_DISTANCE = 0.05;

/**
 * The windows of the last day side by side: a list box with one tab stop. Arrows walk, Enter opens, the pointer takes the nearest window,
 * because a window of five minutes is narrower than a finger.
 */
export function WindowStrip({ name, windows, range, now, stream, selectedKey, onSelect }: WindowStripProps) {
  const prefix = useId();
  const [activeKey, setActive] = useState<string>();
  const bars = layOutStrip(windows, range);
  const keys = bars.map(({ window }) => window.key);
  const active = bars.find(({ window }) => window.key === (activeKey ?? selectedKey));
  const idOf = (key: string): string => `${prefix}${key}`;

  const barUnder = (event: MouseEvent & { currentTarget: HTMLElement }): StripBar | undefined => {
    const box = event.currentTarget.getBoundingClientRect();
    return barAt(bars, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const current = active?.window.key;
    if (event.key === 'Enter' || event.key === ' ') onSelect(current === selectedKey ? undefined : current);
    else {
      const next = stepThrough(keys, current, event.key);
      if (next === undefined) return;
      setActive(next);
    }
    event.preventDefault();
  };

  return (
    <div class="strip-frame">
      <Marks bars={bars} />
      <div
        class="strip"
        role="listbox"
        tabIndex={0}
        aria-label={`Windows of ${name}, last 24 hours`}
        aria-activedescendant={active === undefined ? undefined : idOf(active.window.key)}
        onKeyDown={onKeyDown}
        onFocus={() => setActive((key) => key ?? selectedKey ?? firstToLookAt(bars))}
        onMouseMove={(event) => setActive(barUnder(event)?.window.key)}
        onMouseLeave={() => setActive(undefined)}
        onClick={(event) => onSelect(barUnder(event)?.window.key)}
      >
        {bars.map((bar) => (
          <Bar
            key={bar.window.key}
            bar={bar}
            id={idOf(bar.window.key)}
            isSelected={bar.window.key === selectedKey}
            isActive={bar === active}
          />
        ))}
        <Edge at={placeOf(now, range)} kind="now" />
        {stream.watermark !== null && <Edge at={placeOf(Date.parse(stream.watermark), range)} kind="watermark" />}
      </div>
      <p class="strip-readout muted small" aria-hidden="true">
        {active === undefined
          ? 'Choose a window to see its pages, calls and counts.'
          : `${STATE_SIGNS[active.window.state]} ${windowLabel(active.window)}`}
      </p>
    </div>
  );
}

function firstToLookAt(bars: readonly StripBar[]): string | undefined {
  return (bars.find(({ window }) => needsAttention(window)) ?? bars.at(-1))?.window.key;
}

interface BarProps {
  readonly bar: StripBar;
  readonly id: string;
  readonly isSelected: boolean;
  readonly isActive: boolean;
}

function Bar({ bar: { window, left, width, top, height }, id, isSelected, isActive }: BarProps) {
  const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;
  return (
    <div
      id={id}
      role="option"
      aria-selected={isSelected}
      aria-label={windowLabel(window)}
      class={`bar ${window.state}${isActive ? ' active' : ''}${isSelected ? ' selected' : ''}`}
      style={{ left: percent(left), width: percent(width), top: percent(top), height: percent(height) }}
    />
  );
}

/** Now, and the watermark: what is between them is not there yet. */
function Edge({ at, kind }: { readonly at: number; readonly kind: 'now' | 'watermark' }) {
  return <div class={`edge ${kind}`} style={{ left: `${(at * 100).toFixed(3)}%` }} aria-hidden="true" />;
}

/** Signs above the strip: a failed window of a minute is seen as well as one of an hour. */
function Marks({ bars }: { readonly bars: readonly StripBar[] }) {
  const marks = stripMarks(bars, (window) => needsAttention(window) || window.state === 'running', MARK_DISTANCE);
  return (
    <div class="marks" aria-hidden="true">
      {marks.map(({ state, at, count }) => (
        <span key={`${state}${at}`} class={`mark ${state}`} style={{ left: `${(at * 100).toFixed(3)}%` }}>
          {STATE_SIGNS[state]}
          {count > 1 && <small>{count}</small>}
        </span>
      ))}
    </div>
  );
}
