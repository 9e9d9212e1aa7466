import type { WindowView } from '../answers.ts';

/** Windows of one state that have the same kind of error. */
export interface ErrorGroup {
  readonly name: string;
  /** What all of them say; undefined where they differ, or say nothing. */
  readonly error: string | undefined;
  readonly windows: readonly WindowView[];
}

/**
 * An outage fails many windows for one reason: it is said once. Errors that differ in their figures only are one kind. Failed windows come
 * first; within a group they keep their order.
 */
export function groupByError(windows: readonly WindowView[]): ErrorGroup[] {
  const groups = new Map<string, WindowView[]>();
  for (const window of windows) {
    const name = `${window.state} ${window.error?.replace(/\d+/g, '0') ?? ''}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [window]);
    else group.push(window);
  }
  return [...groups]
    .map(([name, members]) => ({ name, error: commonError(members), windows: members }))
    .sort((one, two) => Number(isFailed(two)) - Number(isFailed(one)));
}

function commonError(windows: readonly WindowView[]): string | undefined {
  const [first, ...rest] = windows;
  const error = first?.error ?? undefined;
  return rest.every((window) => window.error === error) ? error : undefined;
}

function isFailed({ windows }: ErrorGroup): boolean {
  return windows[0]?.state === 'failed';
}
