import type { BackfillEstimate } from '../answers.ts';
import { formatCount, formatDuration, formatPlural } from './format.ts';

/** What a backfill costs, in a sentence or two: windows, calls, and how long the budget makes it last. */
export function describeEstimate({ windows, calls, callsAnHour, leastSeconds }: BackfillEstimate): string {
  const cost = calls === null ? `at least ${formatPlural(windows, 'call')}` : `about ${formatPlural(calls, 'call')}`;
  return `${formatPlural(windows, 'window')}, ${cost}. ${describeTime(callsAnHour, leastSeconds)}`;
}

function describeTime(callsAnHour: number | null, leastSeconds: number | null): string {
  if (callsAnHour === null) return 'How long that takes is not known: Qualys has told no budget yet.';
  if (leastSeconds === null) return 'The live windows need the whole budget: it would not end.';
  const left = `${formatCount(callsAnHour)} calls an hour are left for backfills`;
  return leastSeconds === 0
    ? `${left}, and as many are free now.`
    : `${left}: ${formatDuration(leastSeconds)} at least.`;
}
