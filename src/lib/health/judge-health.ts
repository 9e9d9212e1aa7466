import type { RepairCause } from '../errors.ts';
import { found, type Found } from './find.ts';
import { findDailyLimit } from './find-daily-limit.ts';
import { findLeftovers } from './find-leftovers.ts';
import { findRefusals } from './find-refusals.ts';
import { findStreamProblems } from './find-stream-problems.ts';
import { findWaits } from './find-waits.ts';
import type { Stand, Unread } from './health.ts';
import type { Health } from './health-answers.ts';
import { HEADLINES, isFine, PROBLEM_CODES, VERDICTS, type ProblemCode } from './problem-codes.ts';

/** Judges how the whole stands. Pure: the one place that does. */
export function judgeHealth(stand: Stand): Health {
  const finders = [findRefusals, findWaits, findDailyLimit, findStreamProblems, findLeftovers];
  return conclude(finders.flatMap((find) => find(stand)));
}

/** Judges an app whose state cannot be read. */
export function judgeUnread({ time, repair, error }: Unread): Health {
  const codes: Readonly<Record<RepairCause, ProblemCode>> = {
    settings: 'settings-wrong',
    identity: 'identity-refused',
    account: 'account-refused',
  };
  const code = repair === undefined ? 'state-unreadable' : codes[repair];
  return conclude([found(code, { since: null, text: error }, Date.parse(time))]);
}

function conclude(all: readonly Found[]): Health {
  const sorted = [...all].sort((left, right) => rank(right) - rank(left) || order(left) - order(right));
  const verdict = sorted[0]?.verdict ?? 'ok';
  return { ok: isFine(verdict), verdict, headline: HEADLINES[verdict], problems: sorted.map(({ problem }) => problem) };
}

function rank({ verdict }: Found): number {
  return VERDICTS.indexOf(verdict);
}

function order({ problem: { code } }: Found): number {
  return PROBLEM_CODES.indexOf(code);
}
