import { ambientLog } from '../log.ts';
import type { Health, Problem } from './health-answers.ts';
import { verdictOf, type Verdict } from './problem-codes.ts';

/** What this process wrote last; another one writes for itself. */
let last = '';

/**
 * Writes the judgement as a line of the log, from which Azure's alarms and the workbook read it: where it is another than this process
 * wrote last, and always where a planner has ticked.
 */
export function noteHealth({ ok, verdict, headline, problems }: Health, isTick: boolean): void {
  const codes = namesOf(problems);
  const line = `${verdict} ${codes}`;
  if (line === last && !isTick) return;
  last = line;
  const needing = (wanted: Verdict): string => namesOf(problems.filter((problem) => verdictOf(problem) === wanted));
  const fields = { ok, verdict, headline, codes, down: needing('down'), attention: needing('attention') };
  ambientLog.info('HealthJudged', { ...fields, worst: problems[0]?.text });
}

/** Codes with the stream or API of each: `late:edr-events vendor-pause:vm poison:all`. */
function namesOf(problems: readonly Problem[]): string {
  return [...new Set(problems.map(({ code, stream, api }) => `${code}:${stream ?? api ?? 'all'}`))].join(' ');
}
