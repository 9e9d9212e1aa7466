import type { WindowView } from '../answers.ts';
import { formatCount } from '../model/format.ts';
import { STATE_SIGNS, STATES } from '../model/window-words.ts';

/** How many windows of the strip are in which state. */
export function StateCounts({ windows }: { readonly windows: readonly WindowView[] }) {
  return (
    <ul class="counts small" aria-label="Windows of the last 24 hours by state">
      {STATES.map((state) => ({ state, count: windows.filter((window) => window.state === state).length }))
        .filter(({ count }) => count > 0)
        .map(({ state, count }) => (
          <li key={state} class={state}>
            <span aria-hidden="true">{STATE_SIGNS[state]}</span> {formatCount(count)} {state}
          </li>
        ))}
    </ul>
  );
}
