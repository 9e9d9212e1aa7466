import type { StatusAnswer } from '../answers.ts';
import type { Problem, Severity } from './problems.ts';

/** The page in one line. */
export interface Verdict {
  readonly severity: Severity | 'good';
  readonly headline: string;
}

/** Says whether everything is there that is due. */
export function judge(status: StatusAnswer, problems: readonly Problem[]): Verdict {
  const worst = problems[0]?.severity;
  if (worst === 'bad') return { severity: 'bad', headline: 'Needs your attention' };
  if (worst === 'warn') return { severity: 'warn', headline: 'Not everything is here yet' };
  const hasStarted = status.streams.every(({ enabled, watermark }) => !enabled || watermark !== null);
  if (!hasStarted) return { severity: 'info', headline: 'Waiting for the first windows' };
  return { severity: 'good', headline: 'Everything that is due is ingested' };
}
