import type { DeadLetterView, WindowView } from '../answers.ts';

/** What has the same kind of reason. */
export interface ReasonGroup<T> {
  readonly name: string;
  /** What all of them say; undefined where they differ, or say nothing. */
  readonly reason: string | undefined;
  readonly members: readonly T[];
}

/** One fault puts much aside: its reason is said once. Reasons that differ in their figures only are one kind; members keep their order. */
function groupByReason<T>(all: readonly T[], reasonOf: (each: T) => string | undefined, kind: (each: T) => string) {
  const groups = Map.groupBy(all, (each) => `${kind(each)} ${reasonOf(each)?.replace(/\d+/g, '0') ?? ''}`);
  return [...groups].map(([name, members]): ReasonGroup<T> => {
    const [reason, ...others] = new Set(members.map(reasonOf));
    return { name, reason: others.length === 0 ? reason : undefined, members };
  });
}

/** Windows by state and error, the failed ones first. */
export function groupWindows(windows: readonly WindowView[]): ReasonGroup<WindowView>[] {
  const isFailed = ({ members: [first] }: ReasonGroup<WindowView>): boolean => first?.state === 'failed';
  return groupByReason(
    windows,
    ({ error }) => error ?? undefined,
    ({ state }) => state,
  ).sort((one, two) => Number(isFailed(two)) - Number(isFailed(one)));
}

/** Dead letters by why Azure refuses them, those of the most frequent reason first. */
export function groupLetters(letters: readonly DeadLetterView[]): ReasonGroup<DeadLetterView>[] {
  return groupByReason(letters, reasonOf, () => '').sort((one, two) => two.members.length - one.members.length);
}

/** Why Azure refuses a letter, or what is wrong with it. */
export function reasonOf({ broken, reason }: DeadLetterView): string {
  return broken === undefined ? reason : `broken: ${broken}`;
}
