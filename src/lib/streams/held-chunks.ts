import type { Chunk } from '../pipeline/stream.ts';

/** A page is held until it is known to be of its window, up to so many bytes. */
const MAX_HELD_BYTES = 24 * 1024 * 1024;

/** Takes out of what is held, the oldest first, as much as is beyond these bytes. */
export function takeExcess<Held extends Pick<Chunk, 'json'>>(held: Held[]): Held[] {
  let bytes = held.reduce((sum, { json }) => sum + json.length, 0);
  const excess: Held[] = [];
  for (const chunk of held) {
    if (bytes <= MAX_HELD_BYTES) break;
    excess.push(chunk);
    bytes -= chunk.json.length;
  }
  held.splice(0, excess.length);
  return excess;
}
