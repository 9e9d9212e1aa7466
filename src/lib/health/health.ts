import type { AlertStatus } from '../alerts/alert-answers.ts';
import type { DailyLimitView } from '../cost/daily-limit-answer.ts';
import type { RepairCause } from '../errors.ts';
import type { BackfillRecord } from '../pipeline/ports.ts';
import type { LimitView } from '../pipeline/limit-view.ts';
import type { StreamStatus } from '../pipeline/status-answer.ts';
import type { ApiName } from '../pipeline/stream.ts';
import type { ProblemCode } from './problem-codes.ts';

/** A backfill that runs or has failed. */
export interface BackfillStand extends Readonly<Pick<BackfillRecord, 'id' | 'stream' | 'status' | 'startedAt'>> {
  /** When one of its windows moved last. */
  readonly movedAt: string;
  /** The second tick of its planner since then, or since the time until which nothing of it was due: by then it was fed. */
  readonly fedBy: string;
}

/** All that is judged. */
export interface Stand {
  /** The app's clock, ISO 8601. */
  readonly time: string;
  /** When this process began: since then its timers should have come. */
  readonly runningSince: string;
  readonly streams: readonly StreamStatus[];
  readonly limits: readonly LimitView[];
  readonly queue: { readonly poison: number };
  readonly deadLetters: number;
  readonly alerts: Pick<AlertStatus, 'undelivered' | 'uncertain' | 'poison' | 'lastError'>;
  readonly backfills: readonly BackfillStand[];
  /** Null where a day has no limit. */
  readonly dailyLimit: DailyLimitView | null;
  /** What is odd about the settings, and stops nothing. */
  readonly settingMistakes: readonly string[];
}

/** What is known where the state cannot be read. */
export interface Unread {
  readonly time: string;
  /** Whose repair it needs; undefined where the storage does not answer. */
  readonly repair: RepairCause | undefined;
  /** Without secrets. */
  readonly error: string;
}

/** Something that is so; how much it weighs, the judge says. */
export interface Finding {
  readonly code: ProblemCode;
  readonly stream?: string | undefined;
  readonly api?: ApiName | undefined;
  /** ISO 8601; null where nobody knows. */
  readonly since: string | null;
  readonly text: string;
}
