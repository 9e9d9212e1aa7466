import type { WindowView } from '../answers.ts';
import { formatCount } from '../model/format.ts';
import { STATE_MEANINGS, STATE_SIGNS, STATES } from '../model/window-words.ts';

/** What the strip's signs and patterns mean, with the number of windows in each state. */
export function StripLegend({ windows }: { readonly windows: readonly WindowView[] }) {
  return (
    <ul class="legend" aria-label="Windows of the last 24 hours by state">
      {STATES.map((state) => ({ state, count: windows.filter((window) => window.state === state).length }))
        .filter(({ state, count }) => count > 0 || state !== 'waived')
        .map(({ state, count }) => (
          <li key={state} class={count === 0 ? 'none' : ''} title={STATE_MEANINGS[state]}>
            <span class={`swatch ${state}`} aria-hidden="true" />
            <span aria-hidden="true">{STATE_SIGNS[state]}</span> {formatCount(count)} {state}
          </li>
        ))}
      <li>
        <span class="swatch-edge watermark" aria-hidden="true" /> watermark
      </li>
      <li>
        <span class="swatch-edge" aria-hidden="true" /> now
      </li>
    </ul>
  );
}
