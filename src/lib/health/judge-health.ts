import type { RepairCause } from '../errors.ts';
import { findDailyLimit } from './find-daily-limit.ts';
import { findLeftovers } from './find-leftovers.ts';
import { findRefusals } from './find-refusals.ts';
import { findStreamProblems } from './find-stream-problems.ts';
import { findWaits } from './find-waits.ts';
import type { Finding, Stand, Unread } from './health.ts';
import type { Health, Problem } from './health-answers.ts';
import {
  docsOf,
  HEADLINES,
  isFine,
  PROBLEM_CODES,
  PROBLEM_KINDS,
  VERDICTS,
  verdictOf,
  type ProblemCode,
  type ProblemKind,
} from './problem-codes.ts';

/** Judges how the whole stands. Pure: the one place that does. */
export function judgeHealth(stand: Stand): Health {
  const finders = [findRefusals, findWaits, findDailyLimit, findStreamProblems, findLeftovers];
  return conclude(
    finders.flatMap((find) => find(stand)),
    stand.time,
  );
}

/** Judges an app whose state cannot be read. */
export function judgeUnread({ time, repair, error }: Unread): Health {
  const codes: Readonly<Record<RepairCause, ProblemCode>> = {
    settings: 'settings-wrong',
    identity: 'identity-refused',
    account: 'account-refused',
  };
  const code = repair === undefined ? 'state-unreadable' : codes[repair];
  return conclude([{ code, since: null, text: error }], time);
}

function conclude(findings: readonly Finding[], time: string): Health {
  const problems = findings
    .map((finding) => toProblem(finding, Date.parse(time)))
    .sort((left, right) => rank(right) - rank(left) || order(left) - order(right));
  const [worst] = problems;
  const verdict = worst === undefined ? 'ok' : verdictOf(worst);
  return { ok: isFine(verdict), verdict, headline: HEADLINES[verdict], problems };
}

/** A finding with what its kind says of it, and of one that lasts. */
function toProblem({ code, stream, api, since, text }: Finding, now: number): Problem {
  const { act, lasting, severity }: ProblemKind = PROBLEM_KINDS[code];
  const ageMs = since === null ? 0 : now - Date.parse(since);
  return {
    code,
    severity: lasting !== undefined && ageMs >= lasting.afterSeconds * 1000 ? lasting.severity : severity,
    ...(stream === undefined ? {} : { stream }),
    ...(api === undefined ? {} : { api }),
    since,
    text,
    act,
    docs: docsOf(code),
  };
}

function rank(problem: Problem): number {
  return VERDICTS.indexOf(verdictOf(problem));
}

function order({ code }: Problem): number {
  return PROBLEM_CODES.indexOf(code);
}
