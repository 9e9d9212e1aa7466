import { STATE_MEANINGS, STATE_SIGNS, STATES } from '../model/window-words.ts';

/** What the signs and patterns of all strips mean. */
export function StripLegend() {
  return (
    <ul class="legend" aria-label="Signs of the strips">
      {STATES.map((state) => (
        <li key={state} title={STATE_MEANINGS[state]}>
          <span class={`swatch ${state}`} aria-hidden="true" />
          <span aria-hidden="true">{STATE_SIGNS[state]}</span> {state}
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
