import { stripMarks, type StripBar } from '../model/strip-layout.ts';
import { needsAttention, STATES, windowLabel } from '../model/window-words.ts';

/** Signs nearer than this share of the strip are drawn as one. */
const MARK_DISTANCE = 0.05;

function percent(share: number): string {
  return `${(share * 100).toFixed(3)}%`;
}

/** A gap to the next bar, where there is room for one: 1,440 windows of a minute are narrower than a pixel each. */
function gapped(share: number): string {
  return `max(${percent(share)} - 1px, ${percent(share * 0.8)})`;
}

function placed({ left, width, top, height }: StripBar) {
  return { left: percent(left), width: gapped(width), top: percent(top), height: gapped(height) };
}

interface OptionProps {
  readonly bar: StripBar;
  readonly id: string;
  readonly isSelected: boolean;
}

/** A window as an option of the list box. */
export function Option({ bar, id, isSelected }: OptionProps) {
  const { window } = bar;
  return (
    <div
      id={id}
      role="option"
      aria-selected={isSelected}
      aria-label={windowLabel(window)}
      class={`bar ${window.state}`}
      style={placed(bar)}
    />
  );
}

/** A ring around the window that is chosen, or under pointer or keyboard. */
export function Ring({ bar, kind }: { readonly bar: StripBar | undefined; readonly kind: 'active' | 'selected' }) {
  return bar === undefined ? null : <div class={`ring ${kind}`} style={placed(bar)} aria-hidden="true" />;
}

/** Now, and the watermark: what is between them is not there yet. */
export function Edge({ at, kind }: { readonly at: number; readonly kind: 'now' | 'watermark' }) {
  return <div class={`edge ${kind}`} style={{ left: percent(at) }} aria-hidden="true" />;
}

/** Signs above the strip: a failed window of a minute is seen as well as one of an hour. */
export function Marks({ bars }: { readonly bars: readonly StripBar[] }) {
  const marks = stripMarks(bars, (window) => needsAttention(window) || window.state === 'running', MARK_DISTANCE);
  return (
    <div class="marks" aria-hidden="true">
      {marks.map(({ state, at, count }) => (
        <span key={`${state}${at}`} class={`mark ${state}`} style={{ left: percent(at) }}>
          {STATES[state].sign}
          {count > 1 && <small>{count}</small>}
        </span>
      ))}
    </div>
  );
}
