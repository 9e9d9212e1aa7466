import { ambientLog } from '../log.ts';
import type { Health } from './health.ts';

let last = '';

/**
 * Writes the judgement as a line of the log, from which Azure's alarms and the workbook read it: where it is another than this process
 * wrote last, and always where a planner has ticked.
 */
export function noteHealth({ ok, verdict, problems }: Health, isTick: boolean): void {
  const codes = [...new Set(problems.map(({ code, stream, api }) => [code, stream ?? api ?? 'all'].join(':')))].join(
    ' ',
  );
  const line = `${verdict} ${codes}`;
  if (line === last && !isTick) return;
  last = line;
  const worst = problems[0];
  ambientLog.info('HealthJudged', {
    ok,
    verdict,
    codes,
    ...(worst === undefined ? {} : { worst: worst.text }),
  });
}
