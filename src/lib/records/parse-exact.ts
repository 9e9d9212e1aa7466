import type { Json } from '../pipeline/stream.ts';

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Parses JSON; whole numbers beyond 2^53 become texts, so that an id keeps all its digits. */
export function parseExact(text: string): Json {
  const keepDigits: Reviver = (_, value, { source = '' }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? source : value;
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown) as Json;
}
