import { useEffect, useId, useMemo, useState } from 'preact/hooks';
import type { StreamStatus, WindowView } from '../answers.ts';
import { placeOf, type DayRange } from '../model/day-range.ts';
import { barAt, layOutStrip, type StripBar } from '../model/strip-layout.ts';
import { needsAttention, STATES, windowLabel } from '../model/window-words.ts';
import { stepThrough } from './step-through.ts';
import { Edge, Marks, Option, Ring } from './strip-bars.tsx';

interface WindowStripProps {
  readonly windows: readonly WindowView[];
  readonly range: DayRange;
  readonly now: number;
  readonly stream: StreamStatus;
  readonly selectedKey: string | undefined;
  readonly onSelect: (key: string | undefined) => void;
}

/**
 * The windows of the last day side by side: a list box with one tab stop. Arrows walk, Enter opens, the pointer takes the nearest window,
 * because a window of five minutes is narrower than a finger.
 */
export function WindowStrip({ windows, range, now, stream, selectedKey, onSelect }: WindowStripProps) {
  const prefix = useId();
  const [activeKey, setActive] = useState<string>();
  const bars = useMemo(() => layOutStrip(windows, range), [windows, range.start]);
  const find = (key: string | undefined): StripBar | undefined => bars.find(({ window }) => window.key === key);
  const active = find(activeKey ?? selectedKey);
  useEffect(() => setActive((key) => selectedKey ?? key), [selectedKey]);
  // Kept while only the pointer moves: a day may have more than a thousand windows.
  const options = useMemo(
    () =>
      bars.map((bar) => {
        const { key } = bar.window;
        return <Option key={key} bar={bar} id={prefix + key} isSelected={key === selectedKey} />;
      }),
    [bars, selectedKey, prefix],
  );

  const keyUnder = (event: MouseEvent & { currentTarget: HTMLElement }): string | undefined => {
    const box = event.currentTarget.getBoundingClientRect();
    return barAt(bars, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height)?.window.key;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const current = active?.window.key;
    if (event.key === 'Enter' || event.key === ' ') onSelect(current === selectedKey ? undefined : current);
    else {
      const keys = bars.map(({ window }) => window.key);
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
        aria-label={`Windows of ${stream.name}, last 24 hours`}
        aria-activedescendant={active === undefined ? undefined : prefix + active.window.key}
        onKeyDown={onKeyDown}
        onFocus={() => setActive((key) => key ?? selectedKey ?? firstToLookAt(bars))}
        onMouseMove={(event) => setActive(keyUnder(event))}
        onMouseLeave={() => setActive(undefined)}
        onClick={(event) => onSelect(keyUnder(event))}
      >
        {options}
        <Ring bar={active} kind="active" />
        <Ring bar={find(selectedKey)} kind="selected" />
        <Edge at={placeOf(now, range)} kind="now" />
        {stream.watermark !== null && <Edge at={placeOf(Date.parse(stream.watermark), range)} kind="watermark" />}
      </div>
      <p class="strip-readout muted small" aria-hidden="true">
        {active === undefined
          ? 'Choose a window to see its pages, calls and counts.'
          : `${STATES[active.window.state].sign} ${windowLabel(active.window)}`}
      </p>
    </div>
  );
}

function firstToLookAt(bars: readonly StripBar[]): string | undefined {
  return (bars.find(({ window }) => needsAttention(window)) ?? bars.at(-1))?.window.key;
}
