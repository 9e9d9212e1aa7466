import * as z from 'zod';

/** A whole number from 0. */
export function count(description: string) {
  return z.int().min(0).describe(description);
}

/** An instant in UTC, ISO 8601. */
export function time(description: string) {
  return z.iso.datetime().describe(description);
}

/** A JSON object whose members others define. */
export function anyObject(description: string) {
  return z.looseObject({}).describe(description);
}

/** Name of a stream; which exist is known to the stream registry. */
export const streamName = z
  .string()
  .min(1)
  .max(100)
  .meta({ id: 'StreamName', description: 'Name of a stream.', examples: ['edr-events'] });

/** Id of a backfill. */
export const backfillId = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'must be the id of a backfill')
  .meta({ description: 'Id of the backfill.', examples: ['9d3f0c1b77a2-1'] });

/** Key of a window, as the list of windows gives it. */
export const windowKey = z
  .string()
  .regex(/^\d[\w.,~-]{0,299}$/, 'must be the key of a window')
  .meta({ description: 'Key of the window.', examples: ['20260501T115300Z-20260501T115800Z'] });

/** What an answer holds as those who make it see it; what its members mean stands in the schema. */
export type Answered<T> = T extends object ? { readonly [Key in keyof T]: Answered<T[Key]> } : T;
