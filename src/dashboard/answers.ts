/** What the app's routes answer: the types of the app itself, so that page and app cannot drift apart. */
import type { StoredDeadLetter } from '../lib/pipeline/replay-dead-letters.ts';

export type { CostAnswer } from '../lib/actions/view-cost.ts';
export type { PingResult } from '../lib/http/run-checks.ts';
export type { Check } from '../lib/http/run-probes.ts';
export type { BackfillEstimate, BackfillView } from '../lib/pipeline/backfill-answer.ts';
export type { LimitView } from '../lib/pipeline/limit-view.ts';
export type { WindowState } from '../lib/pipeline/ports.ts';
export type { ReplayResult } from '../lib/pipeline/replay-dead-letters.ts';
export type { Health, Problem } from '../lib/health/health.ts';
export type { AlertStatus, StatusAnswer } from '../lib/actions/view-connector.ts';
export type { StreamStatus } from '../lib/pipeline/status-answer.ts';
export type { WindowView } from '../lib/pipeline/window-answer.ts';

/** A dead letter as the list shows it: without its rows. */
export type DeadLetterView = Omit<StoredDeadLetter, 'json'> & { readonly bytes: number };
