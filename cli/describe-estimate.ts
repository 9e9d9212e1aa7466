import type { BackfillEstimate } from '../src/lib/pipeline/backfill-answer.ts';
import { count, counted, span } from './text.ts';

/** Below that it is not the budget that makes it last. */
const HELD_UP_SECONDS = 300;

/** What a backfill costs, in a line: windows, calls, and how long the budget makes it last. */
export function describeEstimate(body: BackfillEstimate): string {
  const { windows, calls, callsAnHour, leastSeconds } = body;
  const cost = calls === null ? `at least ${counted(windows, 'call')}` : `about ${counted(calls, 'call')}`;
  return `${counted(windows, 'window')}, ${cost}; ${describeTime(callsAnHour, leastSeconds)}`;
}

function describeTime(callsAnHour: number | null, leastSeconds: number | null): string {
  if (callsAnHour === null) return 'how long that takes is not known: Qualys has told no budget yet';
  if (leastSeconds === null) return 'the live windows need the whole budget: it would not end';
  const left = `${count(callsAnHour)} an hour are left for backfills`;
  if (leastSeconds < HELD_UP_SECONDS) return `${left}, which does not hold it up`;
  return `${left}: it takes ${span(leastSeconds)} at least`;
}
