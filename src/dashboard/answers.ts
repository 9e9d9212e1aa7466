/** What the app's routes answer: the types of the app itself, so that page and app cannot drift apart. */
import type { DeadLetter } from '../lib/pipeline/ports.ts';

export type { PingResult, Check } from '../lib/http/run-checks.ts';
export type { BackfillView } from '../lib/pipeline/backfill.ts';
export type { LimitView, WindowState } from '../lib/pipeline/ports.ts';
export type { ReplayResult } from '../lib/pipeline/replay-dead-letters.ts';
export type { StatusAnswer } from '../lib/actions/view-connector.ts';
export type { StreamStatus } from '../lib/pipeline/view-status.ts';
export type { WindowView } from '../lib/pipeline/view-window.ts';

/** A dead letter as the list shows it: without its rows. */
export type DeadLetterView = Omit<DeadLetter, 'json'> & { readonly name: string; readonly bytes: number };
