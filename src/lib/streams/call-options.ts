import type { WindowTask } from '../pipeline/stream.ts';
import type { CallOptions } from '../qualys/call/call-qualys.ts';

/** What a window decides about each of its calls. */
export function callOptionsOf({ priority, signal, onCall, waits }: WindowTask): CallOptions {
  return { priority, signal, onCall, waits };
}
