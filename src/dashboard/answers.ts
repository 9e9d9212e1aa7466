/** What the app's routes answer: the types of the app itself, so that page and app cannot drift apart. */
export type { PingResult, Check } from '../lib/http/run-checks.ts';
export type { BackfillView } from '../lib/pipeline/backfill.ts';
export type { LimitView, WindowState } from '../lib/pipeline/ports.ts';
export type { StatusAnswer, StreamStatus } from '../lib/pipeline/view-status.ts';
export type { WindowView } from '../lib/pipeline/view-window.ts';

/** A dead letter as the list shows it: without its rows. */
export interface DeadLetterView {
  readonly name: string;
  readonly stream: string;
  readonly run: string;
  readonly window: string;
  readonly table: string;
  readonly reason: string;
  readonly at: string;
  readonly bytes: number;
}

/** What a replay answers. */
export interface ReplayAnswer {
  readonly replayed: number;
  readonly rows: number;
  readonly failed: readonly unknown[];
}
