import type { StatusAnswer } from '../answers.ts';
import { formatNear } from './format.ts';
import type { Problem, Severity } from './problems.ts';

/** The page in one line. */
export interface Verdict {
  readonly severity: Severity | 'good';
  readonly headline: string;
}

/** Says whether everything is there, and up to when. */
export function judge(status: StatusAnswer, problems: readonly Problem[]): Verdict {
  const worst = problems[0]?.severity;
  if (worst === 'bad') return { severity: 'bad', headline: 'Needs your attention' };
  if (worst === 'warn') return { severity: 'warn', headline: 'Not everything is here yet' };
  const marks = status.streams.filter(({ enabled }) => enabled).map(({ watermark }) => watermark);
  const known = marks.filter((mark) => mark !== null).sort();
  const [first] = known;
  if (first === undefined || known.length < marks.length)
    return { severity: 'info', headline: 'Waiting for the first windows' };
  return {
    severity: 'good',
    headline: `Everything up to ${formatNear(first, Date.parse(status.time))} UTC is ingested`,
  };
}
