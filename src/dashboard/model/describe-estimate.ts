import type { BackfillEstimate } from '../answers.ts';
import { formatCount, formatDuration, formatPlural } from './format.ts';

/** Below that it is not the budget that makes it last. */
const HELD_UP_SECONDS = 300;

/** What a backfill costs, in a sentence or two: windows, calls, and how long the budget makes it last. */
export function describeEstimate({ windows, calls, callsAnHour, leastSeconds }: BackfillEstimate): string {
  const cost = calls === null ? `at least ${formatPlural(windows, 'call')}` : `about ${formatPlural(calls, 'call')}`;
  return `${formatPlural(windows, 'window')}, ${cost}. ${describeTime(callsAnHour, leastSeconds)}`;
}

function describeTime(callsAnHour: number | null, leastSeconds: number | null): string {
  if (callsAnHour === null) return 'How long that takes is not known: Qualys has told no budget yet.';
  if (leastSeconds === null) return 'The live windows need the whole budget: it would not end.';
  const left = `${formatCount(callsAnHour)} calls an hour are left for backfills`;
  if (leastSeconds < HELD_UP_SECONDS) return `${left}, which does not hold it up.`;
  return `${left}: it takes ${formatDuration(leastSeconds)} at least.`;
}
