import type * as handlers from './handlers/index.ts';

/** The handlers of all triggers. */
export type Handlers = typeof handlers;

/** Loads the app's code, once; what failed is tried again at the next call. */
export function loadHandlers(): Promise<Handlers> {
  return import('./handlers/index.ts');
}

/**
 * A handler whose code is loaded with the first invocation. The host waits for the registration of all triggers before it does anything,
 * so registering must load nothing else.
 */
export function lazy<Input, Context, Result>(
  pick: (handlers: Handlers) => (input: Input, context: Context) => Result | Promise<Result>,
): (input: Input, context: Context) => Promise<Result> {
  return async (input, context) => pick(await loadHandlers())(input, context);
}
