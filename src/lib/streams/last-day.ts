import type { Clock } from '../pipeline/ports.ts';
import { isoSeconds } from '../pipeline/window.ts';

const DAY_MS = 86_400_000;

/** The last day in ISO seconds, of which a probe asks for one record as the windows do: so their filter is proven too. */
export function lastDay(clock: Clock): { readonly from: string; readonly to: string } {
  const now = clock.now().getTime();
  return { from: isoSeconds(now - DAY_MS), to: isoSeconds(now) };
}
