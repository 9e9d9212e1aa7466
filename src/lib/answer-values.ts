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
