import type { StreamStatus } from '../answers.ts';

/** Names the feeds that could be had and are not. */
export function DisabledStreams({ streams }: { readonly streams: readonly StreamStatus[] }) {
  const names = streams.filter(({ enabled }) => !enabled).map(({ name }) => name);
  if (names.length === 0) return null;
  return (
    <p class="muted small">
      Not enabled: {names.join(', ')} (setting <code>QUALYS_STREAMS</code>).
    </p>
  );
}
