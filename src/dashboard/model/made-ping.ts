import type { PingResult } from '../answers.ts';

/** A check of the connections, and when it was made, epoch milliseconds. */
export interface MadePing {
  readonly result: PingResult;
  readonly at: number;
}
