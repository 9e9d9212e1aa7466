import type { WindowView } from '../answers.ts';
import { formatCount } from '../model/format.ts';
import { STATES } from '../model/window-words.ts';

/** How many windows of the strip are in which state. */
export function StateCounts({ windows }: { readonly windows: readonly WindowView[] }) {
  return (
    <ul class="counts small" aria-label="Windows of the last 24 hours by state">
      {Object.entries(STATES)
        .map(([state, { sign }]) => ({ state, sign, count: windows.filter((window) => window.state === state).length }))
        .filter(({ count }) => count > 0)
        .map(({ state, sign, count }) => (
          <li key={state} class={state}>
            <span aria-hidden="true">{sign}</span> {formatCount(count)} {state}
          </li>
        ))}
    </ul>
  );
}
