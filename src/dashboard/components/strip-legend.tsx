import { STATES } from '../model/window-words.ts';

/** What the signs and patterns of all strips mean. */
export function StripLegend() {
  return (
    <ul class="legend" aria-label="Signs of the strips">
      {Object.entries(STATES).map(([state, { sign, meaning }]) => (
        <li key={state} title={meaning}>
          <span class={`swatch ${state}`} aria-hidden="true" />
          <span aria-hidden="true">{sign}</span> {state}
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
