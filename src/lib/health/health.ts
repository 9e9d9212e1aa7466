import type { DailyLimitView } from '../cost/daily-limit-answer.ts';
import type { RepairCause } from '../errors.ts';
import type { BackfillStatus } from '../pipeline/ports.ts';
import type { LimitView } from '../pipeline/limit-view.ts';
import type { ApiName } from '../pipeline/stream.ts';
import type { StreamStatus } from '../pipeline/status-answer.ts';
import type { ProblemCode, Severity, Verdict } from './problem-codes.ts';

/** Something that is not as it should be, or that explains why not. */
export interface Problem {
  readonly code: ProblemCode;
  readonly severity: Severity;
  readonly stream?: string;
  readonly api?: ApiName;
  /** ISO 8601; null where nobody knows. */
  readonly since: string | null;
  /** What is so, in a sentence or two, without secrets. */
  readonly text: string;
  /** What a person does. */
  readonly act: string;
  /** Where it is explained, below the repository. */
  readonly docs: string;
}

/** The one judgement that all show. */
export interface Health {
  /** Whether nobody needs to act: the verdict is neither `attention` nor `down`. */
  readonly ok: boolean;
  readonly verdict: Verdict;
  /** The verdict in words. */
  readonly headline: string;
  /** Worst first, causes before what they make. */
  readonly problems: readonly Problem[];
}

/** A backfill that runs or has failed. */
export interface BackfillStand {
  readonly id: string;
  readonly stream: string;
  readonly status: BackfillStatus;
  readonly startedAt: string;
  /** When one of its windows moved last. */
  readonly movedAt: string;
  /** Until when nothing of it is due; null where something is. */
  readonly waitsUntil: string | null;
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
  readonly alerts: {
    readonly undelivered: number;
    readonly uncertain: number;
    readonly poison: number;
    readonly lastError: string | null;
  };
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
