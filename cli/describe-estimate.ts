import type * as z from 'zod';
import type { estimate } from '../src/lib/openapi/operations/backfills.ts';
import { count, counted, span } from './text.ts';

/** What a backfill costs, in a line: windows, calls, and how long the budget makes it last. */
export function describeEstimate(body: z.output<typeof estimate>): string {
  const { windows, calls, callsAnHour, leastSeconds } = body;
  const cost = calls === null ? `at least ${counted(windows, 'call')}` : `about ${counted(calls, 'call')}`;
  return `${counted(windows, 'window')}, ${cost}; ${describeTime(callsAnHour, leastSeconds)}`;
}

function describeTime(callsAnHour: number | null, leastSeconds: number | null): string {
  if (callsAnHour === null) return 'how long that takes is not known: Qualys has told no budget yet';
  if (leastSeconds === null) return 'the live windows need the whole budget';
  const left = `${count(callsAnHour)} an hour are left for backfills`;
  return leastSeconds === 0 ? `${left}, and as many free now` : `${left}: ${span(leastSeconds)} at least`;
}
