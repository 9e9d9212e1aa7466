/** Why copying stopped. */
export const COPY = {
  /** At `<`, or at the `]]>` of the CDATA section. */
  done: 0,
  /** At `&`. */
  reference: 1,
  /** The window ends, perhaps within a character. */
  needsInput: 2,
  /** The output is full. */
  isFull: 3,
  /** One more character was copied; never given to the caller. */
  goesOn: 4,
} as const;
export type Copy = (typeof COPY)[keyof typeof COPY];
