import type { ApiName } from '../pipeline/stream.ts';
import type { Problem } from './health-answers.ts';
import { docsOf, PROBLEM_KINDS, type ProblemCode, type ProblemKind, type Verdict } from './problem-codes.ts';

/** A problem with the verdict that it makes. */
export interface Found {
  readonly verdict: Verdict;
  readonly problem: Problem;
}

/** What is particular about a problem. */
export interface Particulars {
  readonly stream?: string | undefined;
  readonly api?: ApiName | undefined;
  readonly since: string | null;
  readonly text: string;
}

/** Makes a problem of its kind; `now` in epoch milliseconds. */
export function found(code: ProblemCode, { stream, api, since, text }: Particulars, now: number): Found {
  const kind: ProblemKind = PROBLEM_KINDS[code];
  const { lasting } = kind;
  const ageMs = since === null ? 0 : now - Date.parse(since);
  const { verdict, severity } = lasting !== undefined && ageMs >= lasting.afterSeconds * 1000 ? lasting : kind;
  return {
    verdict,
    problem: {
      code,
      severity,
      ...(stream === undefined ? {} : { stream }),
      ...(api === undefined ? {} : { api }),
      since,
      text,
      act: kind.act,
      docs: docsOf(code),
    },
  };
}
