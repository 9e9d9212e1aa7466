/** A secret that may be replaced while the app runs. */
export interface SecretValue {
  /** The secret as it is known now. */
  readonly current: () => Promise<string>;
  /** Looks for a newer one after `refused` was refused, or where a person asks for it. @returns whether there is another one now. */
  readonly refresh: (refused: string, isAsked?: boolean) => Promise<boolean>;
  /** What it is and was, as far as it is known: must not appear in any text. */
  readonly known: () => readonly string[];
}

/** A secret that stays until the app is started anew. */
export function fixedSecret(text: string): SecretValue {
  return { current: () => Promise.resolve(text), refresh: () => Promise.resolve(false), known: () => [text] };
}
