import type { WindowState, WindowView } from '../answers.ts';
import { formatCount, formatPlural, formatRange, formatTimes } from './format.ts';

/** How states are shown: with signs, so that they do not hang on colour; in the order of the legend, what needs a look first. */
export const STATES: Readonly<Record<WindowState, { readonly sign: string; readonly meaning: string }>> = {
  failed: { sign: '✕', meaning: 'could not be read; tried again by itself' },
  incomplete: { sign: '!', meaning: 'closed with fewer records than Qualys counts' },
  running: { sign: '▶', meaning: 'is being read' },
  planned: { sign: '○', meaning: 'waits for its turn' },
  closed: { sign: '✓', meaning: 'everything is ingested' },
  waived: { sign: '–', meaning: 'given up by an operator' },
};

/** Whether a person should look at it. */
export function needsAttention(window: Pick<WindowView, 'state' | 'acknowledged' | 'repair'>): boolean {
  const { state, acknowledged, repair } = window;
  return state === 'failed' || (state === 'incomplete' && !acknowledged) || repair !== null;
}

/** Whether it looks back, or reads what was late: it lies over the windows of a day. */
export function isLookBack({ slice }: Pick<WindowView, 'slice'>): boolean {
  return /^(?:look|late)\./.test(slice ?? '');
}

/** Whether it waits for its next try, be it for Qualys or after an error, and needs nobody. */
export function waitsForTry(window: WindowView, now: number): boolean {
  const { state, inWork, notBefore } = window;
  const isOpen = state === 'planned' || state === 'running';
  return isOpen && !inWork && !needsAttention(window) && notBefore !== null && Date.parse(notBefore) > now;
}

/** What the app lets an operator do with a window. */
export function allowedActs({ state, acknowledged, inWork }: Pick<WindowView, 'state' | 'acknowledged' | 'inWork'>) {
  const isFree = state !== 'closed' && state !== 'waived' && !inWork;
  return { retry: isFree, waive: isFree && !acknowledged };
}

/** A window in one line: `11:53–11:58, closed, 731 rows`. */
export function windowLabel(window: WindowView): string {
  const { from, to, slice, state, uploaded } = window;
  const part = slice === null ? '' : ` (${slice})`;
  return `${formatTimes(from, to)}${part}, ${state}, ${formatPlural(uploaded, 'row')}`;
}

/** A window in a heading. */
export function windowTitle({ from, to, slice }: WindowView): string {
  return `${formatRange(from, to)} UTC${slice === null ? '' : `, slice ${slice}`}`;
}

/** Whether everything the vendor counts has come, in words; undefined where it does not count. */
export function completeness({ expected, fetched, state }: WindowView): string | undefined {
  if (expected === null) return undefined;
  const missing = expected - fetched;
  if (missing <= 0) return 'all that Qualys counts has come';
  return state === 'running'
    ? 'still being read'
    : `${formatCount(missing)} missing of ${formatCount(expected)} that Qualys counts`;
}
