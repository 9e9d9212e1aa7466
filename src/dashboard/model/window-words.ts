import type { WindowState, WindowView } from '../answers.ts';
import { formatCount, formatPlural, formatRange, formatTimes } from './format.ts';

/** A state in signs, so that it does not hang on colour. */
export const STATE_SIGNS: Readonly<Record<WindowState, string>> = {
  planned: '○',
  running: '▶',
  closed: '✓',
  incomplete: '!',
  failed: '✕',
  waived: '–',
};

/** In the order of the legend: what needs a look first. */
export const STATES: readonly WindowState[] = ['failed', 'incomplete', 'running', 'planned', 'closed', 'waived'];

/** What a state means, for the legend. */
export const STATE_MEANINGS: Readonly<Record<WindowState, string>> = {
  failed: 'could not be read; tried again by itself',
  incomplete: 'closed with fewer records than Qualys counts',
  running: 'is being read',
  planned: 'waits for its turn',
  closed: 'everything is ingested',
  waived: 'given up by an operator',
};

/** Whether a person should look at it. */
export function needsAttention({
  state,
  acknowledged,
  repair,
}: Pick<WindowView, 'state' | 'acknowledged' | 'repair'>): boolean {
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
export function allowedActs(window: Pick<WindowView, 'state' | 'acknowledged' | 'inWork'>): {
  readonly retry: boolean;
  readonly waive: boolean;
} {
  const isDone = window.state === 'closed' || window.state === 'waived';
  if (isDone || window.inWork) return { retry: false, waive: false };
  return { retry: true, waive: !window.acknowledged };
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
