/** What the app's routes answer: the types of the app itself, so that page and app cannot drift apart. */
export type { CostAnswer } from '../lib/cost/cost-answer.ts';
export type { Check, PingResult } from '../lib/http/ping-answers.ts';
export type { BackfillEstimate, BackfillView } from '../lib/pipeline/backfill-answer.ts';
export type { LimitView } from '../lib/pipeline/limit-view.ts';
export type { WindowState } from '../lib/pipeline/ports.ts';
export type { DeadLetterView, ReplayResult } from '../lib/pipeline/dead-letter-answers.ts';
export type { Health, Problem, StatusAnswer } from '../lib/health/health-answers.ts';
export type { AlertStatus } from '../lib/alerts/alert-answers.ts';
export type { StreamStatus } from '../lib/pipeline/status-answer.ts';
export type { WindowView } from '../lib/pipeline/window-answer.ts';
