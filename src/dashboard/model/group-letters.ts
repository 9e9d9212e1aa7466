import type { DeadLetterView } from '../answers.ts';

/** Dead letters that Azure refuses for the same kind of reason. */
export interface LetterGroup {
  readonly name: string;
  /** What all of them say; undefined where they differ. */
  readonly reason: string | undefined;
  readonly letters: readonly DeadLetterView[];
}

/** One wrong column refuses many rows: the reason is said once. Reasons that differ in their figures only are one kind; most letters first. */
export function groupLetters(letters: readonly DeadLetterView[]): LetterGroup[] {
  const groups = new Map<string, DeadLetterView[]>();
  for (const letter of letters) {
    const name = reasonOf(letter).replace(/\d+/g, '0');
    groups.set(name, [...(groups.get(name) ?? []), letter]);
  }
  return [...groups]
    .map(([name, members]) => ({ name, reason: commonReason(members), letters: members }))
    .sort((one, two) => two.letters.length - one.letters.length);
}

function commonReason(letters: readonly DeadLetterView[]): string | undefined {
  const [reason, ...others] = new Set(letters.map(reasonOf));
  return others.length === 0 ? reason : undefined;
}

/** Why Azure refuses a letter, or what is wrong with it. */
export function reasonOf({ broken, reason }: DeadLetterView): string {
  return broken === undefined ? reason : `broken: ${broken}`;
}
